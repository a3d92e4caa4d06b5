"""Clocks of tickets that have run out: said once each, in the log that rules look at."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min
from django.utils import timezone

from hub.escalation.models import RemediationTicket, TicketState, TriggerKind
from hub.escalation.services import noticing, ticketing
from hub.escalation.services.noticing import ESCALATION
from tenants.actors import SystemActor
from tenants.work import note_work


def breach_clocks(actor: SystemActor, tenant_id: UUID) -> int:
    """Say of clocks that have run out that they have, once each; rules may look at that."""
    now, tickets = timezone.now(), RemediationTicket.objects.filter(tenant_id=tenant_id)
    unanswered = tickets.filter(
        respond_by__lte=now, responded_at__isnull=True, response_breached_at__isnull=True, state=TicketState.OPEN
    )
    unresolved = tickets.filter(
        due_at__lte=now, breached_at__isnull=True, waiting_since__isnull=True,
        state__in=[TicketState.OPEN, TicketState.IN_PROGRESS],
    )  # fmt: skip
    count = 0
    for column, clock, overdue in (
        ("response_breached_at", "to be taken up", unanswered), ("breached_at", "to be done", unresolved),
    ):  # fmt: skip
        for ticket in overdue.select_for_update().order_by("pk"):
            setattr(ticket, column, now)
            ticket.save(update_fields=[column])
            ticketing.add_event(ticket, "overdue", actor.key, at=now, clock=clock)
            cases = list(ticket.links.order_by("pk").values_list("case_id", flat=True))
            noticing.notice(ticket.tenant_id, cases, TriggerKind.SLA_BREACHED, depth=1)
            count += 1
    _note_next_clock(tenant_id, now)
    return count


def _note_next_clock(tenant_id: UUID, now: datetime) -> None:
    """Have somebody look again when the next clock runs out."""
    soon = now + timedelta(days=30)
    under_way = RemediationTicket.objects.filter(tenant_id=tenant_id).exclude(state__in=ticketing.DONE)
    upcoming = [
        under_way.filter(due_at__gt=now, due_at__lte=soon, breached_at__isnull=True).aggregate(at=Min("due_at"))["at"],
        under_way.filter(respond_by__gt=now, respond_by__lte=soon, responded_at__isnull=True).aggregate(
            at=Min("respond_by")
        )["at"],
    ]
    nearest = min((moment for moment in upcoming if moment is not None), default=None)
    if nearest is not None:
        note_work(tenant_id, ESCALATION, nearest)
