"""`GET /audit/export`: the access record as a stream; each page is on record before its bytes leave."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from hub.audit.actions import AuditAction, Outcome
from hub.audit.queries import DisclosureFilter, EventFilter
from hub.workflows.bundling import bundle_lines, open_bundle
from hub.workflows.exporting import CONTENT_TYPES, ExportFormat, ExportSubject, decide_export, export_pages, stream
from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.viewing import refuse_stranger
from tenants.actors import Actor, ActorKind

from .negotiation import JSON, PREFLIGHT_HEADER
from .refusals import ErrorCode, coded
from .views import STRANGERS_ANSWER

BUNDLE = "bundle"
COMMON = frozenset({"subject", "format", "after", "purpose", "grant", "policyVersion", "since", "until"})
OF_EVENTS = COMMON | {"actor", "actorKind", "action", "outcome", "case", "requestId", "tenant"}
OF_DISCLOSURES = COMMON | {"reader", "case", "rawOnly", "owner"}
OF_BUNDLES = frozenset({"subject", "format"})
LONGEST_VALUE = 200


class _Wrong(ValueError):
    """A parameter that cannot be; the message is for the caller."""


@method_decorator(csrf_exempt, name="dispatch")
class AuditExportView(View):
    """Takes what to export from the query; `after` is the id of the last row received."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Strangers get the same answer as everywhere."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.kind is ActorKind.ANONYMOUS:
            refuse_stranger(actor, getattr(request, "refusal_basis", "") or "signed_out")
            return _answer(401, orjson.loads(STRANGERS_ANSWER))
        if request.method != "GET":
            return _refuse(405, ErrorCode.METHOD_NOT_ALLOWED, "Ask for an export by GET.")
        if "Authorization" not in request.headers and PREFLIGHT_HEADER not in request.headers:
            return _refuse(403, ErrorCode.PREFLIGHT_REQUIRED, f"A browser sends the header `{PREFLIGHT_HEADER}: 1`.")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Decide, then stream."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        try:
            subject = ExportSubject(_one_of(request.GET, "subject", [item.value for item in ExportSubject]))
            written = _one_of(request.GET, "format", [*(item.value for item in ExportFormat), BUNDLE])
            known = (
                OF_BUNDLES if written == BUNDLE else OF_EVENTS if subject is ExportSubject.EVENTS else OF_DISCLOSURES
            )
            unknown = sorted(set(request.GET) - known)
            if unknown:
                raise _Wrong(f"Known here are: {', '.join(sorted(known))}.")
            conditions = _conditions(request.GET, subject)
            after = _id(request.GET, "after")
        except _Wrong as problem:
            return _refuse(400, ErrorCode.BAD_USER_INPUT, str(problem))
        if written == BUNDLE:
            return _send_bundle(actor, subject)
        if decide_export(actor, subject, written) is not None:
            return _refuse(404, ErrorCode.NOT_AVAILABLE, "This is not available to you.")
        form = ExportFormat(written)
        return _send(export_pages(actor, subject=subject, form=form, after=after, **conditions), CONTENT_TYPES[form])


def _send_bundle(actor: Actor, subject: ExportSubject) -> HttpResponseBase:
    bundle = open_bundle(actor, subject=subject)
    if isinstance(bundle, Refusal):
        return _refuse(404, ErrorCode.NOT_AVAILABLE, "This is not available to you.")
    if isinstance(bundle, Invalid):
        return _refuse(409, ErrorCode.BAD_REQUEST, bundle.problems[0].message)
    return _send(bundle_lines(actor, bundle=bundle), CONTENT_TYPES[ExportFormat.JSONL])


def _send(pages: Iterator[bytes | Refusal], content_type: str) -> HttpResponseBase:
    # The pages are drawn after the request's own transaction has ended; each is committed before it is handed on.
    response = StreamingHttpResponse(stream(pages), content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Authorization, Cookie"
    return response


def _conditions(given: QueryDict, subject: ExportSubject) -> dict[str, Any]:
    for name, values in given.lists():
        if any(len(value) > LONGEST_VALUE or "\0" in value for value in values):
            raise _Wrong(f"`{name}` has at most {LONGEST_VALUE} characters.")
    if subject is ExportSubject.DISCLOSURES:
        return {"disclosures": DisclosureFilter(
            case_id=_id(given, "case"), grant_id=_id(given, "grant"), policy_version_id=_id(given, "policyVersion"),
            reader_key=given.get("reader"), purpose=given.get("purpose"), raw_only=given.get("rawOnly") == "true",
            since=_moment(given, "since"), until=_moment(given, "until"), owner_tenant_id=_id(given, "owner"),
        )}  # fmt: skip
    return {"events": EventFilter(
        actor_key=given.get("actor"), actor_kind=given.get("actorKind"), purpose=given.get("purpose"),
        actions=_several(given, "action", [item.value for item in AuditAction]),
        outcomes=_several(given, "outcome", [item.value for item in Outcome]),
        case=given.get("case"), grant_id=_id(given, "grant"), policy_version_id=_id(given, "policyVersion"),
        request_id=given.get("requestId"), since=_moment(given, "since"), until=_moment(given, "until"),
        tenant_id=_id(given, "tenant"),
    )}  # fmt: skip


def _one_of(given: QueryDict, name: str, allowed: list[str]) -> str:
    value = given.get(name, allowed[0])
    if value not in allowed:
        raise _Wrong(f"`{name}` is one of {', '.join(allowed)}.")
    return value


def _several(given: QueryDict, name: str, allowed: list[str]) -> tuple[str, ...]:
    values = tuple(given.getlist(name))
    if not set(values) <= set(allowed):
        raise _Wrong(f"`{name}` is one of {', '.join(allowed)}; it may be given several times.")
    return values


def _id(given: QueryDict, name: str) -> UUID | None:
    try:
        return UUID(str(given[name])) if name in given else None
    except ValueError:
        raise _Wrong(f"`{name}` is a UUID.") from None


def _moment(given: QueryDict, name: str) -> datetime | None:
    if name not in given:
        return None
    try:
        moment = parse_datetime(str(given[name]))
    except ValueError:
        moment = None
    if moment is None:
        raise _Wrong(f"`{name}` is a time such as 2026-03-04T00:00:00Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refuse(status: int, code: ErrorCode, message: str) -> HttpResponse:
    return _answer(status, {"errors": [coded(code, message)]})


def _answer(status: int, body: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type=f"{JSON}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
