"""Working on remediation tickets: open by hand, take up, hand over, comment, resolve; each step is on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import queries as catalog
from hub.escalation.conditions import SEVERITIES
from hub.escalation.models import RemediationTicket, TicketCase, TicketEvent, TicketState, Trigger, TriggerKind
from hub.escalation.outbox.models import Destination
from hub.escalation.outbox.queueing import DELIVER_TASK
from hub.escalation.services import noticing, ticketing
from hub.escalation.services.noticing import ESCALATION, RUN_TASK
from tenants import permissions
from tenants.actors import Actor, system_actor
from tenants.decisions import allow, refuse
from tenants.models import Membership
from tenants.roles import Action
from tenants.scoping import acting_as
from tenants.work import note_work

from .nudging import nudge_on_commit
from .outcomes import Done, Invalid, Refusal

LONGEST_NOTE = 2_000


def open_ticket(
    actor: Actor,
    *,
    team_id: UUID,
    title: str,
    case_ids: Sequence[UUID],
    severity: str = "",
    due_at: datetime | None = None,
) -> Done | Refusal | Invalid:
    """Open a ticket by hand about cases of one team."""
    decision = permissions.decide(actor, Action.WORK_TICKET, on=team_id)
    cases = [catalog.find_case(case_id) for case_id in dict.fromkeys(case_ids)]
    if decision.allowed and not all(case is not None and case.team_id == team_id for case in cases):
        decision = refuse("not_available")
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.TICKET_OPEN, f"team:{team_id}", decision)
        return Refusal(decision.basis)
    if not title.strip() or len(title) > 200 or "\0" in title:
        return Invalid.because("title", "Say in 1 to 200 characters what is to be done.")
    if severity not in SEVERITIES:
        return Invalid.because("severity", f"Use one of {', '.join(SEVERITIES[1:])}.")
    if not cases or len(cases) > 100:
        return Invalid.because("caseIds", "Name 1 to 100 cases.")
    with transaction.atomic():
        ticket = ticketing.open_ticket(
            tenant_id=actor.tenant_id, team_id=team_id, title=title.strip(), actor=actor.person_key,
            at=timezone.now(), case_ids=[case.pk for case in cases if case], severity_label=severity, due_at=due_at,
        )  # fmt: skip
        if due_at is not None:
            note_work(actor.tenant_id, ESCALATION, due_at)
        record(actor, AuditAction.TICKET_OPEN, f"ticket:{ticket.pk}", decision, number=ticket.number)
        nudge_on_commit(DELIVER_TASK, actor.tenant_id)
    return Done(ticket.pk, {"number": str(ticket.number)})


def change_ticket(
    actor: Actor,
    *,
    ticket_id: UUID,
    state: str | None = None,
    owner_id: UUID | None = None,
    due_at: datetime | None = None,
    note: str = "",
    origin: Destination | None = None,
) -> Done | Refusal | Invalid:
    """Move a ticket on, hand it to somebody, set its date, or comment; only what is given changes.

    `origin` is the mirror that a change came from; it is told to every other one.
    """
    ticket = RemediationTicket.objects.filter(pk=ticket_id, tenant_id=_tenant(actor)).first()
    decision = permissions.decide(actor, Action.WORK_TICKET, on=ticket.team_id) if ticket else refuse("unknown")
    if ticket is None or not decision.allowed:
        record(actor, AuditAction.TICKET_CHANGE, f"ticket:{ticket_id}", decision)
        return Refusal(decision.basis)
    if state is not None and state not in TicketState.values:
        return Invalid.because("state", f"Use one of {', '.join(TicketState.values)}.")
    if len(note) > LONGEST_NOTE or "\0" in note:
        return Invalid.because("note", f"Use up to {LONGEST_NOTE} characters.")
    if owner_id is not None and not Membership.objects.filter(tenant_id=_tenant(actor), user_id=owner_id).exists():
        return Invalid.because("ownerId", "Name somebody of this organisation.")
    with transaction.atomic():
        ticket = ticketing.lock_ticket(ticket_id)
        now = timezone.now()
        detail: dict[str, str] = {}
        if state is not None and state != ticket.state:
            detail |= {"from": str(ticket.state), "to": state}
            ticketing.set_state(ticket, TicketState(state), now)
        if owner_id is not None and f"user:{owner_id}" != ticket.owner:
            ticket.owner = f"user:{owner_id}"
            detail["owner"] = ticket.owner
        if due_at is not None and due_at != ticket.due_at:
            ticket.due_at, ticket.breached_at = due_at, None
            detail["due_at"] = due_at.isoformat()
            note_work(ticket.tenant_id, ESCALATION, due_at)
        if not detail and not note.strip():
            return Done(ticket.pk)
        ticket.save()
        kind = "changed" if detail else "commented"
        if origin is not None:
            detail["origin"] = str(origin.pk)
        event = ticketing.add_event(
            ticket, kind, actor.person_key, at=now, note=note.strip(), origin_id=origin.pk if origin else None, **detail
        )
        nudge_on_commit(DELIVER_TASK, ticket.tenant_id)
        if "to" in detail:
            _notice_change(ticket, now)
        record(actor, AuditAction.TICKET_CHANGE, f"ticket:{ticket.pk}", decision, change=kind, to=detail.get("to"))
    return Done(ticket.pk, {"event": str(event.pk)})


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as it is shown, with the cases and the history that the actor may see."""

    ticket_id: UUID
    number: int
    title: str
    state: str
    severity: str
    owner: str
    opened_at: datetime
    respond_by: datetime | None
    due_at: datetime | None
    is_overdue: bool
    case_ids: tuple[UUID, ...]
    history: tuple[tuple[str, str, datetime, str], ...]


def view_ticket(actor: Actor, ticket_id: UUID) -> TicketView | Refusal:
    """One ticket, for its team and those who govern."""
    ticket = RemediationTicket.objects.filter(pk=ticket_id, tenant_id=_tenant(actor)).first()
    decision = permissions.decide(actor, Action.VIEW_TICKETS, on=ticket.team_id) if ticket else refuse("unknown")
    record(actor, AuditAction.TICKET_READ, f"ticket:{ticket_id}", decision)
    return _views([ticket])[0] if ticket is not None and decision.allowed else Refusal(decision.basis)


def list_tickets(actor: Actor, *, states: Sequence[str] = (), first: int = 50) -> list[TicketView] | Refusal:
    """The newest tickets that the actor may see."""
    role = actor.role_anywhere(Action.VIEW_TICKETS)
    allowed = role is not None and actor.in_scope(Action.VIEW_TICKETS) and actor.tenant_id is not None
    decision = allow(f"role:{role.value}") if allowed and role else refuse("no_role")
    rows: list[RemediationTicket] = []
    if decision.allowed:
        tickets = RemediationTicket.objects.filter(tenant_id=_tenant(actor))
        if states:
            tickets = tickets.filter(state__in=states)
        rows = list(tickets.order_by("-number")[:first])
    record(actor, AuditAction.TICKET_LIST, f"tenant:{actor.tenant_id}", decision, count=len(rows))
    return _views(rows) if decision.allowed else Refusal(decision.basis)


def _views(rows: list[RemediationTicket]) -> list[TicketView]:
    """Tickets with their cases and histories, in two statements more."""
    cases: dict[UUID, list[UUID]] = {}
    for ticket_id, case_id in (
        TicketCase.objects.filter(ticket__in=rows).order_by("linked_at", "pk").values_list("ticket_id", "case_id")
    ):
        cases.setdefault(ticket_id, []).append(case_id)
    history: dict[UUID, list[tuple[str, str, datetime, str]]] = {}
    for event in TicketEvent.objects.filter(ticket__in=rows).order_by("pk"):
        history.setdefault(event.ticket_id, []).append((event.kind, event.actor, event.occurred_at, event.note))
    return [
        TicketView(
            ticket_id=row.pk, number=row.number, title=row.title, state=str(row.state), severity=row.severity_label,
            owner=row.owner, opened_at=row.opened_at, respond_by=row.respond_by, due_at=row.due_at,
            is_overdue=row.breached_at is not None, case_ids=tuple(cases.get(row.pk, ())),
            history=tuple(history.get(row.pk, ())),
        )
        for row in rows
    ]  # fmt: skip


def _notice_change(ticket: RemediationTicket, at: datetime) -> None:
    """Rules learn of it at its place in the log."""
    with acting_as(system_actor(ticket.tenant_id, ESCALATION)):
        case_ids: list[Any] = list(ticket.links.order_by("linked_at", "pk").values_list("case_id", flat=True)[:1])
        noticing.notice(ticket.tenant_id, case_ids, TriggerKind.TICKET_CHANGED, depth=1)
        told = {"id": str(ticket.pk), "policy": str(ticket.policy_id), "cluster": ticket.cluster, "state": ticket.state}
        newest = Trigger.objects.filter(kind=TriggerKind.TICKET_CHANGED, case_id__in=case_ids).order_by("-pk").first()
        if newest is not None:
            newest.facts = {**newest.facts, "ticket": told}
            newest.occurred_at = at
            newest.save(update_fields=["facts", "occurred_at"])
    nudge_on_commit(RUN_TASK, ticket.tenant_id)


def _tenant(actor: Actor) -> UUID:
    """The actor's tenant; who has none names one that does not exist."""
    return actor.tenant_id or UUID(int=0)
