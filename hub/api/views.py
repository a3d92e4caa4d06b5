"""`/graphql` over HTTP: one constant answer for strangers, one strict reading of the standard for everybody else."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from hub.workflows.viewing import refuse_stranger
from tenants.actors import Actor, ActorKind

from .budgets import Verdict, spend
from .execution import LEAST_COST, Answer, answer, excess
from .negotiation import (
    GRAPHQL_JSON,
    JSON,
    PREFLIGHT_HEADER,
    HttpRefusal,
    Operation,
    answer_type,
    check_content_type,
    read_get,
    read_post,
)
from .refusals import ErrorCode, coded

COST_LEFT_HEADER = "Caseward-Cost-Left"

# For every request of nobody in particular, whatever it asks and however it is put.
STRANGERS_ANSWER = orjson.dumps(
    {"errors": [coded(ErrorCode.UNAUTHENTICATED, "Sign in, or send a token: `Authorization: Bearer cw_…`.")]}
)


class _CsrfCheck(CsrfViewMiddleware):
    """Django's own check, asked where the cookie is what identifies the caller; tokens need none."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(status=403)


@method_decorator(csrf_exempt, name="dispatch")
class GraphQLView(View):
    """Takes GraphQL requests as "GraphQL over HTTP" has them."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer any request; the method is looked at only for those who are signed in."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.kind is ActorKind.ANONYMOUS:
            refuse_stranger(actor, getattr(request, "refusal_basis", "") or "signed_out")
            return _sent(STRANGERS_ANSWER, 401, JSON, {"WWW-Authenticate": 'Bearer realm="caseward"'})
        media_type = JSON
        try:
            media_type = answer_type(request.headers.get("Accept"))
            operation = _operation_of(request)
        except HttpRefusal as refusal:
            allowance = spend(actor, LEAST_COST)
            if allowance.verdict is not Verdict.GRANTED:
                return _answered(excess(actor, allowance), media_type)
            body = {"errors": [coded(refusal.code, refusal.message)]}
            headers = {**refusal.headers, COST_LEFT_HEADER: str(allowance.left)}
            return _sent(orjson.dumps(body), refusal.status, media_type, headers)
        answered = answer(
            actor,
            query=operation.query,
            document_digest=operation.document_digest,
            variables=operation.variables,
            operation_name=operation.operation_name,
            only_queries=request.method == "GET",
        )
        if answered.is_our_fault:
            # Nothing that was read or changed on the way to the fault stands; the fault is recorded on its own.
            request.must_roll_back = True  # type: ignore[attr-defined]
        return _answered(answered, media_type)


def _operation_of(request: HttpRequest) -> Operation:
    if request.method == "GET":
        _require_preflight(request)
        return read_get(request)
    if request.method != "POST":
        message = "Send GraphQL by POST, or a query by GET."
        raise HttpRefusal(405, ErrorCode.METHOD_NOT_ALLOWED, message, {"Allow": "GET, POST"})
    check_content_type(request)
    if "Authorization" not in request.headers and PREFLIGHT_HEADER not in request.headers:
        _require_csrf_token(request)
    return read_post(request)


def _require_preflight(request: HttpRequest) -> None:
    """An address can be opened by a link or an image on any page; neither of these headers can be sent from there."""
    if "Authorization" not in request.headers and PREFLIGHT_HEADER not in request.headers:
        message = f"A query by GET needs a token, or the header `{PREFLIGHT_HEADER}: 1`."
        raise HttpRefusal(403, ErrorCode.PREFLIGHT_REQUIRED, message)


def _require_csrf_token(request: HttpRequest) -> None:
    check = _CsrfCheck(lambda _: HttpResponse())
    check.process_request(request)
    # The second argument is the view, which is looked at only for an exemption.
    if check.process_view(request, HttpResponse, (), {}) is not None:
        message = f"A signed-in browser sends the header `X-CSRFToken`, or `{PREFLIGHT_HEADER}: 1`."
        raise HttpRefusal(403, ErrorCode.PREFLIGHT_REQUIRED, message)


def _answered(answered: Answer, media_type: str) -> HttpResponse:
    headers = {COST_LEFT_HEADER: str(answered.cost_left)}
    if answered.is_wrong_method:
        headers["Allow"] = "POST"
    if answered.retry_after_seconds:
        headers["Retry-After"] = str(answered.retry_after_seconds)
    return _sent(orjson.dumps(answered.body), _status(answered, media_type), media_type, headers)


def _status(answered: Answer, media_type: str) -> int:
    if answered.is_our_fault:
        return 500
    if answered.is_wrong_method:
        return 405
    if answered.retry_after_seconds:
        return 429
    # Plain JSON clients take anything but 200 for a failure of the transport; the newer media type tells the two apart.
    return 400 if media_type == GRAPHQL_JSON and not answered.is_executed else 200


def _sent(body: bytes, status: int, media_type: str, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(body, status=status, content_type=f"{media_type}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Authorization, Cookie"
    for name, value in headers.items():
        response.headers[name] = value
    return response
