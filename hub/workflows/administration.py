"""What the officers' site shows is on record: which rows to whom, and which doors stayed shut."""

from collections.abc import Sequence
from typing import Any

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from tenants.actors import Actor, ActorKind
from tenants.decisions import Decision, allow, refuse
from tenants.roles import Role

# Kinds of actors that a browser session makes; a token, whosever it is, never opens the site.
PEOPLE = frozenset({ActorKind.USER, ActorKind.OPERATOR, ActorKind.AUDITOR})


def decide_admin_view(
    actor: Actor, *, roles: frozenset[Role], to_operator: bool = False, to_auditor: bool = False
) -> Decision:
    """Whether the actor may look at a page of the site that is made for these roles."""
    if actor.kind not in PEOPLE:
        return refuse("signed_out" if actor.kind is ActorKind.ANONYMOUS else "needs_person")
    if actor.kind is ActorKind.OPERATOR:
        return allow("operator") if to_operator else refuse("no_role")
    if actor.kind is ActorKind.AUDITOR:
        return allow("platform_auditor") if to_auditor else refuse("no_role")
    if actor.tenant_id is None:
        return refuse("no_tenant")
    held = next((role for role in Role if role in roles and role in actor.roles), None)
    return allow(f"role:{held.value}") if held else refuse("no_role")


def record_admin_view(
    actor: Actor,
    *,
    model: str,
    count: int,
    decision: Decision,
    object_id: str = "",
    step: str = "",
    rows: Sequence[str] = (),
) -> None:
    """That rows of a model were shown, or asked for in vain; how many, and which: one by its id, a list by all ids."""
    detail: dict[str, Any] = {"count": count, "step": step} if step else {"count": count}
    if rows:
        detail["rows"] = list(rows)
    record(actor, AuditAction.ADMIN_VIEW, f"{model}:{object_id}", decision, **detail)


def record_password_change(actor: Actor) -> None:
    """That a person changed his own password."""
    record(actor, AuditAction.ADMIN_CHANGE, f"user:{actor.user_id}", allow("self"), change="password")
