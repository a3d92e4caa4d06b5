"""What waits for an officer in retention: dry runs that nobody has confirmed, holds to be looked at again."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from hub.retention.models import DispositionRun, HoldState, LegalHold, RunState

from .panels import Figure, Panel, link_to, list_url, moment
from .people import name_of

SOON = timedelta(days=14)
LISTED = 8


def retention_hints(tenant_id: UUID, person_key: str) -> tuple[list[Figure], Panel]:
    """Two numbers for the top of the start page, and the rows behind them."""
    waiting = (
        DispositionRun.objects.filter(tenant_id=tenant_id, state=RunState.LISTED, due_count__gt=0)
        .annotate(listed_by_name=name_of("listed_by"))
        .order_by("listed_at")
    )
    holds = LegalHold.objects.filter(tenant_id=tenant_id).exclude(state=HoldState.RELEASED)
    today = timezone.localdate()
    due = holds.filter(review_on__lte=today + SOON).order_by("review_on")
    proposed = holds.filter(state=HoldState.RELEASE_PROPOSED).order_by("release_proposed_at")
    figures = [
        Figure(
            "Dry runs to confirm", waiting.count(),
            list_url("retention", "dispositionrun") + f"?state={RunState.LISTED}",
        ),
        Figure(
            "Holds to review", due.count(), list_url("retention", "legalhold"),
            is_urgent=due.filter(review_on__lt=today).exists(),
        ),
    ]  # fmt: skip
    rows = [
        (
            link_to("retention", "dispositionrun", run.pk, f"Dry run: {run.due_count} due"),
            f"listed by {run.listed_by_name}",
            moment(run.listed_at),
        )
        for run in waiting[:LISTED]
    ]
    rows += [
        (
            link_to("retention", "legalhold", hold.pk, "Release of a hold"),
            "yours: a colleague decides" if hold.release_proposed_by == person_key else "waits for your decision",
            moment(hold.release_proposed_at),
        )
        for hold in proposed[:LISTED]
    ]
    rows += [
        (
            link_to("retention", "legalhold", hold.pk, f"Hold of {hold.authority}"),
            "overdue for review" if hold.review_on < today else "to be reviewed",
            f"{hold.review_on:%d %b %Y}",
        )
        for hold in due[:LISTED]
    ]
    return figures, Panel(
        "Retention",
        "Nothing is deleted under a rule before somebody has confirmed a dry run of it. A hold stands until two people "
        "release it; its review date asks whether it is still needed.",
        ("What", "How it stands", "Date"),
        tuple(rows),
        "Nothing waits.",
    )
