"""The closed list of error codes, and the only texts that leave with them: nothing internal is ever in a message."""

from enum import StrEnum
from typing import Any

from graphql import GraphQLError

LONGEST_MESSAGE = 300


class ErrorCode(StrEnum):
    """Every code an answer of the API can carry. Clients may rely on the list: a new code is a change of the API."""

    # The request as such, before its document is looked at.
    UNAUTHENTICATED = "UNAUTHENTICATED"
    BAD_REQUEST = "BAD_REQUEST"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    PREFLIGHT_REQUIRED = "PREFLIGHT_REQUIRED"
    # How often and how much the caller has asked lately.
    RATE_LIMITED = "RATE_LIMITED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    # The document: it does not parse, does not fit the schema, or asks for too much at once.
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    # It is named by its hash, or has to be: no such document is trusted, or this one is not.
    UNKNOWN_DOCUMENT = "UNKNOWN_DOCUMENT"
    TRUSTED_DOCUMENT_REQUIRED = "TRUSTED_DOCUMENT_REQUIRED"
    # Its execution: a value that cannot be, a cursor that is not ours, a list the caller may not read, our own fault.
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BAD_CURSOR = "BAD_CURSOR"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class CodedError(GraphQLError):
    """An error that was made to be shown: its message was written for the caller."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message, extensions={"code": code.value})


def bad_input(message: str) -> CodedError:
    """A value in the request cannot be."""
    return CodedError(ErrorCode.BAD_USER_INPUT, message)


def bad_cursor() -> CodedError:
    """One answer for every cursor that is not ours, without saying what is wrong with it."""
    return CodedError(ErrorCode.BAD_CURSOR, "This cursor cannot be used here. Start again without it.")


def not_available() -> CodedError:
    """One answer for every list that the caller may not read, whatever the reason; the reason is on record."""
    return CodedError(ErrorCode.NOT_AVAILABLE, "This is not available to you.")


def limit_exceeded(what: str, found: int, allowed: int) -> CodedError:
    """The document asks for too much at once."""
    return CodedError(
        ErrorCode.LIMIT_EXCEEDED, f"This request exceeds the limit of {what}: {found}, allowed: {allowed}."
    )


def request_error(error: GraphQLError, code: ErrorCode) -> dict[str, Any]:
    """What is shown of an error of parsing, validation or variables: it speaks of the caller's own document."""
    # What a value's own parser ran into may be Python's words.
    shown: dict[str, Any] = {"message": _cut(error.message.partition(", but encountered error")[0])}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    shown["extensions"] = {"code": (error.extensions or {}).get("code", code.value)}
    return shown


def field_error(error: GraphQLError) -> dict[str, Any] | None:
    """What is shown of an error of a field, or None when the fault is ours and nothing of the answer may leave."""
    cause = error.original_error or error
    if isinstance(cause, CodedError):
        code = cause.extensions["code"] if cause.extensions else ErrorCode.BAD_USER_INPUT.value
        message = cause.message
    elif error.original_error is None and error.message.startswith("Argument "):
        # graphql-core's own check of an argument's value.
        code, message = ErrorCode.BAD_USER_INPUT.value, _cut(error.message)
    else:
        return None
    shown: dict[str, Any] = {"message": message}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = list(error.path)
    shown["extensions"] = {"code": code}
    return shown


def coded(code: ErrorCode, message: str) -> dict[str, Any]:
    """One error that concerns the request as such."""
    return {"message": message, "extensions": {"code": code.value}}


def _cut(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
