"""What of the outbox is past its time: for whoever deletes what is due, and for nobody else."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from .mirroring import REPLAY_WINDOW
from .models import Delivery, DeliveryState, InboundMessage

# Messages from outside are known by their rows; one may only go when its repetition would be refused as too old.
LEAST_KEPT = REPLAY_WINDOW + timedelta(days=1)


def delivered_before(tenant_id: UUID, moment: datetime) -> QuerySet[Delivery]:
    """Deliveries that were taken before a moment, oldest first. `case_id` says which case a body is about, if any.

    Nothing is sent again for want of such a row: what it was for is remembered by its ticket, match or mirror. What is
    pending or a dead letter is not among them.
    """
    return Delivery.objects.filter(
        tenant_id=tenant_id, state=DeliveryState.DELIVERED, delivered_at__lt=moment
    ).order_by("delivered_at", "pk")  # fmt: skip


def dead_before(tenant_id: UUID, moment: datetime) -> QuerySet[Delivery]:
    """Dead letters that were queued before a moment and that nobody has replayed, oldest first."""
    return Delivery.objects.filter(tenant_id=tenant_id, state=DeliveryState.DEAD, created_at__lt=moment).order_by(
        "created_at", "pk"
    )


def received_before(tenant_id: UUID, moment: datetime) -> QuerySet[InboundMessage]:
    """Messages from outside that came before a moment, at least four days ago, oldest first."""
    latest = min(moment, timezone.now() - LEAST_KEPT)
    return InboundMessage.objects.filter(tenant_id=tenant_id, received_at__lt=latest).order_by("received_at", "pk")


def forget_deliveries(delivery_ids: Collection[UUID]) -> int:
    """Delete settled deliveries with their bodies; what is still to be sent stays. How many there were."""
    settled = Delivery.objects.filter(pk__in=list(delivery_ids)).exclude(state=DeliveryState.PENDING)
    return settled.delete()[0]


def forget_messages(message_ids: Collection[UUID]) -> int:
    """Delete messages from outside; how many there were."""
    return InboundMessage.objects.filter(pk__in=list(message_ids)).delete()[0]
