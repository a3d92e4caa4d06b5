"""Whether an actor may do something to one case: his role on its team, and his name on it where it is restricted."""

from uuid import UUID

from hub.catalog import queries as catalog
from hub.catalog.models import Case
from tenants import permissions
from tenants.actors import Actor, ActorKind, RawReach
from tenants.decisions import Decision, refuse
from tenants.roles import Action, Role

# Case that is unknown, or not there for this actor: refused with the same words.
NOT_AVAILABLE = refuse("not_available")


def decide_on_case(
    actor: Actor, action: Action, case_id: UUID, *, needs_raw: bool = False
) -> tuple[Case | None, Decision]:
    """The case and the decision; the case is None when the answer is no.

    `needs_raw` is for steps that build on what the case says: who may not read it cannot write its next version.
    """
    case = catalog.find_case(case_id)
    if case is None or case.tenant_id != actor.tenant_id:
        return None, NOT_AVAILABLE
    decision = permissions.decide(actor, action, on=case.team_id)
    if decision.allowed and case.is_restricted and not _may_touch_restricted(actor, case, decision):
        decision = refuse("restricted")
    if decision.allowed and needs_raw and actor.raw_reach is RawReach.NONE:
        decision = refuse("scope_missing:raw")
    return (case, decision) if decision.allowed else (None, decision)


def _may_touch_restricted(actor: Actor, case: Case, decision: Decision) -> bool:
    """The named people, background work, and officers, who may move a case they cannot read."""
    if actor.kind is ActorKind.SYSTEM or decision.basis == f"role:{Role.OFFICER.value}":
        return True
    return actor.user_id is not None and catalog.is_named(case, actor.user_id)
