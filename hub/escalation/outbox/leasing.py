"""Hands out due deliveries under a lease, a few per destination, and keeps each destination's breaker."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from .models import Delivery, DeliveryKind, DeliveryState, Destination, DestinationState

# Longer than any request may take; what a killed worker held is taken up by another then.
LEASE = timedelta(seconds=90)
# How many requests one destination gets at a time, from all workers together.
AT_ONCE = 4
BREAKER_FAILURES = 8
BREAKER_FIRST = timedelta(seconds=15)
BREAKER_LONGEST = timedelta(minutes=10)

_FREE = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())

# What a destination is told of a ticket, it is told in order: an older state never arrives after a newer one.
_OF_TICKETS = "ticket."
_EARLIER_OF_TICKET = Delivery.objects.filter(
    Q(created_at__lt=OuterRef("created_at")) | Q(created_at=OuterRef("created_at"), pk__lt=OuterRef("pk")),
    tenant_id=OuterRef("tenant_id"), destination_id=OuterRef("destination_id"), ticket_id=OuterRef("ticket_id"),
    kind__startswith=_OF_TICKETS, state=DeliveryState.PENDING,
)  # fmt: skip


def due_destinations(tenant_id: UUID) -> list[UUID]:
    """Destinations with something that is due."""
    due = Delivery.objects.filter(_FREE, tenant_id=tenant_id, state=DeliveryState.PENDING, next_attempt_at__lte=Now())
    return list(due.order_by("destination_id").values_list("destination_id", flat=True).distinct())


def lease_due(destination_id: UUID, worker: str) -> tuple[Destination | None, list[Delivery]]:
    """Take what may be sent to a destination now, and count an attempt for each.

    Who holds the destination's row is leasing for it, and is not waited for. While its breaker is open nothing is
    taken, and no attempt is lost; then one message tries. A destination that waits for its second person gets tests
    alone.
    """
    destination = (
        Destination.objects.select_for_update(skip_locked=True)
        .exclude(state=DestinationState.DISABLED)
        .filter(pk=destination_id)
        .first()
    )
    if destination is None:
        return None, []
    pending = Delivery.objects.filter(destination_id=destination_id, state=DeliveryState.PENDING)
    slots = AT_ONCE - pending.filter(leased_until__gte=Now()).count()
    if destination.breaker_until is not None:
        is_probing = slots < AT_ONCE
        slots = 0 if is_probing or destination.breaker_until > timezone.now() else 1
    if slots <= 0:
        return destination, []
    waits_for_another = Q(kind__startswith=_OF_TICKETS) & Exists(_EARLIER_OF_TICKET)
    due = pending.filter(~waits_for_another, _FREE, next_attempt_at__lte=Now())
    if destination.state != DestinationState.ACTIVE:
        due = due.filter(kind=DeliveryKind.TEST)
    rows = list(due.select_for_update(skip_locked=True).order_by("next_attempt_at", "pk")[:slots])
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        leased_by=worker, leased_until=Now() + LEASE, attempts=F("attempts") + 1
    )
    for row in rows:
        row.attempts += 1
    return destination, rows


def hold_back(delivery: Delivery, worker: str, seconds: float, reason: str) -> None:
    """Give a row back that cannot be sent yet through no fault of the receiver: no attempt is lost."""
    Delivery.objects.filter(pk=delivery.pk, leased_by=worker).update(
        leased_by="", leased_until=None, attempts=F("attempts") - 1, reason=reason,
        next_attempt_at=Now() + timedelta(seconds=seconds),
    )  # fmt: skip


def freeze(delivery: Delivery, body: str) -> None:
    """Keep the body that every attempt will send."""
    Delivery.objects.filter(pk=delivery.pk, body__isnull=True).update(body=body)
    delivery.body = body


def lock_leased(delivery_id: UUID, worker: str) -> Delivery | None:
    """The row, locked, if it is still this lease's; what another worker has taken over is left to him."""
    return (
        Delivery.objects.select_for_update(of=("self",))
        .filter(pk=delivery_id, leased_by=worker, state=DeliveryState.PENDING)
        .first()
    )


def store_delivered(delivery: Delivery, status: int | None) -> None:
    """It has been taken."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DELIVERED, delivered_at=Now(), reason="", response_status=status,
        leased_by="", leased_until=None,
    )  # fmt: skip


def store_failed(delivery: Delivery, reason: str, status: int | None, wait_seconds: float | None) -> None:
    """It has not been taken: again after the wait, or, without one, a dead letter."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DEAD if wait_seconds is None else DeliveryState.PENDING,
        reason=reason[:60], response_status=status, leased_by="", leased_until=None,
        next_attempt_at=Now() + timedelta(seconds=wait_seconds or 0),
    )  # fmt: skip


def close_breaker(destination_id: UUID) -> None:
    """The receiver takes what it is sent."""
    Destination.objects.filter(pk=destination_id).exclude(breaker_failures=0, breaker_until=None).update(
        breaker_failures=0, breaker_opened=0, breaker_until=None
    )


def count_failure(destination_id: UUID) -> bool:
    """One more failure in a row; whether the breaker is open now. A failed probe opens it for twice as long."""
    destination = Destination.objects.select_for_update().get(pk=destination_id)
    destination.breaker_failures += 1
    is_open = destination.breaker_failures >= BREAKER_FAILURES
    if is_open and (destination.breaker_until is None or destination.breaker_until <= timezone.now()):
        pause = min(BREAKER_LONGEST, BREAKER_FIRST * 2 ** min(destination.breaker_opened, 10))
        destination.breaker_until = timezone.now() + pause
        destination.breaker_opened += 1
    destination.save(update_fields=["breaker_failures", "breaker_until", "breaker_opened"])
    return is_open


def next_due(tenant_id: UUID) -> float | None:
    """Seconds until the tenant's next delivery is due (0: now, or held by a lease); None where nothing is pending."""
    pending = Delivery.objects.filter(tenant_id=tenant_id, state=DeliveryState.PENDING).exclude(
        destination__state=DestinationState.DISABLED
    )
    soonest = pending.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    return None if soonest is None else max(0.0, (soonest - timezone.now()).total_seconds())
