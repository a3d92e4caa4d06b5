"""`POST /cases/<id>/evidence`: a file as the body of a request, streamed, capped and compared with its digest."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from hub.workflows.evidence import upload_evidence
from hub.workflows.outcomes import CaseSubmitted, Invalid
from hub.workflows.viewing import refuse_stranger
from tenants.actors import Actor, ActorKind

from .negotiation import JSON, PREFLIGHT_HEADER
from .refusals import ErrorCode, coded
from .views import STRANGERS_ANSWER

CHUNK = 64 * 1024
# RFC 9530; a browser's form cannot send it, a program's one line can.
DIGEST_HEADER = "Content-Digest"
_SHA256 = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):")


@method_decorator(csrf_exempt, name="dispatch")
class EvidenceUploadView(View):
    """Takes one file a request; name and kind stand in the address, its media type in `Content-Type`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Strangers get the same answer as everywhere, before anything of the body is read."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.kind is ActorKind.ANONYMOUS:
            refuse_stranger(actor, getattr(request, "refusal_basis", "") or "signed_out")
            return _answer(401, orjson.loads(STRANGERS_ANSWER))
        if request.method != "POST":
            return _refuse(405, ErrorCode.METHOD_NOT_ALLOWED, "Send the file by POST, as the body of the request.")
        if "Authorization" not in request.headers and PREFLIGHT_HEADER not in request.headers:
            message = f"A signed-in browser sends the header `{PREFLIGHT_HEADER}: 1`."
            return _refuse(403, ErrorCode.PREFLIGHT_REQUIRED, message)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Hand the stream to the workflow, which decides before it reads."""
        try:
            digest = _digest_of(request.headers.get(DIGEST_HEADER, ""))
        except ValueError:
            message = f"`{DIGEST_HEADER}` must be like `sha-256=:<base64>:` (RFC 9530)."
            return _refuse(400, ErrorCode.BAD_REQUEST, message)
        outcome = upload_evidence(
            request.actor,  # type: ignore[attr-defined]
            case_id=case_id,
            name=request.GET.get("name", ""),
            kind=request.GET.get("kind", "file"),
            media_type=request.content_type or "application/octet-stream",
            stream=_chunks(request),
            expected_digest=digest,
        )
        match outcome:
            case CaseSubmitted():
                return _answer(201, {"caseId": str(outcome.case_id), "version": outcome.version})
            case Invalid():
                problems = [{"path": problem.path, "message": problem.message} for problem in outcome.problems]
                refusal = coded(ErrorCode.BAD_USER_INPUT, "The file was not taken; nothing was changed.")
                return _answer(422, {"errors": [refusal], "problems": problems})
            case _:
                return _refuse(404, ErrorCode.NOT_AVAILABLE, "This is not available to you.")


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    while chunk := request.read(CHUNK):
        yield chunk


def _digest_of(header: str) -> str:
    """The announced SHA-256 in hexadecimal; empty when none was announced."""
    if not header:
        return ""
    found = _SHA256.search(header)
    if found is None:
        raise ValueError("no SHA-256")
    try:
        digest = base64.b64decode(found[1], validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    return digest.hex()


def _refuse(status: int, code: ErrorCode, message: str) -> HttpResponse:
    return _answer(status, {"errors": [coded(code, message)]})


def _answer(status: int, body: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type=f"{JSON}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
