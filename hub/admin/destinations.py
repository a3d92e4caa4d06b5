"""Destinations outside and what is sent there: where, how it goes, and what could not be told."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import TwoWayConnector
from hub.escalation.outbox.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    DestinationSecret,
    DestinationState,
    SecretUse,
)
from hub.workflows import destinations

from .base import GovernedAdmin
from .destination_steps import STEPS
from .doors import AUDITORS, OFFICERS
from .filters import pick
from .panels import Panel, link_to, moment
from .steps import Step

SECTION = "Escalation"


class DestinationAdmin(GovernedAdmin):
    """Where the hub tells other machines and people."""

    section, icon, title = SECTION, "outbound", "Destinations"
    explanation = (
        "Where tickets, retrainings and pauses are told. Text goes out redacted by the destination's profile and below "
        "its ceiling; where it goes takes two people. Secrets are sealed and never shown again."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "slug", "kind", "state", "ceiling", "health", "secret")
    list_filter: ClassVar[list[Any]] = [pick("state", "state", DestinationState.choices)]
    fields = (
        "id", "name", "slug", "kind", "state", "where", "profile", "ceiling", "is_mirror", "secret", "health",
        "hook", "inbound_secret", "author", "approved_by", "approved_at", "created_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"
    steps = STEPS

    @admin.display(description="Where")
    def where(self, row: Destination) -> str:
        """Its settings, in words."""
        return "; ".join(f"{name}: {value}" for name, value in sorted(row.settings.items())) or "–"

    @admin.display(description="Ceiling")
    def ceiling(self, row: Destination) -> str:
        """The highest class and TLP of what is told in words."""
        return f"{row.ceiling_class}, TLP:{row.ceiling_tlp}"

    @admin.display(description="Receiver")
    def health(self, row: Destination) -> str:
        """Whether the breaker lets messages through."""
        if row.breaker_until is None:
            return f"{row.breaker_failures} failures in a row" if row.breaker_failures else "in order"
        if row.breaker_until > timezone.now():
            return f"breaker open until {moment(row.breaker_until)}, after {row.breaker_failures} failures"
        return "breaker open; the next message tries"

    @admin.display(description="Secret")
    def secret(self, row: Destination) -> str:
        """That there is one, since when; never which."""
        return _since(row, SecretUse.OUTGOING) if CONNECTORS[row.kind].secret_label else "none needed"

    @admin.display(description="Address for webhooks from there")
    def hook(self, row: Destination) -> str:
        """Where the other side says how a ticket stands."""
        if not isinstance(CONNECTORS[row.kind], TwoWayConnector):
            return "none: nothing comes back from this kind"
        return f"{settings.CASEWARD_PUBLIC_URL}{reverse('hook', args=[row.pk])}"

    @admin.display(description="Inbound secret")
    def inbound_secret(self, row: Destination) -> str:
        """The same for the secret by which its messages are believed."""
        return _since(row, SecretUse.INBOUND) if isinstance(CONNECTORS[row.kind], TwoWayConnector) else "none needed"

    def get_related(self, request: HttpRequest, row: Destination) -> dict[str, Any]:
        """The newest deliveries."""
        found = Delivery.objects.filter(destination=row).order_by("-created_at")[:20]
        return {"panels": [Panel(
            "Deliveries", "The newest twenty.", ("Delivery", "What", "State", "Attempts", "Reason", "Queued"),
            tuple((link_to("outbox", "delivery", one.pk, str(one.pk)), str(DeliveryKind(one.kind).label),
                   str(DeliveryState(one.state).label), str(one.attempts), one.reason or "–", moment(one.created_at))
                  for one in found),
            "Nothing has been queued for it yet.",
        )]}  # fmt: skip


def _since(row: Destination, use: SecretUse) -> str:
    found = DestinationSecret.objects.filter(destination=row, use=use, ends_at=None).first()
    return f"set {moment(found.created_at)}" if found else "missing"


class DeliveryAdmin(GovernedAdmin):
    """What was told, what waits, and what could not be told."""

    section, icon, title = SECTION, "forward_to_inbox", "Deliveries"
    explanation = (
        "One row for each message to a destination. A dead letter says why it was given up; replaying sends the same "
        "id and the same body again."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("created_at", "destination_name", "kind", "state", "attempts", "reason", "response_status")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", DeliveryState.choices),
        pick("kind", "kind", DeliveryKind.choices),
    ]
    list_select_related = ("destination",)
    fields = (
        "id", "destination_name", "kind", "state", "reason", "response_status", "attempts", "replays",
        "next_attempt_at", "created_at", "delivered_at", "ticket_id", "case_id", "rule_version_id", "payload",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    steps = (
        Step(
            name="replay",
            label="Replay",
            explanation="Sends the dead letter again from the start of its schedule: the same id and the same body, so "
            "that a receiver that already has it knows it.",
            run=lambda actor, row, given: destinations.replay_delivery(actor, delivery_id=row.pk),
            roles=OFFICERS,
            done="It is queued again.",
            is_offered=lambda row, actor: row.state == DeliveryState.DEAD,
        ),
    )

    @admin.display(description="Destination")
    def destination_name(self, row: Delivery) -> str:
        """Its name."""
        return row.destination.name
