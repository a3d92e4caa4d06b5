"""How remediation goes, for the start page: what is open, what is late, how long it takes, and what comes back."""

from datetime import timedelta

from django.utils import timezone
from django.utils.html import format_html

from hub.escalation.queries import AGES, RemediationFigures, remediation_figures
from tenants.actors import Actor

from .doors import tenant_of
from .panels import Figure, Panel, list_url


def remediation_parts(actor: Actor) -> tuple[list[Figure], list[Panel]]:
    """Figures and panels over the tickets that the actor sees."""
    figures = remediation_figures(tenant_of(actor), timezone.now())
    url = list_url("escalation", "remediationticket")
    return (
        [
            Figure("Tickets overdue", figures.overdue, f"{url}?standing=overdue", True),
            Figure("Tickets at risk", figures.at_risk, f"{url}?standing=risk"),
        ],
        [_by_severity(figures, url), _how_it_goes(figures)],
    )


def _by_severity(figures: RemediationFigures, url: str) -> Panel:
    rows = tuple(
        (
            format_html('<a href="{}?standing=open&severity={}" class="text-link">{}</a>', url, label or "none",
                        label.capitalize() or "Not stated"),
            *counts,
            sum(counts),
        )
        for label, counts in figures.by_severity.items()
    )  # fmt: skip
    return Panel(
        "Open remediation tickets",
        "By severity, and by how long ago they were opened.",
        ("Severity", *(words.capitalize() for words, _ in AGES), "All"),
        rows,
        "No ticket is open.",
        f"{url}?standing=open",
    )


def _how_it_goes(figures: RemediationFigures) -> Panel:
    rows: list[tuple[object, object]] = [
        (f"Mean time to remediation{f', {label}' if label else ', severity not stated'}", in_words(mean))
        for label, mean in figures.mean_time_by_severity.items()
    ]
    if figures.mean_time is not None:
        rows.insert(0, (f"Mean time to remediation, all {figures.resolved}", in_words(figures.mean_time)))
    if figures.recurrence is not None:
        rows.append(
            ("Recurrence after closing", f"{figures.recurrence:.0%}: {figures.recurred} of {figures.closed} came back")
        )
    return Panel(
        "How remediation goes",
        "Over the last 90 days: from a ticket's opening until it was done, and which patterns came back after that.",
        ("What", "How long, how often"),
        tuple(rows),
        "No ticket was done in this time.",
    )


def in_words(length: timedelta) -> str:
    """`3 days 4 hours`, `5 hours`, `12 minutes`."""
    minutes = int(length.total_seconds()) // 60
    days, hours = minutes // 1440, minutes % 1440 // 60
    counted = [(days, "day"), (hours, "hour")] if minutes >= 60 else [(minutes, "minute")]
    parts = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in counted if number]
    return " ".join(parts) or "less than a minute"
