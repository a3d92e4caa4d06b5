"""Writes what is to be told, in the transaction of its cause and once for each cause and destination."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from tenants.identifiers import new_id
from tenants.work import note_work

from .models import Delivery, DeliveryKind, DeliveryState, Destination, DestinationState, TicketMirror

# The kind of note that leads a sweep to a tenant, and the task to nudge.
DELIVERIES = "escalation.deliveries"
DELIVER_TASK = "escalation.deliver"


def queue_delivery(
    destination: Destination,
    *,
    kind: str,
    key: Sequence[Any],
    payload: dict[str, Any] | None = None,
    ticket_id: UUID | None = None,
    case_id: UUID | None = None,
    event_id: UUID | None = None,
    rule_version_id: UUID | None = None,
    cluster: str = "",
    not_before: datetime | None = None,
) -> UUID | None:
    """Have a destination told; None where the same key has been queued for it before. `payload` holds no text.

    `key` names the cause, e.g. (rule version, case cluster, action); the destination is made part of it here.
    `not_before` holds the message back, e.g. until quiet hours are over.
    """
    if any(isinstance(value, str) and len(value) > 200 for value in (payload or {}).values()):
        raise ValueError("A delivery's payload holds ids, codes and numbers; text is projected when it is sent.")
    delivery_id, due_at = new_id(), not_before or timezone.now()
    named = "\0".join([str(destination.pk), kind, *map(str, key)])
    Delivery.objects.bulk_create(
        [
            Delivery(
                id=delivery_id,
                tenant_id=destination.tenant_id,
                destination=destination,
                idempotency_key=hashlib.sha256(named.encode()).hexdigest(),
                kind=kind,
                payload=payload or {},
                ticket_id=ticket_id,
                case_id=case_id,
                event_id=event_id,
                rule_version_id=rule_version_id,
                cluster=cluster,
                next_attempt_at=due_at,
            )
        ],
        ignore_conflicts=True,
    )
    if not Delivery.objects.filter(pk=delivery_id).exists():
        return None
    note_work(destination.tenant_id, DELIVERIES, due_at if not_before else None)
    return delivery_id


def active_destination(tenant_id: UUID, slug: str) -> Destination | None:
    """The destination of this name, if things are sent there."""
    return Destination.objects.filter(tenant_id=tenant_id, slug=slug, state=DestinationState.ACTIVE).first()


def mirrors(tenant_id: UUID, except_id: UUID | None = None) -> list[Destination]:
    """Where tickets are kept equal, apart from the side that a change came from."""
    found = Destination.objects.filter(tenant_id=tenant_id, state=DestinationState.ACTIVE, is_mirror=True)
    return list(found.exclude(pk=except_id).order_by("pk") if except_id else found.order_by("pk"))


def tell_ticket(destination: Destination, *, kind: str, key: Sequence[Any], ticket_id: UUID, **given: Any) -> None:
    """Have a mirror told of a ticket; one that has never heard of it is first told that it was opened."""
    mirror = TicketMirror.objects.filter(destination=destination, ticket_id=ticket_id).first()
    if mirror is not None and mirror.is_paused:
        return
    if mirror is None or kind == DeliveryKind.TICKET_OPENED:
        opened = given | {"event_id": None}
        queue_delivery(
            destination, kind=DeliveryKind.TICKET_OPENED, key=(ticket_id, "opened"), ticket_id=ticket_id, **opened
        )
    if kind != DeliveryKind.TICKET_OPENED:
        queue_delivery(destination, kind=kind, key=key, ticket_id=ticket_id, **given)


def replay(delivery: Delivery) -> None:
    """Try a dead letter again from the start of its schedule: the same id, the same body."""
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.DEAD).update(
        state=DeliveryState.PENDING,
        attempts=0,
        reason="",
        next_attempt_at=timezone.now(),
        leased_by="",
        leased_until=None,
        replays=delivery.replays + 1,
    )
    note_work(delivery.tenant_id, DELIVERIES)
