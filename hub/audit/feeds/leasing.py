"""Hands out feeds that are due under a lease, and keeps how far each is: kill its holder anywhere, nothing is lost."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from .models import Feed, FeedState
from .reading import Batch

# Longer than any request may take; what a killed worker held is taken up by another then.
LEASE = timedelta(seconds=90)


def due_feeds(tenant_id: UUID) -> list[UUID]:
    """Feeds that something may be sent to now, if there is anything."""
    return list(_due().filter(tenant_id=tenant_id).order_by("next_attempt_at", "pk").values_list("pk", flat=True))


def lock_due(feed_id: UUID) -> Feed | None:
    """The feed, locked, while it is due; who holds it already is not waited for."""
    return _due().select_for_update(skip_locked=True, of=("self",)).select_related("tenant").filter(pk=feed_id).first()


def lease(feed: Feed, worker: str, batch: Batch | None) -> None:
    """Take the feed for one attempt: of a batch, or, without one, of a test."""
    feed.leased_by = worker
    values = {"leased_by": worker, "leased_until": Now() + LEASE}
    if batch is not None:
        feed.attempts += 1
        values |= {"sending_to": batch.end, "attempts": feed.attempts}
    Feed.objects.filter(pk=feed.pk).update(**values)


def pass_over(feed: Feed, batch: Batch) -> None:
    """Move on over a stretch of the log in which nothing is the tenant's."""
    Feed.objects.filter(pk=feed.pk).update(position=batch.end)
    feed.position = batch.end


def hold_back(feed: Feed, seconds: float, reason: str) -> None:
    """Look again later, for a reason that is not the receiver's."""
    Feed.objects.filter(pk=feed.pk).update(reason=reason, next_attempt_at=Now() + timedelta(seconds=seconds))


def lock_leased(feed_id: UUID, worker: str) -> Feed | None:
    """The feed, locked, if it is still this lease's."""
    return Feed.objects.select_for_update(of=("self",)).filter(pk=feed_id, leased_by=worker).first()


def store_delivered(feed: Feed, items: int, status: int | None) -> None:
    """The batch was taken: the next one begins where it ended."""
    Feed.objects.filter(pk=feed.pk).update(
        position=F("sending_to"), sending_to=None, attempts=0, reason="", response_status=status, delivered_at=Now(),
        delivered_items=F("delivered_items") + items, next_attempt_at=Now(), leased_by="", leased_until=None,
    )  # fmt: skip


def store_failed(feed: Feed, reason: str, status: int | None, wait_seconds: float) -> None:
    """The batch was not taken: the same one comes again after the wait."""
    Feed.objects.filter(pk=feed.pk).update(
        reason=reason[:60], response_status=status, next_attempt_at=Now() + timedelta(seconds=wait_seconds),
        leased_by="", leased_until=None,
    )  # fmt: skip


def store_tested(feed: Feed, reason: str) -> None:
    """How a test has ended; the feed itself stands where it stood."""
    Feed.objects.filter(pk=feed.pk).update(
        test_wanted_at=None, tested_at=Now(), test_reason=reason[:60], leased_by="", leased_until=None
    )


def has_feeds(tenant_id: UUID) -> bool:
    """Whether somebody has to look again."""
    standing = Q(state=FeedState.ACTIVE) | Q(test_wanted_at__isnull=False)
    return Feed.objects.filter(standing, tenant_id=tenant_id).exclude(state=FeedState.DISABLED).exists()


def _due() -> QuerySet[Feed]:
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    is_sending = Q(state=FeedState.ACTIVE, next_attempt_at__lte=Now())
    is_tested = Q(test_wanted_at__isnull=False) & ~Q(state=FeedState.DISABLED)
    return Feed.objects.filter(is_free, is_sending | is_tested)
