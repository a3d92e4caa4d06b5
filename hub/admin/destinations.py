"""Destinations outside and what is sent there: drafted, approved, tested, rotated; dead letters replayed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import Connector
from hub.escalation.outbox.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    DestinationKind,
    DestinationSecret,
    DestinationState,
    SecretUse,
)
from hub.sharing.models import RedactionProfile
from hub.workflows import destinations
from hub.workflows.destinations import DestinationTerms, SecretSet
from tenants.actors import Actor

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS, tenant_of
from .filters import pick
from .panels import Panel, link_to, moment
from .steps import ShownOnce, Step, StepForm, choice, text, tick

SECTION = "Escalation"
SHORT_LABELS: dict[str, str] = {
    DestinationKind.WEBHOOK: "New webhook",
    DestinationKind.GITHUB: "New GitHub",
    DestinationKind.DISPATCH: "New dispatch",
    DestinationKind.JIRA: "New Jira",
    DestinationKind.SLACK: "New Slack",
    DestinationKind.EMAIL: "New e-mail",
}


class TermsForm(StepForm):
    """Where something goes and what may go there; each connector adds what it has to know."""

    connector: Connector

    name = text("Name", "For people.", max_length=120)
    profile = choice("Redaction profile", (), "How text is redacted for it.")
    ceiling_class = choice(
        "Highest data class", DATA_CLASSES, "Cases above it are told by id alone.", initial="internal"
    )
    ceiling_tlp = choice("Highest TLP", TLP_LABELS, "Cases above it are told by id alone.", initial="GREEN")

    def prepare(self) -> None:
        """Offer the profiles, and show what an existing destination says now."""
        profiles = RedactionProfile.objects.filter(tenant_id=tenant_of(self.actor)).order_by("-protection")
        self.offer("profile", [(profile.slug, profile.name) for profile in profiles])
        self.connector = CONNECTORS[self.kind_of()]
        for setting in self.connector.settings:
            self.fields[setting.name] = text(setting.label, setting.help_text, required=setting.is_required)
            self.fields[setting.name].initial = setting.default
        if self.connector.has_tickets:
            self.fields["is_mirror"] = tick("Mirror tickets", "Every change of a ticket is told there.")
        if isinstance(self.row, Destination):
            for field in ("name", "profile", "ceiling_class", "ceiling_tlp", "is_mirror"):
                if field in self.fields:
                    self.fields[field].initial = getattr(self.row, field)
            for name, value in self.row.settings.items():
                if name in self.fields:
                    self.fields[name].initial = value

    def kind_of(self) -> str:
        """Which connector it is about."""
        return self.row.kind if isinstance(self.row, Destination) else ""

    def clean(self) -> dict[str, Any]:
        """The terms as a value."""
        given = super().clean() or {}
        if not self.errors:
            given["terms"] = DestinationTerms(
                name=given["name"],
                settings={s.name: given[s.name].strip() for s in self.connector.settings if given[s.name].strip()},
                profile=given["profile"],
                ceiling_class=given["ceiling_class"],
                ceiling_tlp=given["ceiling_tlp"],
                is_mirror=bool(given.get("is_mirror")),
            )
        return given


def _new_step(kind: str, connector: Connector) -> Step:
    class NewForm(TermsForm):
        """A destination of one kind."""

        slug = text("Short name", "Lower-case letters, digits and hyphens; rules name it.", max_length=40)

        def kind_of(self) -> str:
            return kind

    return Step(
        name=f"new-{kind}",
        label=SHORT_LABELS[kind],
        explanation=f"{connector.explanation} A second officer approves it before anything but a test is sent.",
        run=lambda actor, row, given: destinations.draft_destination(
            actor, slug=given["slug"], kind=kind, terms=given["terms"]
        ),
        roles=OFFICERS,
        form=NewForm,
        done="The destination waits for its secret, a test and a second person.",
        on_row=False,
    )


class SecretForm(StepForm):
    """A secret of the other side; or none, where one is made here."""

    secret = text("Secret", "Never shown again. Empty: one is made here and shown once, for a signed webhook.",
                  required=False)  # fmt: skip


def _rotate(use: SecretUse) -> Any:
    def run(actor: Actor, row: Destination, given: Mapping[str, Any]) -> Any:
        answer = destinations.rotate_secret(actor, destination_id=row.pk, use=use, secret=given["secret"].strip())
        if isinstance(answer, SecretSet) and answer.shown_once:
            return ShownOnce("Copy this secret to the receiver now. It is not shown again.", answer.shown_once)
        return answer

    return run


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
        "id", "name", "slug", "kind", "state", "where", "profile", "ceiling", "is_mirror", "secret", "health", "author",
        "approved_by", "approved_at", "created_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"
    steps = (
        *(_new_step(str(kind), connector) for kind, connector in CONNECTORS.items()),
        Step(
            name="approve",
            label="Approve",
            explanation="Lets messages go there, as the second person. Look at where it is and what may go there.",
            run=lambda actor, row, given: destinations.approve_destination(actor, destination_id=row.pk),
            roles=OFFICERS,
            done="The destination is active.",
            is_offered=lambda row, actor: (
                row.state == DestinationState.PROPOSED and actor.person_key not in {row.author, *row.editors}
            ),
        ),
        Step(
            name="test",
            label="Send a test",
            explanation="Sends a message that says nothing about any case, by the same way as every other. How it "
            "ended stands below.",
            run=lambda actor, row, given: destinations.send_test(actor, destination_id=row.pk),
            roles=OFFICERS,
            done="The test is on its way; how it ends stands below in a moment.",
            is_offered=lambda row, actor: row.state != DestinationState.DISABLED,
        ),
        Step(
            name="rotate",
            label="Set secret",
            explanation="Puts a new secret in place. The former one goes on for 24 hours beside it.",
            run=_rotate(SecretUse.OUTGOING),
            roles=OFFICERS,
            form=SecretForm,
            done="The secret is in place.",
            is_offered=lambda row, actor: bool(CONNECTORS[row.kind].secret_label),
        ),
        Step(
            name="edit",
            label="Change",
            explanation="Changes where it is or what may go there. It waits for a second person again, and so does "
            "what is queued for it.",
            run=lambda actor, row, given: destinations.edit_destination(
                actor, destination_id=row.pk, terms=given["terms"]
            ),
            roles=OFFICERS,
            form=TermsForm,
            done="Changed. It waits for a second person.",
        ),
        Step(
            name="disable",
            label="Disable",
            explanation="Sends nothing there any more. What is queued becomes dead letters, which can be replayed.",
            run=lambda actor, row, given: destinations.disable_destination(actor, destination_id=row.pk),
            roles=OFFICERS,
            done="The destination is disabled.",
            is_grave=True,
            is_offered=lambda row, actor: row.state != DestinationState.DISABLED,
        ),
    )

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
        if not CONNECTORS[row.kind].secret_label:
            return "none needed"
        found = DestinationSecret.objects.filter(destination=row, use=SecretUse.OUTGOING, ends_at=None).first()
        return f"set {moment(found.created_at)}" if found else "missing"

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
