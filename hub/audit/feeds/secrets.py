"""A feed's signing secrets: sealed in their rows, two at a time while one is being replaced."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from hub.outgoing.sealing import seal, unseal
from tenants.identifiers import new_id

from .models import Feed, FeedSecret

# How long a replaced secret goes on signing beside the new one.
OVERLAP = timedelta(hours=24)


def set_secret(feed: Feed, secret: str, *, by: str) -> None:
    """Make this the present secret; the former one goes on for a day."""
    own = FeedSecret.objects.filter(feed=feed)
    own.filter(ends_at__lt=timezone.now()).delete()
    own.filter(ends_at=None).update(ends_at=timezone.now() + OVERLAP)
    secret_id = new_id()
    sealed = seal(secret, _place(feed.pk, secret_id))
    FeedSecret.objects.bulk_create(
        [FeedSecret(id=secret_id, tenant_id=feed.tenant_id, feed=feed, sealed=sealed, set_by=by)]
    )
    Feed.objects.filter(pk=feed.pk).update(secret_set_at=timezone.now())


def live_secrets(feed_id: UUID) -> tuple[str, ...]:
    """The secrets that sign now, the newest first; raises sealing.SecretUnavailable."""
    rows = FeedSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), feed_id=feed_id)
    return tuple(unseal(row.sealed, _place(feed_id, row.pk)) for row in rows.order_by("-created_at", "-pk"))


def _place(feed_id: UUID, secret_id: UUID) -> str:
    return f"feed:{feed_id}:signing:{secret_id}"
