"""Erasing a person: one officer asks, the hub searches, a second one decides; each step on record, no value in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.retention import queries
from hub.retention.models import ErasurePlace, ErasureRequest, PlaceDecision, PlaceMatch
from hub.retention.persons import Finder, PersonValues
from hub.retention.services import erasing
from hub.retention.services.erasing import ErasureRefusal
from tenants import permissions
from tenants.actors import Actor, system_actor
from tenants.decisions import refuse
from tenants.roles import Action
from tenants.scoping import acting_as
from tenants.work import note_work

from .erasing import PROCESS, RUN_TASK
from .erasure_places import BY_HAND
from .nudging import nudge_on_commit
from .outcomes import Done, Invalid, Refusal

MOST_VALUES, LONGEST_VALUE, MOST_SHOWN = 50, 200, 1000


@dataclass(frozen=True, slots=True)
class ErasureSeen:
    """An erasure with the first of its places: those to be decided, then the rest."""

    request: ErasureRequest
    places: tuple[ErasurePlace, ...]


def request_erasure(actor: Actor, *, reference: str, values: PersonValues) -> Done | Refusal | Invalid:
    """Ask for the erasure of what names a person. The values are sealed here and written nowhere else."""
    decision = permissions.decide(actor, Action.DECIDE_ERASURE, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.ERASURE_REQUEST, "erasure:", decision)
        return Refusal(decision.basis)
    problem = _problem(reference.strip(), values)
    if problem is not None:
        return problem
    with transaction.atomic():
        with acting_as(system_actor(actor.tenant_id, PROCESS)):
            row = erasing.request(actor.tenant_id, reference.strip(), values, by=actor.person_key)
            note_work(actor.tenant_id, PROCESS)
        record(actor, AuditAction.ERASURE_REQUEST, f"erasure:{row.pk}", decision, values=values.counts())
        nudge_on_commit(RUN_TASK, actor.tenant_id)
    return Done(row.pk)


def list_erasures(actor: Actor, *, limit: int) -> tuple[ErasureRequest, ...] | Refusal:
    """The erasures of the actor's organisation, the newest first."""
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.ERASURE_LIST, "erasure:", decision)
        return Refusal(decision.basis)
    found = tuple(queries.erasures_of(actor.tenant_id)[:limit])
    record(actor, AuditAction.ERASURE_LIST, "erasure:", decision, shown=len(found))
    return found


def read_erasure(actor: Actor, *, erasure_id: UUID, limit: int = MOST_SHOWN) -> ErasureSeen | Refusal:
    """An erasure with its places."""
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None)
    row = queries.find_erasure(actor.tenant_id, erasure_id) if actor.tenant_id else None
    if row is None or not decision.allowed:
        decision = decision if not decision.allowed else refuse("unknown")
        record(actor, AuditAction.ERASURE_LIST, f"erasure:{erasure_id}", decision)
        return Refusal(decision.basis)
    places = tuple(queries.places_of(row)[:limit])
    record(actor, AuditAction.ERASURE_LIST, f"erasure:{erasure_id}", decision, shown=len(places))
    return ErasureSeen(row, places)


def decide_places(
    actor: Actor, *, erasure_id: UUID, decision: str, reason: str, place_ids: Sequence[UUID] = (), group: str = ""
) -> Done | Refusal | Invalid:
    """Say what becomes of places: those named, or a group: `held`, `undecided`, or one of PlaceMatch.

    What is held is erased when its holds have ended (`wait`), or left for good (`leave`, with a reason).
    """
    if permissions.decide(actor, Action.DECIDE_ERASURE, on=None).allowed:
        problem = _problem_with_decision(decision, reason.strip(), place_ids, group)
        if problem is not None:
            return problem
    which = _which(place_ids, group)
    row = queries.find_erasure(actor.tenant_id, erasure_id) if actor.tenant_id else None
    if row is not None and decision in (PlaceDecision.ERASE, PlaceDecision.WAIT):
        chosen = erasing.open_places(row).filter(which)
        if chosen.filter(kind__startswith=BY_HAND).exists():
            return Invalid.because("decision", "The hub cannot erase places that are changed by hand: leave them.")
        if decision == PlaceDecision.ERASE and chosen.filter(is_held=True).exists():
            return Invalid.because("decision", "A hold stands on some of them: they wait for its end, or are left.")

    def decide(locked: ErasureRequest) -> dict[str, Any]:
        count = erasing.decide_places(locked, which, decision, by=actor.person_key, reason=reason.strip())
        return {"places": count, "choice": decision}

    return _step(actor, erasure_id, AuditAction.ERASURE_DECIDE, decide)


def approve_erasure(actor: Actor, *, erasure_id: UUID) -> Done | Refusal | Invalid:
    """Let what is decided be carried out, as somebody other than who asked. There is no way back."""

    def approve(locked: ErasureRequest) -> dict[str, Any]:
        erasing.approve(locked, by=actor.person_key)
        note_work(locked.tenant_id, PROCESS)
        nudge_on_commit(RUN_TASK, locked.tenant_id)
        return {"places": locked.places.count()}

    return _step(actor, erasure_id, AuditAction.ERASURE_APPROVE, approve)


def decline_erasure(actor: Actor, *, erasure_id: UUID, reason: str) -> Done | Refusal | Invalid:
    """Turn it down, with a reason; the values are forgotten."""
    if permissions.decide(actor, Action.DECIDE_ERASURE, on=None).allowed and not 0 < len(reason.strip()) <= 500:
        return Invalid.because("reason", "Say in up to 500 characters why, without naming the person.")

    def decline(locked: ErasureRequest) -> dict[str, Any]:
        erasing.decline(locked, by=actor.person_key, reason=reason.strip())
        return {}

    return _step(actor, erasure_id, AuditAction.ERASURE_DECLINE, decline)


def _step(
    actor: Actor, erasure_id: UUID, action: AuditAction, take: Callable[[ErasureRequest], dict[str, Any]]
) -> Done | Refusal | Invalid:
    target = f"erasure:{erasure_id}"
    found = queries.find_erasure(actor.tenant_id, erasure_id) if actor.tenant_id else None
    decision = permissions.decide(actor, Action.DECIDE_ERASURE, on=None) if found else refuse("unknown")
    if found is None or not decision.allowed:
        record(actor, action, target, decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            detail = take(erasing.lock(found.pk))
            record(actor, action, target, decision, **detail)
    except ErasureRefusal as refusal:
        record(actor, action, target, refuse(refusal.basis))
        return Refusal(refusal.basis)
    return Done(found.pk)


def _which(place_ids: Sequence[UUID], group: str) -> Q:
    if place_ids:
        return Q(pk__in=list(place_ids))
    if group == "held":
        return Q(is_held=True)
    return Q(decision=PlaceDecision.OPEN) if group == "undecided" else Q(match=group)


def _problem(reference: str, values: PersonValues) -> Invalid | None:
    if not 0 < len(reference) <= 80 or "\0" in reference:
        return Invalid.because("reference", "Give your own file number for this request, in up to 80 characters.")
    each = list(values.each())
    if not each:
        return Invalid.because("values", "Give at least one value of the person: a name, an address, a number.")
    if len(each) > MOST_VALUES:
        return Invalid.because("values", f"Takes up to {MOST_VALUES} values.")
    for kind, value in each:
        if len(value) > LONGEST_VALUE or "\0" in value:
            return Invalid.because(kind, f"A value has up to {LONGEST_VALUE} characters.")
    finder = Finder(values)
    blind = finder.blind_to()
    if blind:
        return Invalid.because(
            blind[0][0],
            "One of these is too short or too common to be looked for: it would be found in other words. Give values "
            "of six letters or digits at least, such as the full name.",
        )
    if finder.find(reference):
        return Invalid.because("reference", "The reference must not name the person: it stays on record.")
    return None


def _problem_with_decision(decision: str, reason: str, place_ids: Sequence[UUID], group: str) -> Invalid | None:
    if decision not in (PlaceDecision.ERASE, PlaceDecision.WAIT, PlaceDecision.LEAVE):
        return Invalid.because("decision", "Takes erase, wait or leave.")
    if len(reason) > 500 or "\0" in reason or (decision == PlaceDecision.LEAVE and not reason):
        return Invalid.because("reason", "Say in up to 500 characters why it is left, without naming the person.")
    if bool(place_ids) == bool(group) or group not in ("", "held", "undecided", *PlaceMatch.values):
        return Invalid.because("places", "Name places, or one group: held, undecided, or how they name the person.")
    return None
