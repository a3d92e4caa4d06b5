"""Destinations and deliveries as officers and auditors see them: where and how it goes, never a secret or a body."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.escalation.outbox.models import Delivery, Destination, DestinationSecret, SecretUse, TicketMirror
from tenants import permissions
from tenants.actors import Actor
from tenants.roles import Action

from .outcomes import Refusal


@dataclass(frozen=True, slots=True)
class DestinationView:
    """One destination. Of its secrets only since when there is one."""

    destination_id: UUID
    slug: str
    name: str
    kind: str
    settings: tuple[tuple[str, str], ...]
    profile: str
    ceiling_class: str
    ceiling_tlp: str
    is_mirror: bool
    state: str
    author: str
    approved_by: str
    approved_at: datetime | None
    secret_since: datetime | None
    inbound_secret_since: datetime | None
    failures_in_a_row: int
    paused_until: datetime | None
    paused_mirrors: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One message to a destination, without what it says."""

    delivery_id: UUID
    destination_id: UUID
    kind: str
    state: str
    attempts: int
    replays: int
    reason: str
    response_status: int | None
    ticket_id: UUID | None
    queued_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None


def list_destinations(actor: Actor) -> list[DestinationView] | Refusal:
    """Every destination of the actor's tenant, by name."""
    decision = permissions.decide(actor, Action.VIEW_DESTINATIONS, on=None)
    found: list[DestinationView] = []
    if decision.allowed and actor.tenant_id is not None:
        rows = list(Destination.objects.filter(tenant_id=actor.tenant_id).order_by("name", "pk"))
        present = DestinationSecret.objects.filter(tenant_id=actor.tenant_id, ends_at=None)
        since = {(row.destination_id, row.use): row.created_at for row in present}
        paused: dict[UUID, list[UUID]] = {}
        for destination_id, mirror_id in (
            TicketMirror.objects.filter(tenant_id=actor.tenant_id, is_paused=True)
            .order_by("pk").values_list("destination_id", "pk")
        ):  # fmt: skip
            paused.setdefault(destination_id, []).append(mirror_id)
        found = [_destination(row, since, paused.get(row.pk, [])) for row in rows]
    record(actor, AuditAction.DESTINATION_LIST, f"tenant:{actor.tenant_id}", decision, count=len(found))
    return found if decision.allowed else Refusal(decision.basis)


def list_deliveries(
    actor: Actor, *, destination_id: UUID | None = None, states: Sequence[str] = (), first: int = 50
) -> list[DeliveryView] | Refusal:
    """The newest deliveries of the actor's tenant, or to one of its destinations."""
    decision = permissions.decide(actor, Action.VIEW_DESTINATIONS, on=None)
    found: list[DeliveryView] = []
    if decision.allowed and actor.tenant_id is not None:
        rows = Delivery.objects.filter(tenant_id=actor.tenant_id).order_by("-pk").defer("body")
        if destination_id is not None:
            rows = rows.filter(destination_id=destination_id)
        if states:
            rows = rows.filter(state__in=states)
        found = [_delivery(row) for row in rows[:first]]
    record(actor, AuditAction.DELIVERY_LIST, f"tenant:{actor.tenant_id}", decision, count=len(found))
    return found if decision.allowed else Refusal(decision.basis)


def _destination(row: Destination, since: dict[tuple[UUID, str], datetime], paused: Sequence[UUID]) -> DestinationView:
    return DestinationView(
        destination_id=row.pk, slug=row.slug, name=row.name, kind=str(row.kind),
        settings=tuple((name, str(value)) for name, value in sorted(row.settings.items())),
        profile=row.profile, ceiling_class=row.ceiling_class, ceiling_tlp=row.ceiling_tlp, is_mirror=row.is_mirror,
        state=str(row.state), author=row.author, approved_by=row.approved_by, approved_at=row.approved_at,
        secret_since=since.get((row.pk, SecretUse.OUTGOING)),
        inbound_secret_since=since.get((row.pk, SecretUse.INBOUND)), failures_in_a_row=row.breaker_failures,
        paused_until=row.breaker_until, paused_mirrors=tuple(paused),
    )  # fmt: skip


def _delivery(row: Delivery) -> DeliveryView:
    return DeliveryView(
        delivery_id=row.pk, destination_id=row.destination_id, kind=str(row.kind), state=str(row.state),
        attempts=row.attempts, replays=row.replays, reason=row.reason, response_status=row.response_status,
        ticket_id=row.ticket_id, queued_at=row.created_at, next_attempt_at=row.next_attempt_at,
        delivered_at=row.delivered_at,
    )  # fmt: skip
