"""What officers do with a destination: draft, approve, test, give it secrets, change and disable it."""

from collections.abc import Mapping
from typing import Any

from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import Connector, TwoWayConnector
from hub.escalation.outbox.models import Destination, DestinationKind, DestinationState, SecretUse
from hub.sharing.models import RedactionProfile
from hub.workflows import destinations
from hub.workflows.destinations import DestinationTerms, SecretSet
from tenants.actors import Actor

from .doors import OFFICERS, tenant_of
from .steps import ShownOnce, Step, StepForm, choice, text, tick

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


class InboundSecretForm(StepForm):
    """A secret that both sides are given."""

    secret = text("Secret", "Never shown again. Empty: one is made here and shown once, to be entered over there.",
                  required=False)  # fmt: skip


def _rotate(use: SecretUse) -> Any:
    def run(actor: Actor, row: Destination, given: Mapping[str, Any]) -> Any:
        answer = destinations.rotate_secret(actor, destination_id=row.pk, use=use, secret=given["secret"].strip())
        if isinstance(answer, SecretSet) and answer.shown_once:
            return ShownOnce("Copy this secret to the other side now. It is not shown again.", answer.shown_once)
        return answer

    return run


STEPS: tuple[Step, ...] = (
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
        name="rotate-inbound",
        label="Set inbound secret",
        explanation="Puts a secret in place by which messages from there are believed: enter the same one in the "
        "webhook over there, together with the address below. The former one goes on for 24 hours beside it.",
        run=_rotate(SecretUse.INBOUND),
        roles=OFFICERS,
        form=InboundSecretForm,
        done="The secret is in place.",
        is_offered=lambda row, actor: isinstance(CONNECTORS[row.kind], TwoWayConnector),
    ),
    Step(
        name="edit",
        label="Change",
        explanation="Changes where it is or what may go there. It waits for a second person again, and so does "
        "what is queued for it.",
        run=lambda actor, row, given: destinations.edit_destination(actor, destination_id=row.pk, terms=given["terms"]),
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
