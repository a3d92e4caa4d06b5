"""Receivers of the access record: witnesses of its checkpoints, and systems that collect its events."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hub.audit.feeds.models import Feed, FeedContent, FeedState, FeedTransport
from hub.audit.models import AccessEvent
from hub.outgoing.faults import MEANINGS, FaultCode
from hub.workflows import feeds
from hub.workflows.feeds import FeedSecretSet, FeedTerms
from tenants.actors import Actor

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS, decide_page
from .filters import pick
from .panels import Panel, moment
from .people import name_of, person_column
from .steps import ShownOnce, Step, StepForm, choice, text, tick
from .wording import action_in_words

SECTION = "Access record"
TWO_PEOPLE = "Another person, an auditor, approves it before anything but a test is sent."
REASONS = {
    "secret_missing": "It has no signing secret yet. An officer sets one.",
    "log_is_shorter": "The log is shorter than what was sent: it was cut, or put back from a copy. Verify the record.",
    "redirected": "The receiver sends elsewhere, and redirects are not followed.",
    "fault": "A fault of the hub's; the log of the worker says which.",
}


class FeedForm(StepForm):
    """Where part of the record goes."""

    content = FeedContent.RECORD

    name = text("Name", "For people.", max_length=120)
    transport = choice("By", FeedTransport.choices)
    address = text("Address", "https://… of a webhook, or tls://host:6514 of a syslog collector.")
    from_beginning = tick("From the beginning", "Also what the log holds already, not only what comes from now on.")

    def prepare(self) -> None:
        """Show what an existing feed says now; a witness takes webhooks alone."""
        if isinstance(self.row, Feed):
            self.content = FeedContent(self.row.content)
            for name in ("name", "transport", "address"):
                self.fields[name].initial = getattr(self.row, name)
            self.fields["from_beginning"].help_text = "Send everything again, from the first row of the log on."
        if self.content == FeedContent.CHECKPOINTS:
            del self.fields["transport"]
            self.fields["address"].help_text = "https://… of the witness."

    def clean(self) -> dict[str, Any]:
        """The terms as a value."""
        given = super().clean() or {}
        if not self.errors:
            given["terms"] = FeedTerms(
                name=given["name"], content=self.content, transport=given.get("transport", FeedTransport.WEBHOOK),
                address=given["address"], from_beginning=given["from_beginning"],
            )  # fmt: skip
        return given


class WitnessForm(FeedForm):
    """Where checkpoints go."""

    content = FeedContent.CHECKPOINTS


class SecretForm(StepForm):
    """A secret of the receiver's; or none, where one is made here."""

    secret = text("Secret", "whsec_…, never shown again. Empty: one is made here and shown once.", required=False)


def _draft(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
    return feeds.draft_feed(actor, terms=given["terms"])


def _rotate(actor: Actor, row: Feed, given: Mapping[str, Any]) -> Any:
    answer = feeds.rotate_feed_secret(actor, feed_id=row.pk, secret=given["secret"].strip())
    if isinstance(answer, FeedSecretSet) and answer.shown_once:
        return ShownOnce("Copy this secret to the receiver now. It is not shown again.", answer.shown_once)
    return answer


class FeedAdmin(GovernedAdmin):
    """Who outside is told of the record, and how far he is."""

    section, icon, title = SECTION, "sensors", "Witnesses and SIEM"
    explanation = (
        "Where the access record goes by itself: signed checkpoints to witnesses, who could show later that it was "
        "rewritten, and events to a SIEM. Everything arrives in order and at least once; each push is on record."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "content", "transport", "state", "standing", "behind", "delivered_at")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", FeedState.choices),
        pick("content", "content", FeedContent.choices),
    ]
    fields = (
        "id", "name", "content", "transport", "address", "state", "standing", "behind", "position", "delivered_at",
        "delivered_items", "last_status", "secret", "test", "proposed_by", "agreed_by", "approved_at", "created_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="new-siem",
            label="New SIEM feed",
            explanation="Sends each event of this organisation's people, and who read its cases, as OCSF 1.3: in "
            f"batches by a signed webhook, or as syslog (RFC 5424) over TLS. {TWO_PEOPLE}",
            run=_draft,
            roles=OFFICERS | AUDITORS,
            form=FeedForm,
            done="The feed waits for its secret, a test and an auditor.",
            on_row=False,
        ),
        Step(
            name="new-witness",
            label="New witness",
            explanation="Sends each signed checkpoint of the record by a signed webhook. Whoever keeps them can show "
            f"later that what they cover was not rewritten; they say nothing about anybody. {TWO_PEOPLE}",
            run=_draft,
            roles=OFFICERS | AUDITORS,
            form=WitnessForm,
            done="The witness waits for its secret, a test and an auditor.",
            on_row=False,
        ),
        Step(
            name="approve",
            label="Approve",
            explanation="Lets the record go there from now on, as the second person. Look at where that is.",
            run=lambda actor, row, given: feeds.approve_feed(actor, feed_id=row.pk),
            roles=AUDITORS,
            done="The feed is active.",
            is_offered=lambda row, actor: (
                row.state == FeedState.PROPOSED and actor.person_key not in {row.author, *row.editors}
            ),
        ),
        Step(
            name="test",
            label="Send a test",
            explanation="Sends a message that says nothing but that it is a test, by the same way as everything else. "
            "How it ended stands on this page a moment later.",
            run=lambda actor, row, given: feeds.try_feed(actor, feed_id=row.pk),
            roles=OFFICERS | AUDITORS,
            done="The test is on its way; how it ends stands below in a moment.",
            is_offered=lambda row, actor: row.state != FeedState.DISABLED,
        ),
        Step(
            name="rotate",
            label="Set secret",
            explanation="Puts a new signing secret in place. The former one goes on for 24 hours beside it.",
            run=_rotate,
            roles=OFFICERS,
            form=SecretForm,
            done="The secret is in place.",
            is_offered=lambda row, actor: row.transport == FeedTransport.WEBHOOK,
        ),
        Step(
            name="edit",
            label="Change",
            explanation="Changes where it goes. It stops until an auditor has approved it again, and goes on from "
            "where it was.",
            run=lambda actor, row, given: feeds.edit_feed(actor, feed_id=row.pk, terms=given["terms"]),
            roles=OFFICERS | AUDITORS,
            form=FeedForm,
            done="Changed. It waits for an auditor.",
        ),
        Step(
            name="disable",
            label="Disable",
            explanation="Sends nothing there any more. How far it was is kept; changing it proposes it again.",
            run=lambda actor, row, given: feeds.disable_feed(actor, feed_id=row.pk),
            roles=OFFICERS | AUDITORS,
            done="The feed is disabled.",
            is_grave=True,
            is_offered=lambda row, actor: row.state != FeedState.DISABLED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        """With the names of people."""
        rows: QuerySet[Feed] = super().get_queryset(request).annotate(
            author_name=name_of("author"), approved_by_name=name_of("approved_by")
        )  # fmt: skip
        return rows

    proposed_by = person_column("author", "Proposed by")
    agreed_by = person_column("approved_by", "Approved by")

    @admin.display(description="How it goes")
    def standing(self, row: Feed) -> str:
        """In order, or why not and when it is tried again."""
        if row.state == FeedState.PROPOSED:
            return "waits for an auditor's approval"
        if row.state == FeedState.DISABLED:
            return "disabled"
        if not row.reason:
            return "in order" if row.delivered_at else "nothing sent yet"
        tried = f", after {row.attempts} attempts" if row.attempts else ""
        return f"{reason_in_words(row.reason)} Next try {moment(row.next_attempt_at, to_the_second=True)}{tried}."

    @admin.display(description="Behind")
    def behind(self, row: Feed) -> str:
        """How much of the log it was not told yet."""
        lag = feeds.lag_of(row)
        if row.position is None:
            return "–"
        if lag.since is None:
            return "up to date"
        return f"{lag.positions} rows of the log, since {moment(lag.since, to_the_second=True)}"

    @admin.display(description="Secret")
    def secret(self, row: Feed) -> str:
        """That there is one, since when; never which."""
        if row.transport != FeedTransport.WEBHOOK:
            return "none needed: the collector is known by its certificate"
        return f"set {moment(row.secret_set_at)}" if row.secret_set_at else "missing"

    @admin.display(description="Last answer")
    def last_status(self, row: Feed) -> str:
        """The HTTP status, where there was one."""
        return str(row.response_status or "–")

    @admin.display(description="Last test")
    def test(self, row: Feed) -> str:
        """How it ended."""
        if row.test_wanted_at is not None:
            return "under way"
        if row.tested_at is None:
            return "none yet"
        ended = reason_in_words(row.test_reason) if row.test_reason else "Taken."
        return f"{moment(row.tested_at, to_the_second=True)}: {ended}"

    def get_related(self, request: HttpRequest, row: Feed) -> dict[str, Any]:
        """What is on record of its newest pushes, for auditors."""
        if not decide_page(request, AUDITORS).allowed:
            return {"panels": []}
        found = AccessEvent.objects.filter(
            tenant_id=row.tenant_id, object_kind="feed", object_id=str(row.pk), action__startswith="feed."
        )[:20]
        listed = tuple(
            (moment(event.occurred_at, to_the_second=True), action_in_words(event.action), event.outcome.capitalize(),
             _in_words(event.detail))
            for event in found
        )  # fmt: skip
        return {"panels": [Panel(
            "On record", "The newest twenty events of this feed.", ("When", "What", "Outcome", "Detail"), listed,
            "Nothing yet.",
        )]}  # fmt: skip


def reason_in_words(code: str) -> str:
    """Why something was not taken."""
    if code.startswith("http_"):
        return f"The receiver answered {code.removeprefix('http_')}."
    if code in list(FaultCode):
        return MEANINGS[FaultCode(code)]
    return REASONS.get(code, f"It was not taken ({code}).")


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _in_words(detail: Mapping[str, Any]) -> str:
    if "first" in detail:
        return f"{_items(detail['count'])} from position {detail['first']} on, attempt {detail['attempt']}"
    if "message" in detail:
        return "a test" if detail.get("content") == "test" else f"{_items(detail['count'])} taken"
    return str(detail.get("change", "–"))
