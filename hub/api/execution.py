"""Reads, measures, weighs and executes one document; what it answers is never remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
)

from hub.workflows.documents import admit_document
from hub.workflows.outcomes import Refusal
from hub.workflows.viewing import refuse_excess
from tenants.actors import Actor

from .budgets import Allowance, Verdict, spend
from .context import Context
from .documents import MOST_ERRORS, documents
from .limits import MAX_COST, check, measure
from .refusals import CodedError, ErrorCode, coded, field_error, request_error
from .schema import schema

logger = structlog.get_logger(__name__)

# What a request counts as that is refused before it is executed.
LEAST_COST = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be sent, and how it came about: before execution, in it, or by a fault of ours."""

    body: dict[str, Any]
    is_executed: bool = True
    is_our_fault: bool = False
    is_wrong_method: bool = False
    # Seconds after which the caller may ask again, where he asked too often or too much.
    retry_after_seconds: int = 0
    # What the caller may still spend today. It is told beside the answer: equal answers are equal bytes.
    cost_left: int = 0


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that can be executed, and its cost; or what is wrong with it."""

    document: DocumentNode | None = None
    cost: int = LEAST_COST
    errors: list[dict[str, Any]] = field(default_factory=list)


def answer(
    actor: Actor,
    *,
    query: str,
    variables: Mapping[str, Any],
    operation_name: str | None,
    only_queries: bool,
    document_digest: str = "",
) -> Answer:
    """Answer one request of a known caller, who sends a document or names a trusted one by its hash."""
    text, error = _admitted(actor, query, document_digest)
    prepared = _Prepared(errors=[error]) if error else _prepare(text, variables)
    allowance = spend(actor, prepared.cost)
    if allowance.verdict is not Verdict.GRANTED:
        return excess(actor, allowance)
    return replace(_answer(actor, prepared, variables, operation_name, only_queries), cost_left=allowance.left)


def _answer(
    actor: Actor, prepared: _Prepared, variables: Mapping[str, Any], operation_name: str | None, only_queries: bool
) -> Answer:
    if prepared.document is None:
        return _refused(prepared.errors)
    operation = get_operation_ast(prepared.document, operation_name)
    if operation is None:
        message = "Say by `operationName` which of the document's operations is meant."
        return _refused([coded(ErrorCode.GRAPHQL_VALIDATION_FAILED, message)])
    if only_queries and operation.operation is not OperationType.QUERY:
        message = "A GET request can only query. Send this operation by POST."
        return Answer({"errors": [coded(ErrorCode.METHOD_NOT_ALLOWED, message)]}, False, is_wrong_method=True)
    return _execute(actor, prepared.document, operation, variables, prepared.cost)


def excess(actor: Actor, allowance: Allowance) -> Answer:
    """The one answer to who asks too often or too much, with the time after which it is worth asking again."""
    refuse_excess(actor, allowance.verdict.value, is_first=allowance.is_first_refusal)
    if allowance.verdict is Verdict.TOO_OFTEN:
        error = coded(ErrorCode.RATE_LIMITED, "Too many requests in this minute. Ask again in the next one.")
    else:
        message = "This request costs more than is left of today's budget. It is renewed at midnight UTC."
        error = coded(ErrorCode.BUDGET_EXHAUSTED, message)
    return Answer(
        {"errors": [error]},
        is_executed=False,
        retry_after_seconds=allowance.retry_after_seconds,
        cost_left=allowance.left,
    )


def _admitted(actor: Actor, query: str, digest: str) -> tuple[str, dict[str, Any] | None]:
    """The document that is meant, if the tenant lets it in."""
    if not digest and not actor.needs_trusted_documents:
        return query, None
    match admit_document(actor, digest=digest, text=query):
        case Refusal():
            if digest:
                message = "No document with this hash is trusted here. An officer of your tenant can trust it."
                return "", coded(ErrorCode.UNKNOWN_DOCUMENT, message)
            message = "Your tenant answers trusted documents only. An officer of it can trust this one."
            return "", coded(ErrorCode.TRUSTED_DOCUMENT_REQUIRED, message)
        case admitted:
            return admitted, None


def _prepare(query: str, variables: Mapping[str, Any]) -> _Prepared:
    try:
        reading = documents.read(query)
        if reading.document is None:
            return _Prepared(errors=list(reading.syntax_errors))
        measures = measure(reading.document, variables)
        check(measures)
        errors = reading.validation_errors()
    except CodedError as error:
        return _Prepared(errors=[request_error(error, ErrorCode.BAD_REQUEST)])
    except RecursionError:
        message = "The fragments of this document are nested too deeply."
        return _Prepared(errors=[coded(ErrorCode.LIMIT_EXCEEDED, message)])
    return _Prepared(errors=list(errors)) if errors else _Prepared(reading.document, measures.cost)


def _execute(
    actor: Actor,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    cost: int,
) -> Answer:
    result = execute(
        schema._schema,  # the schema of graphql-core behind strawberry's
        document,
        context_value=Context(actor),
        variable_values=dict(variables),
        operation_name=operation.name.value if operation.name else None,
        executor_class=schema.execution_context_class,
    )
    if not isinstance(result, ExecutionResult):
        raise TypeError("Resolvers are synchronous: the record is written in their transaction.")
    if result.data is None and result.errors and all(error.path is None for error in result.errors):
        shown = [request_error(error, ErrorCode.BAD_USER_INPUT) for error in result.errors[:MOST_ERRORS]]
        return _refused(shown)
    spent = {"cost": {"used": cost, "limit": MAX_COST}}
    errors = []
    for error in result.errors or ():
        shown_error = field_error(error)
        if shown_error is None:
            _log_fault(error)
            return our_fault()
        errors.append(shown_error)
    body: dict[str, Any] = {"data": result.data}
    if errors:
        body = {"errors": errors, "data": result.data}
    return Answer(body | {"extensions": spent})


def our_fault() -> Answer:
    """Nothing of an answer leaves when a part of it failed: what was read in it would not be on record."""
    message = "Something went wrong on our side. Nothing was changed, and nothing was disclosed."
    return Answer({"errors": [coded(ErrorCode.INTERNAL_ERROR, message)], "data": None}, is_our_fault=True)


def _log_fault(error: GraphQLError) -> None:
    """Where it happened and what kind of error it was; its text may quote rows, and the document is the caller's."""
    cause = error.original_error or error
    frame = cause.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else ""
    logger.error("graphql_fault", error=type(cause).__name__, field=str(error.path), place=place)


def _refused(errors: Any) -> Answer:
    return Answer({"errors": list(errors)}, is_executed=False)
