"""`POST /hooks/<destination>`: where other systems say how a mirrored ticket stands with them."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from hub.workflows.outcomes import Refusal
from hub.workflows.receiving import LARGEST_MESSAGE, receive_message, refuse_unread
from tenants.actors import Actor

from .negotiation import JSON
from .refusals import ErrorCode, coded

# Whatever was wrong: who has no secret of ours learns neither whether there is such a destination nor why not.
REFUSED = orjson.dumps({"errors": [coded(ErrorCode.NOT_AVAILABLE, "This is not available to you.")]})


@method_decorator(csrf_exempt, name="dispatch")
class HookView(View):
    """Two answers: 204 for what was signed with the destination's secret, one and the same 404 for all else."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Read at most so much, and hand it on as it came: the signature is over the bytes."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        try:
            destination_id = UUID(kwargs["destination"])
        except ValueError:
            return _answer(refuse_unread(actor, "hook_unknown"))
        if request.method != "POST":
            return _answer(refuse_unread(actor, "hook_method"))
        body = request.read(LARGEST_MESSAGE + 1)
        if len(body) > LARGEST_MESSAGE:
            return _answer(refuse_unread(actor, "hook_too_large"))
        return _answer(receive_message(actor, destination_id=destination_id, headers=dict(request.headers), body=body))


def _answer(outcome: object) -> HttpResponse:
    if isinstance(outcome, Refusal):
        response = HttpResponse(REFUSED, status=404, content_type=f"{JSON}; charset=utf-8")
    else:
        response = HttpResponse(status=204)
        response.headers.pop("Content-Type", None)
    response.headers["Cache-Control"] = "no-store"
    return response
