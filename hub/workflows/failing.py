"""What is on record of an answer that failed by a fault of ours: written after its transaction was undone."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from tenants.actors import ANONYMOUS, Actor
from tenants.decisions import refuse


def record_failed_request(request: HttpRequest, response: HttpResponseBase | None) -> None:
    """The hook of the scoping middleware; without a response, the commit itself failed."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    match: Any = request.resolver_match
    door = match.view_name or match.route if match else "unknown"
    status = response.status_code if response is not None else 0
    record(actor, AuditAction.OPERATION_FAIL, f"door:{door}", refuse("fault"), failed=True, status=status)
