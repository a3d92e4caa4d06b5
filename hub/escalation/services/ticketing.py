"""Opens remediation tickets and moves them on; each step adds to the history."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from tenants.identifiers import new_id

from ..models import RemediationTicket, TicketCase, TicketEvent, TicketState
from .noticing import hold_escalation
from .telling import tell_mirrors

DONE = (TicketState.RESOLVED, TicketState.CLOSED)


def open_ticket(
    *, tenant_id: UUID, team_id: UUID, title: str, actor: str, at: datetime, case_ids: Iterable[UUID], **terms: Any
) -> RemediationTicket:
    """A new ticket about these cases, under the next number of the tenant."""
    hold_escalation(tenant_id)
    last = RemediationTicket.objects.filter(tenant_id=tenant_id).aggregate(last=Max("number"))["last"] or 0
    ticket = RemediationTicket(
        id=new_id(),
        tenant_id=tenant_id,
        team_id=team_id,
        number=last + 1,
        title=title,
        opened_by=actor,
        opened_at=at,
        **terms,
    )
    ticket.save(force_insert=True)
    for case_id in case_ids:
        link_case(ticket, case_id, at)
    add_event(ticket, "opened", actor, at=at)
    return ticket


def link_case(ticket: RemediationTicket, case_id: UUID, at: datetime) -> None:
    """Say that the ticket is about this case too; saying so twice changes nothing."""
    row = TicketCase(id=new_id(), tenant_id=ticket.tenant_id, ticket_id=ticket.pk, case_id=case_id, linked_at=at)
    TicketCase.objects.bulk_create([row], ignore_conflicts=True)


def add_event(
    ticket: RemediationTicket,
    kind: str,
    actor: str,
    *,
    at: datetime | None = None,
    note: str = "",
    origin_id: UUID | None = None,
    **detail: Any,
) -> TicketEvent:
    """One entry of the history; mirrors are told of it, apart from the destination `origin_id` that it came from."""
    event = TicketEvent(
        id=new_id(),
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.pk,
        kind=kind,
        actor=actor,
        occurred_at=at or timezone.now(),
        note=note,
        detail=detail,
    )
    TicketEvent.objects.bulk_create([event])
    tell_mirrors(ticket, event, origin_id=origin_id)
    return event


def set_state(ticket: RemediationTicket, state: TicketState, at: datetime) -> None:
    """Move a locked ticket on and let its clocks follow: they stop when it is done and stand while it waits."""
    if ticket.waiting_since is not None and state != TicketState.WAITING:
        if ticket.due_at is not None:
            ticket.due_at += at - ticket.waiting_since
        ticket.waiting_since = None
    if state == TicketState.WAITING and ticket.waiting_since is None:
        ticket.waiting_since = at
    if state != TicketState.OPEN and ticket.responded_at is None:
        ticket.responded_at = at
    if state in DONE:
        ticket.resolved_at = ticket.resolved_at or at
    elif ticket.resolved_at is not None:
        ticket.resolved_at = None
        ticket.reopened_times += 1
    ticket.state = state


def lock_ticket(ticket_id: UUID) -> RemediationTicket:
    """The ticket's row, locked."""
    return RemediationTicket.objects.select_for_update().get(pk=ticket_id)
