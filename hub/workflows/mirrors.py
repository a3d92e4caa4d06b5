"""Tickets that stand here and over there: what comes back is taken in, and both sides are compared again and again."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import (
    ComparableConnector,
    ExternalTicket,
    NotAccepted,
    Target,
    TwoWayConnector,
)
from hub.escalation.models import RemediationTicket, TicketEvent
from hub.escalation.outbox import mirroring
from hub.escalation.outbox.mirroring import MIRRORS, Finding
from hub.escalation.outbox.models import DeliveryKind, SecretUse, TicketMirror
from hub.escalation.outbox.queueing import DELIVER_TASK, tell_ticket
from hub.escalation.outbox.secrets import live_secrets
from hub.escalation.services import ticketing
from hub.outgoing.faults import OutgoingFault
from hub.outgoing.sealing import SecretUnavailable
from tenants import permissions
from tenants.actors import Actor, SystemActor, system_actor
from tenants.decisions import allow, refuse
from tenants.roles import Action
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from .nudging import nudge_on_commit
from .outcomes import Done, Refusal
from .tickets import change_ticket

log = structlog.get_logger(__name__)

TURN_SECONDS = 30.0
THREADS = 8
COMPARABLE = frozenset(kind for kind, connector in CONNECTORS.items() if isinstance(connector, ComparableConnector))


@dataclass(frozen=True, slots=True)
class Look:
    """One question to another system, complete: the thread that asks it touches no database."""

    mirror_id: UUID
    connector: ComparableConnector
    target: Target


def take_in(actor: SystemActor, mirror: TicketMirror, told: ExternalTicket, *, is_asked: bool) -> str:
    """What another system says of a ticket, against what both sides last agreed on; a code says what came of it.

    `is_asked`: it is the answer to a question of ours. Where both sides have moved, both histories stay: the other
    side's is an entry of the ticket's, the state here stands, and the other side is told of it.
    """
    destination, connector = mirror.destination, CONNECTORS[mirror.destination.kind]
    if not isinstance(connector, TwoWayConnector):
        return "no_way_back"
    if mirror.is_paused:
        return "paused"
    if mirroring.is_older(told.version, mirror.external_version):
        return "older"
    ticket = ticketing.lock_ticket(mirror.ticket_id)
    if isinstance(connector, ComparableConnector) and mirroring.may_have_arrived(mirror):
        # What is under way may have crossed with what was told: look again afterwards.
        if not is_asked:
            TicketMirror.objects.filter(pk=mirror.pk).update(compared_at=None)
            note_work(mirror.tenant_id, MIRRORS)
        return "looked_at_later"
    ours = connector.counterpart(ticket.state)
    finding = mirroring.compare(agreed=mirror.agreed_state, ours=ours, theirs=told.state)
    outcome = str(finding)
    if finding is Finding.OURS and is_asked:
        outcome = _tell_again(mirror, ticket)
    elif finding is Finding.THEIRS:
        outcome = _follow(actor, mirror, ticket, told)
    elif finding is Finding.BOTH:
        outcome = _keep_both(actor, mirror, ticket, told, ours)
    if finding is not Finding.OURS:
        mirror.agreed_state = told.state
    mirror.external_version = told.version or mirror.external_version
    mirror.save()
    if outcome in {"told_again", "conflict"}:
        nudge_on_commit(DELIVER_TASK, destination.tenant_id)
    return outcome


def _follow(actor: SystemActor, mirror: TicketMirror, ticket: RemediationTicket, told: ExternalTicket) -> str:
    """They have moved, and we follow; the change is told to every mirror but theirs."""
    if not mirroring.count_change(mirror):
        return _pause(actor, mirror, ticket)
    change_ticket(actor, ticket_id=ticket.pk, state=told.state, origin=mirror.destination)
    return "taken"


def _keep_both(
    actor: SystemActor, mirror: TicketMirror, ticket: RemediationTicket, told: ExternalTicket, ours: str
) -> str:
    """Both have moved, differently."""
    if not mirroring.count_change(mirror):
        return _pause(actor, mirror, ticket)
    event = ticketing.add_event(
        ticket, "conflict", actor.key, origin=str(mirror.destination_id), agreed=mirror.agreed_state, ours=ours,
        theirs=told.state, their_version=told.version,
    )  # fmt: skip
    record(
        actor, AuditAction.TICKET_CHANGE, f"ticket:{ticket.pk}", allow(f"system:{actor.process}"), change="conflict",
        ours=ours, theirs=told.state,
    )  # fmt: skip
    _tell(mirror, ticket, event, (event.pk,))
    return "conflict"


def _tell_again(mirror: TicketMirror, ticket: RemediationTicket) -> str:
    """We have moved, and they have not heard of it: once for each entry of the history, since it may have been lost."""
    if mirroring.is_on_its_way(mirror):
        return "ours"
    newest = TicketEvent.objects.filter(ticket=ticket).order_by("-pk").first()
    if newest is None:
        return "ours"
    _tell(mirror, ticket, newest, ("again", newest.pk))
    return "told_again"


def _tell(mirror: TicketMirror, ticket: RemediationTicket, event: TicketEvent, key: tuple[object, ...]) -> None:
    tell_ticket(
        mirror.destination, kind=DeliveryKind.TICKET_CHANGED, key=key, ticket_id=ticket.pk, event_id=event.pk,
        payload={"ticket": str(ticket.pk), "number": ticket.number, "state": str(ticket.state), "event": event.kind},
    )  # fmt: skip


def _pause(actor: SystemActor, mirror: TicketMirror, ticket: RemediationTicket, because: str = "loop") -> str:
    """Stop: two machines answer each other, or the ticket is gone over there. The history says so."""
    mirroring.pause(mirror, because)
    ticketing.add_event(ticket, "mirror_paused", actor.key, origin=str(mirror.destination_id), because=because)
    record(
        actor, AuditAction.TICKET_CHANGE, f"ticket:{ticket.pk}", allow(f"system:{actor.process}"),
        change="mirror_paused", because=because, destination=mirror.destination_id,
    )  # fmt: skip
    return because


def resume_mirror(actor: Actor, *, mirror_id: UUID) -> Done | Refusal:
    """Let changes go both ways again, after somebody has looked at why they did not."""
    with transaction.atomic():
        mirror = (
            TicketMirror.objects.select_for_update(of=("self",)).select_related("destination", "tenant")
            .filter(pk=mirror_id).first()
        )  # fmt: skip
        decision = permissions.decide(actor, Action.REPLAY_DELIVERY, on=mirror.tenant if mirror else None)
        if decision.allowed and mirror is None:
            decision = refuse("unknown")
        if mirror is not None and decision.allowed and not mirror.is_paused:
            decision = refuse("not_paused")
        record(actor, AuditAction.DESTINATION_CHANGE, f"ticket_mirror:{mirror_id}", decision, change="resume")
        if mirror is None or not decision.allowed:
            return Refusal(decision.basis)
        mirror.is_paused, mirror.paused_because, mirror.changes = False, "", 0
        mirror.counted_since, mirror.compared_at = timezone.now(), None
        mirror.save()
        note_work(mirror.tenant_id, MIRRORS)
        nudge_on_commit(mirroring.RECONCILE_TASK, mirror.tenant_id)
    return Done(mirror_id)


# The reconciler -----------------------------------------------------------------------------------------------------


def sweep_mirrors() -> int:
    """Compare whatever is due, tenant by tenant; how many tickets were looked at."""
    with transaction.atomic(durable=True):
        due = due_work(MIRRORS)
    return sum(reconcile_mirrors(work.tenant_id, work.note_ids) for work in due)


def reconcile_mirrors(tenant_id: UUID, note_ids: tuple[int, ...] | None = None) -> int:
    """One tenant's turn: ask how its tickets stand over there, and let each side follow the other."""
    actor = system_actor(tenant_id, "mirrors")
    if note_ids is None:
        with transaction.atomic(durable=True):
            note_ids = next((work.note_ids for work in due_work(MIRRORS) if work.tenant_id == tenant_id), ())
    looked, ends_at = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at and (looks := _take(actor, tenant_id)):
        with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="mirror") as pool:
            for look, found in zip(looks, pool.map(_ask, looks), strict=True):
                looked += 1
                if not isinstance(found, str):
                    _settle(actor, look, found)
    with acting_as(actor, durable=True):
        due_at = mirroring.next_comparison(tenant_id, COMPARABLE, float(settings.CASEWARD_MIRROR_COMPARE_SECONDS))
        if due_at is not None:
            note_work(tenant_id, MIRRORS, due_at)
        clear_work(note_ids)
    return looked


def _take(actor: SystemActor, tenant_id: UUID) -> list[Look]:
    looks = []
    with acting_as(actor, durable=True):
        for mirror in mirroring.take_due(tenant_id, COMPARABLE, float(settings.CASEWARD_MIRROR_COMPARE_SECONDS)):
            connector, destination = CONNECTORS[mirror.destination.kind], mirror.destination
            try:
                secrets = live_secrets(destination.pk, SecretUse.OUTGOING)
            except SecretUnavailable:
                log.error("destination_secret_unavailable", destination=str(destination.pk))
                continue
            if isinstance(connector, ComparableConnector):
                seconds = float(min(60, settings.CASEWARD_DELIVERY_TIMEOUT_SECONDS))
                target = Target(destination.settings, secrets, mirror.external_id, seconds)
                looks.append(Look(mirror.pk, connector, target))
    return looks


def _ask(look: Look) -> ExternalTicket | str | None:
    """How the ticket stands over there, outside any transaction; a code where that cannot be learnt now."""
    try:
        return look.connector.fetch(look.target)
    except OutgoingFault as fault:
        return str(fault.code.value)
    except NotAccepted as answer:
        return answer.code
    except Exception as error:  # one connector's mistake holds up no other ticket
        log.error("comparison_fault", mirror=str(look.mirror_id), error=type(error).__name__)
        return "fault"


def _settle(actor: SystemActor, look: Look, found: ExternalTicket | None) -> None:
    with acting_as(actor, durable=True):
        mirror = lock_mirror(pk=look.mirror_id)
        if mirror is None or mirror.is_paused:
            return
        if found is not None:
            take_in(actor, mirror, found, is_asked=True)
            return
        _pause(actor, mirror, ticketing.lock_ticket(mirror.ticket_id), because="gone_there")
        mirror.save()


def lock_mirror(**conditions: object) -> TicketMirror | None:
    """One mirror, locked, with its destination."""
    rows = TicketMirror.objects.select_for_update(of=("self",)).select_related("destination")
    return rows.filter(**conditions).first()
