"""Parses, measures, validates and executes one document; the first three are remembered, the answer never is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.language import Visitor, visit

from tenants.actors import Actor

from .context import Context
from .limits import MAX_COST, MAX_TOKENS, check, measure
from .refusals import CodedError, ErrorCode, bad_input, coded, field_error, request_error
from .schema import schema

logger = structlog.get_logger(__name__)

CACHED_DOCUMENTS = 512
# Longer documents are read each time: the cache stays small whatever is sent.
LONGEST_CACHED_DOCUMENT = 20_000
MOST_ERRORS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be sent, and how it came about: before execution, in it, or by a fault of ours."""

    body: dict[str, Any]
    is_executed: bool = True
    is_our_fault: bool = False
    is_wrong_method: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
    """A document once it was read: or, where it cannot be executed, what is wrong with it."""

    document: DocumentNode | None
    errors: tuple[dict[str, Any], ...] = ()


class _NulFinder(Visitor):
    """PostgreSQL keeps no NUL character in a text, so none is let in."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            raise bad_input("A text contains the character NUL, which cannot be stored or searched for.")


def answer(
    actor: Actor, *, query: str, variables: Mapping[str, Any], operation_name: str | None, only_queries: bool
) -> Answer:
    """Answer one request of a known caller."""
    try:
        reading = _read(query)
        if reading.document is None:
            return _refused(reading.errors)
        measures = measure(reading.document, variables)
        check(measures)
        errors = _validated(query, reading.document)
    except CodedError as error:
        return _refused([request_error(error, ErrorCode.BAD_REQUEST)])
    except RecursionError:
        return _refused([coded(ErrorCode.LIMIT_EXCEEDED, "The fragments of this document are nested too deeply.")])
    if errors:
        return _refused(errors)
    operation = get_operation_ast(reading.document, operation_name)
    if operation is None:
        message = "Say by `operationName` which of the document's operations is meant."
        return _refused([coded(ErrorCode.GRAPHQL_VALIDATION_FAILED, message)])
    if only_queries and operation.operation is not OperationType.QUERY:
        message = "A GET request can only query. Send this operation by POST."
        return Answer({"errors": [coded(ErrorCode.METHOD_NOT_ALLOWED, message)]}, False, is_wrong_method=True)
    return _execute(actor, reading.document, operation, variables, measures.cost)


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
    spent = {"cost": {"used": cost, "limit": MAX_COST}}
    if result.data is None and result.errors and all(error.path is None for error in result.errors):
        shown = [request_error(error, ErrorCode.BAD_USER_INPUT) for error in result.errors[:MOST_ERRORS]]
        return _refused(shown)
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


def _read(query: str) -> _Reading:
    return _read_cached(query) if len(query) <= LONGEST_CACHED_DOCUMENT else _parse(query)


def _parse(query: str) -> _Reading:
    try:
        document = parse(query, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        # The parser has no code of its own for a document that is too long or nested too deeply.
        is_too_much = error.message.endswith("Parsing aborted.")
        code = ErrorCode.LIMIT_EXCEEDED if is_too_much else ErrorCode.GRAPHQL_PARSE_FAILED
        return _Reading(None, (request_error(error, code),))
    visit(document, _NulFinder())
    return _Reading(document)


_read_cached = lru_cache(maxsize=CACHED_DOCUMENTS)(_parse)


def _validated(query: str, document: DocumentNode) -> tuple[dict[str, Any], ...]:
    if len(query) <= LONGEST_CACHED_DOCUMENT:
        return _validate_cached(query)
    return _validate(document)


def _validate(document: DocumentNode) -> tuple[dict[str, Any], ...]:
    errors = validate(schema._schema, document, specified_rules, max_errors=MOST_ERRORS)
    return tuple(request_error(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors[:MOST_ERRORS])


@lru_cache(maxsize=CACHED_DOCUMENTS)
def _validate_cached(query: str) -> tuple[dict[str, Any], ...]:
    document = _read_cached(query).document
    return _validate(document) if document is not None else ()
