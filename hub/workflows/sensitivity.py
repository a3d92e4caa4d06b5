"""Tags, levels and restriction of a case: projections follow in the same transaction."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import queries as catalog
from hub.catalog import services
from hub.catalog.drafts import DraftError
from hub.catalog.levels import CLASS_RANKS, TLP_RANKS, is_level_tag
from hub.catalog.models import Case
from hub.catalog.shapes.parts import read_tags
from hub.escalation.models import TriggerKind
from hub.sharing.services.leasing import rebuild_case
from tenants import queries as tenants
from tenants.actors import Actor
from tenants.decisions import refuse
from tenants.roles import Action

from .case_decisions import decide_on_case
from .escalation import notice_cases
from .outcomes import CaseChanged, Invalid, Refusal
from .submission import ask_for_projections, invalid


def tag_case(
    actor: Actor, *, case_id: UUID, add: Iterable[str] = (), remove: Iterable[str] = (), reason: str = ""
) -> CaseChanged | Refusal | Invalid:
    """Add and remove machine tags. Tags of the sensitivity axes can be added to raise a level, and not removed."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.TAG_CASE, case_id)
    if case is None:
        record(actor, AuditAction.CASE_TAG, target, decision)
        return Refusal(decision.basis)
    try:
        added, removed = read_tags(add, "add"), set(read_tags(remove, "remove"))
    except DraftError as error:
        return invalid(actor, AuditAction.CASE_TAG, target, decision, error.path, error.problem)
    if any(is_level_tag(tag) for tag in removed):
        return invalid(actor, AuditAction.CASE_TAG, target, decision, "remove", "levels are lowered by an officer")
    with transaction.atomic():
        present = [row.tag for row in catalog.tags_of(case)]
        wanted = [tag for tag in dict.fromkeys([*present, *added]) if tag not in removed]
        changed = services.set_tags(case, wanted, set_by=actor.person_key, reason=reason)
        if changed:
            rebuild_case(case)
            ask_for_projections(case)
            notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_CHANGED)
        record(actor, AuditAction.CASE_TAG, target, decision, added=len(added), removed=len(removed), changed=changed)
    return CaseChanged(case.pk, "tagged")


def raise_sensitivity(
    actor: Actor, *, case_id: UUID, data_class: str | None = None, tlp: str | None = None, reason: str = ""
) -> CaseChanged | Refusal | Invalid:
    """Move the levels of a case up; who may tag it may do that."""
    return _change_levels(actor, Action.TAG_CASE, case_id, data_class, tlp, reason, is_lowering=False)


def lower_sensitivity(
    actor: Actor, *, case_id: UUID, data_class: str | None = None, tlp: str | None = None, reason: str
) -> CaseChanged | Refusal | Invalid:
    """Move the levels of a case down, as an officer and for a reason."""
    return _change_levels(actor, Action.LOWER_SENSITIVITY, case_id, data_class, tlp, reason, is_lowering=True)


def restrict_case(
    actor: Actor, *, case_id: UUID, user_ids: Iterable[UUID] = (), team_ids: Iterable[UUID] = ()
) -> CaseChanged | Refusal | Invalid:
    """Let only named people and teams of the tenant read a case; its author and who restricts it stay named."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.RESTRICT_CASE, case_id)
    if case is None or actor.tenant_id is None:
        record(actor, AuditAction.CASE_RESTRICT, target, decision)
        return Refusal(decision.basis)
    people, teams = list(dict.fromkeys(user_ids)), list(dict.fromkeys(team_ids))
    members = set(tenants.members_of(actor.tenant_id).values_list("user_id", flat=True))
    if not set(people) <= members:
        return invalid(actor, AuditAction.CASE_RESTRICT, target, decision, "user_ids", "names nobody of this tenant")
    if not set(teams) <= set(tenants.teams_of(actor.tenant_id).values_list("pk", flat=True)):
        return invalid(actor, AuditAction.CASE_RESTRICT, target, decision, "team_ids", "names no team of this tenant")
    # An officer who restricts a case is not thereby let into it, nor does he let himself in.
    if case.team_id in actor.team_ids:
        people += [actor.user_id] if actor.user_id is not None else []
    elif actor.user_id in people or set(teams) & set(actor.team_ids):
        refused = refuse("same_person")
        record(actor, AuditAction.CASE_RESTRICT, target, refused)
        return Refusal(refused.basis)
    with transaction.atomic():
        services.restrict_case(case, people, teams)
        ask_for_projections(case)
        notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_CHANGED)
        record(actor, AuditAction.CASE_RESTRICT, target, decision, people=len(set(people)), teams=len(teams))
    return CaseChanged(case.pk, "restricted")


def unrestrict_case(actor: Actor, *, case_id: UUID) -> CaseChanged | Refusal:
    """Open a restricted case to its whole team again; only somebody named on it, or an officer, can."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.RESTRICT_CASE, case_id)
    if case is None:
        record(actor, AuditAction.CASE_RESTRICT, target, decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        services.unrestrict_case(case)
        ask_for_projections(case)
        notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_CHANGED)
        record(actor, AuditAction.CASE_RESTRICT, target, decision, lifted=True)
    return CaseChanged(case.pk, "unrestricted")


def _change_levels(
    actor: Actor,
    action: Action,
    case_id: UUID,
    data_class: str | None,
    tlp: str | None,
    reason: str,
    *,
    is_lowering: bool,
) -> CaseChanged | Refusal | Invalid:
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, action, case_id)
    if case is None:
        record(actor, AuditAction.CASE_SENSITIVITY, target, decision)
        return Refusal(decision.basis)
    problem = _problem_with_levels(case, data_class, tlp, reason, is_lowering)
    if problem is not None:
        return invalid(actor, AuditAction.CASE_SENSITIVITY, target, decision, *problem)
    before = f"{case.data_class}/{case.tlp}"
    with transaction.atomic():
        change = services.lower_sensitivity if is_lowering else services.raise_sensitivity
        changed = change(case, data_class=data_class, tlp=tlp, set_by=actor.person_key, reason=reason)
        if changed:
            ask_for_projections(case)
            notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_CHANGED)
        record(
            actor, AuditAction.CASE_SENSITIVITY, target, decision,
            before=before, after=f"{case.data_class}/{case.tlp}", has_reason=bool(reason.strip()),
        )  # fmt: skip
    return CaseChanged(case.pk, "levels")


def _problem_with_levels(
    case: Case, data_class: str | None, tlp: str | None, reason: str, is_lowering: bool
) -> tuple[str, str] | None:
    if data_class is None and tlp is None:
        return "", "name a data class, a TLP label or both"
    if data_class is not None and data_class not in CLASS_RANKS:
        return "data_class", f"must be one of: {', '.join(CLASS_RANKS)}"
    if tlp is not None and tlp not in TLP_RANKS:
        return "tlp", f"must be one of: {', '.join(TLP_RANKS)}"
    if not is_lowering:
        return None
    if not reason.strip():
        return "reason", "is missing: say why the level may come down"
    above = (data_class is not None and CLASS_RANKS[data_class] > CLASS_RANKS[case.data_class]) or (
        tlp is not None and TLP_RANKS[tlp] > TLP_RANKS[case.tlp]
    )
    return ("", "the level asked for is above the present one") if above else None
