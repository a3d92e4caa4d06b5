"""What comes in and what goes out over HTTP: body, media types, JSON, each with a clear refusal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from .limits import MAX_BODY_BYTES, MAX_JSON_DEPTH
from .refusals import ErrorCode

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
PREFLIGHT_HEADER = "GraphQL-Require-Preflight"
_DOCUMENT_ID = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class HttpRefusal(Exception):
    """A request that is not looked into any further."""

    status: int
    code: ErrorCode
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks to be executed."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None
    # The SHA-256 of a trusted document, in its place.
    document_digest: str = ""


def answer_type(accept: str | None) -> str:
    """The media type of the answer: the caller's favourite of the two, JSON where he does not care."""
    if accept is None or not accept.strip():
        return JSON
    weights: dict[str, float] = {}
    for part in accept.split(",")[:50]:
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weights.setdefault(media.lower(), _weight(parameters))
    other = max(weights.get("*/*", 0.0), weights.get("application/*", 0.0))
    graphql, plain = weights.get(GRAPHQL_JSON, 0.0), weights.get(JSON, other)
    if graphql <= 0 and plain <= 0:
        message = f"Answers are {JSON} or {GRAPHQL_JSON}."
        raise HttpRefusal(406, ErrorCode.NOT_ACCEPTABLE, message)
    return GRAPHQL_JSON if graphql > 0 and graphql >= plain else JSON


def read_post(request: HttpRequest) -> Operation:
    """The operation in a JSON body."""
    return operation_of(_loads(_body(request), "The body"))


def check_content_type(request: HttpRequest) -> None:
    """Only JSON in UTF-8 comes in: a form could be sent by a page of somebody else."""
    media, *parameters = (piece.strip().lower() for piece in request.headers.get("Content-Type", "").split(";"))
    charsets = [part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")]
    if media != JSON or any(charset not in {"utf-8", "utf8"} for charset in charsets):
        raise HttpRefusal(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send {JSON} in UTF-8.", {"Accept-Post": JSON})


def read_get(request: HttpRequest) -> Operation:
    """The operation in an address."""
    fields: dict[str, Any] = {name: request.GET.get(name) for name in ("query", "documentId")}
    for name in ("variables", "extensions"):
        text = request.GET.get(name)
        fields[name] = _loads(text.encode("utf-8", "surrogatepass"), f"`{name}`") if text else None
    fields["operationName"] = request.GET.get("operationName") or None
    return operation_of(fields)


def operation_of(parameters: Any) -> Operation:
    """The parameters of a request, checked by form."""
    if isinstance(parameters, list):
        raise _bad("Send one operation a request; lists of operations are not answered.")
    if not isinstance(parameters, dict):
        raise _bad("The body is not a JSON object with a `query`.")
    query, name = parameters.get("query"), parameters.get("operationName")
    digest = _document_digest(parameters) if query is None else ""
    if not digest and (not isinstance(query, str) or not query):
        raise _bad("`query` is missing or not a text.")
    if name is not None and not isinstance(name, str):
        raise _bad("`operationName` is a text or null.")
    for key in ("variables", "extensions"):
        if not isinstance(parameters.get(key), dict | None):
            raise _bad(f"`{key}` is an object or null.")
    return Operation(query or "", parameters.get("variables") or {}, name or None, digest)


def _document_digest(parameters: dict[str, Any]) -> str:
    """The hash by which a document is named: `documentId`, or what other servers call a persisted query."""
    named = parameters.get("documentId")
    extensions = parameters.get("extensions")
    if named is None and isinstance(extensions, dict):
        persisted = extensions.get("persistedQuery")
        given = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        named = f"sha256:{given}" if given is not None else None
    if named is None:
        return ""
    found = _DOCUMENT_ID.fullmatch(named) if isinstance(named, str) else None
    if found is None:
        raise _bad("`documentId` is `sha256:` and 64 lower-case hexadecimal digits.")
    return found[1]


def _body(request: HttpRequest) -> bytes:
    too_large = HttpRefusal(
        413,
        ErrorCode.PAYLOAD_TOO_LARGE,
        f"A request has at most {MAX_BODY_BYTES} bytes. Upload or import what is larger.",
    )
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        raise too_large
    try:
        body = request.read(MAX_BODY_BYTES + 1)
    except UnreadablePostError:
        raise _bad("The body ended early.") from None
    if len(body) > MAX_BODY_BYTES:
        raise too_large
    return body


def _loads(text: bytes, what: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad(f"{what} is not JSON in UTF-8.") from None
    _check_values(value, what)
    return value


def _check_values(value: Any, what: str) -> None:
    """Neither nested too deeply nor with a NUL character, which PostgreSQL does not keep."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and "\0" in item:
                raise _bad(f"{what} contains the character NUL, which cannot be stored or searched for.")
        if not below:
            return
        level = below
    raise _bad(f"{what} is nested more than {MAX_JSON_DEPTH} levels deep.")


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.lower().startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _bad(message: str) -> HttpRefusal:
    return HttpRefusal(400, ErrorCode.BAD_REQUEST, message)
