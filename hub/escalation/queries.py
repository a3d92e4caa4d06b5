"""Reads tickets as those who govern look at them: which are at risk, and how remediation goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet

from .clocks import AT_RISK
from .conditions import SEVERITIES
from .models import RemediationTicket, TicketState

UNDER_WAY = (TicketState.OPEN, TicketState.IN_PROGRESS, TicketState.WAITING)
# Ages of open tickets: up to so many days, and older.
AGES: tuple[tuple[str, int | None], ...] = (
    ("up to 2 days", 2), ("up to 7 days", 7), ("up to 30 days", 30), ("older", None),
)  # fmt: skip
LOOKED_BACK = timedelta(days=90)


def tickets_of(tenant_id: UUID) -> QuerySet[RemediationTicket]:
    """The tickets of a tenant that the actor sees."""
    return RemediationTicket.objects.filter(tenant_id=tenant_id)


def open_tickets() -> Q:
    """Tickets that somebody has still to work on."""
    return Q(state__in=UNDER_WAY)


def overdue_at(now: datetime) -> Q:
    """Tickets of which a clock has run out."""
    unanswered = Q(respond_by__lte=now, responded_at__isnull=True, state=TicketState.OPEN)
    unresolved = Q(due_at__lte=now, waiting_since__isnull=True, state__in=[TicketState.OPEN, TicketState.IN_PROGRESS])
    return unanswered | unresolved


def at_risk_at(now: datetime) -> Q:
    """Tickets of which a clock runs out soon and none has."""
    soon = now + AT_RISK
    unanswered = Q(respond_by__gt=now, respond_by__lte=soon, responded_at__isnull=True, state=TicketState.OPEN)
    unresolved = Q(
        due_at__gt=now, due_at__lte=soon, waiting_since__isnull=True,
        state__in=[TicketState.OPEN, TicketState.IN_PROGRESS],
    )  # fmt: skip
    return (unanswered | unresolved) & ~overdue_at(now)


@dataclass(frozen=True, slots=True)
class RemediationFigures:
    """How remediation goes: what is open, what is late, how long it took, and what came back."""

    open: int = 0
    at_risk: int = 0
    overdue: int = 0
    # Open tickets by severity ('' where none is stated), each by age in the order of AGES.
    by_severity: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    # Of the last 90 days: tickets that were done, from opening to that on the average, by severity.
    resolved: int = 0
    mean_time: timedelta | None = None
    mean_time_by_severity: Mapping[str, timedelta] = field(default_factory=dict)
    # Of the tickets that were ever done, opened in the last 90 days: how many, and how many of them came back.
    closed: int = 0
    recurred: int = 0

    @property
    def recurrence(self) -> float | None:
        """The share of what was closed that came back."""
        return self.recurred / self.closed if self.closed else None


def remediation_figures(tenant_id: UUID, now: datetime) -> RemediationFigures:
    """The figures of a tenant, as far as the actor sees its tickets; in five statements, whatever there is."""
    tickets = tickets_of(tenant_id)
    under_way = tickets.filter(open_tickets())
    counts = under_way.aggregate(
        open=Count("pk"), overdue=Count("pk", filter=overdue_at(now)), at_risk=Count("pk", filter=at_risk_at(now))
    )
    took = ExpressionWrapper(F("resolved_at") - F("opened_at"), output_field=DurationField())
    done = tickets.filter(resolved_at__gt=now - LOOKED_BACK)
    mean_times = {
        row["severity_label"]: (row["number"], row["mean"])
        for row in done.values("severity_label").annotate(number=Count("pk"), mean=Avg(took)).order_by()
    }
    resolved = sum(number for number, _ in mean_times.values())
    whole = sum((mean * number for number, mean in mean_times.values()), timedelta())
    closed = tickets.filter(opened_at__gt=now - LOOKED_BACK).aggregate(
        closed=Count("pk", filter=Q(resolved_at__isnull=False) | Q(reopened_times__gt=0)),
        recurred=Count("pk", filter=Q(reopened_times__gt=0)),
    )
    return RemediationFigures(
        **counts,
        by_severity=_by_severity(under_way, now),
        resolved=resolved,
        mean_time=whole / resolved if resolved else None,
        mean_time_by_severity={label: mean for label, (_, mean) in mean_times.items()},
        **closed,
    )


def _by_severity(under_way: QuerySet[RemediationTicket], now: datetime) -> dict[str, tuple[int, ...]]:
    younger = timedelta(0)
    columns = {}
    for place, (_, days) in enumerate(AGES):
        aged = Q(opened_at__lte=now - younger) if place else Q()
        if days is not None:
            younger = timedelta(days=days)
            aged &= Q(opened_at__gt=now - younger)
        columns[f"age_{place}"] = Count("pk", filter=aged)
    counted = under_way.values("severity_label").annotate(**columns).order_by().values_list("severity_label", *columns)
    rows = {label: tuple(counts) for label, *counts in counted}
    return {label: rows[label] for label in reversed(SEVERITIES) if label in rows}
