"""Legal holds: placed by one officer and at once, released by two, and on record either way."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.levels import CLASS_RANKS
from hub.catalog.models import Case, CaseKind
from hub.retention.holds import standing_holds
from hub.retention.models import LegalHold
from hub.retention.selection import SELECTION_KEYS
from hub.retention.services import holding
from hub.retention.services.holding import HoldRefusal
from tenants import permissions
from tenants.actors import Actor, system_actor
from tenants.decisions import refuse
from tenants.roles import Action
from tenants.scoping import acting_as

from .outcomes import Invalid, Refusal

LONGEST_REVIEW = timedelta(days=366)
MOST_VALUES = 1000


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """A hold as it stands after a step."""

    hold_id: UUID
    state: str
    held_cases: int = 0


@dataclass(frozen=True, slots=True)
class HoldListed:
    """A hold that stands, for officers and auditors."""

    hold_id: UUID
    authority: str
    reason: str
    is_by_query: bool
    state: str
    held_cases: int
    review_on: date
    placed_at: datetime


def place_hold(
    actor: Actor,
    *,
    authority: str,
    reason: str,
    review_on: date,
    selection: Mapping[str, list[Any]],
    is_by_query: bool,
) -> HoldAnswer | Refusal | Invalid:
    """Hold cases by name (`selection` has `cases`), or by query: then cases that come to match are held as well."""
    decision = permissions.decide(actor, Action.PLACE_HOLD, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.HOLD_PLACE, "hold:", decision)
        return Refusal(decision.basis)
    problem = _problem(authority, reason, review_on) or _problem_with_selection(selection, is_by_query)
    if problem is not None:
        return problem
    wanted = {key: [str(value) for value in values] for key, values in selection.items() if values}
    with transaction.atomic(), acting_as(system_actor(actor.tenant_id, "holds")):
        named = set(wanted.get("cases", []))
        known = Case.objects.filter(tenant_id=actor.tenant_id, pk__in=named).count() if named else 0
        if known < len(named):
            return Invalid.because("cases", "Names a case that this organisation does not have; nothing was held.")
        hold, held = holding.place_hold(
            actor.tenant_id, wanted, is_by_query=is_by_query, authority=authority.strip(), reason=reason.strip(),
            review_on=review_on, placed_by=actor.person_key,
        )  # fmt: skip
        record(
            actor, AuditAction.HOLD_PLACE, f"hold:{hold.pk}", decision, cases=held, by_query=is_by_query,
            review_on=review_on.isoformat(),
        )  # fmt: skip
    return HoldAnswer(hold.pk, str(hold.state), held)


def propose_release(actor: Actor, *, hold_id: UUID, reason: str) -> HoldAnswer | Refusal | Invalid:
    """Ask for the end of a hold, with a reason; a second person decides."""
    if permissions.decide(actor, Action.PLACE_HOLD, on=None).allowed and not 0 < len(reason.strip()) <= 500:
        return Invalid.because("reason", "Say in up to 500 characters why the hold is not needed any more.")
    return _step(
        actor, hold_id, Action.PLACE_HOLD, AuditAction.HOLD_PROPOSE_RELEASE,
        lambda: holding.propose_release(hold_id, by=actor.person_key, reason=reason.strip()),
    )  # fmt: skip


def release_hold(actor: Actor, *, hold_id: UUID) -> HoldAnswer | Refusal:
    """End a hold, as somebody other than who proposed it. What no other hold and no rule keeps may go from now on."""
    return _step(
        actor, hold_id, Action.RELEASE_HOLD, AuditAction.HOLD_RELEASE,
        lambda: holding.release(hold_id, by=actor.person_key),
    )  # fmt: skip


def keep_hold(actor: Actor, *, hold_id: UUID) -> HoldAnswer | Refusal:
    """Turn the proposed release down; the hold goes on."""
    return _step(actor, hold_id, Action.PLACE_HOLD, AuditAction.HOLD_KEEP, lambda: holding.keep(hold_id))


def list_holds(actor: Actor) -> tuple[HoldListed, ...] | Refusal:
    """The holds that stand, the next to be reviewed first."""
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.HOLD_LIST, "hold:", decision)
        return Refusal(decision.basis)
    found = tuple(
        HoldListed(
            hold.pk, hold.authority, hold.reason, hold.is_by_query, str(hold.state), hold.case_count,
            hold.review_on, hold.placed_at,
        )
        for hold in standing_holds(actor.tenant_id).annotate(case_count=Count("held_cases"))
    )  # fmt: skip
    record(actor, AuditAction.HOLD_LIST, "hold:", decision, count=len(found))
    return found


def hold_if_matching(tenant_id: UUID, case_ids: Collection[UUID]) -> None:
    """After cases were submitted or changed, in their transaction: holds by query take in those that match."""
    with acting_as(system_actor(tenant_id, "holds")):
        holding.hold_matching(case_ids)


def _step(
    actor: Actor, hold_id: UUID, action: Action, audit_action: AuditAction, take: Callable[[], LegalHold]
) -> HoldAnswer | Refusal:
    found = LegalHold.objects.filter(pk=hold_id, tenant_id=actor.tenant_id).first() if actor.tenant_id else None
    decision = permissions.decide(actor, action, on=None) if found else refuse("unknown")
    if found is None or not decision.allowed:
        record(actor, audit_action, f"hold:{hold_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            hold = take()
            cases = hold.held_cases.count()
            record(actor, audit_action, f"hold:{hold_id}", decision, cases=cases, state=str(hold.state))
    except HoldRefusal as refusal:
        record(actor, audit_action, f"hold:{hold_id}", refuse(refusal.basis))
        return Refusal(refusal.basis)
    return HoldAnswer(hold.pk, str(hold.state), cases)


def _problem(authority: str, reason: str, review_on: date) -> Invalid | None:
    if not 0 < len(authority.strip()) <= 200 or "\0" in authority:
        return Invalid.because("authority", "Say in up to 200 characters who ordered the hold.")
    if not 0 < len(reason.strip()) <= 500 or "\0" in reason:
        return Invalid.because("reason", "Say in up to 500 characters why the cases have to be kept.")
    today = timezone.now().date()
    if not today < review_on <= today + LONGEST_REVIEW:
        return Invalid.because("reviewOn", "Choose a day within a year, on which somebody looks at the hold again.")
    return None


def _problem_with_selection(selection: Mapping[str, list[Any]], is_by_query: bool) -> Invalid | None:
    unknown = sorted(set(selection) - set(SELECTION_KEYS))
    if unknown:
        return Invalid.because("selection", f"Knows {', '.join(SELECTION_KEYS)}; not {', '.join(unknown)[:60]}.")
    filled = {key: values for key, values in selection.items() if values}
    if any(not isinstance(values, list) or len(values) > MOST_VALUES for values in filled.values()):
        return Invalid.because("selection", f"Takes lists of up to {MOST_VALUES} values.")
    if any(not isinstance(value, str | UUID) or "\0" in str(value) for values in filled.values() for value in values):
        return Invalid.because("selection", "Takes lists of texts.")
    if not is_by_query and set(filled) != {"cases"}:
        return Invalid.because("cases", "A hold by name lists the ids of its cases.")
    if is_by_query and (not filled or "cases" in filled):
        return Invalid.because("selection", "A hold by query names tags, models, kinds, classes or teams.")
    for key in ("cases", "teams"):
        if not all(_is_id(value) for value in filled.get(key, [])):
            return Invalid.because(key, "Takes ids, such as 0198c0de-0000-7000-8000-000000000000.")
    for key, known in (("kinds", CaseKind.values), ("data_classes", list(CLASS_RANKS))):
        if not set(filled.get(key, [])) <= set(known):
            return Invalid.because(key, f"Takes {', '.join(known)}.")
    return None


def _is_id(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
