"""Tickets as they stand in other systems, and what those have told us."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.escalation.models import RemediationTicket
from hub.escalation.outbox.mirroring import read_moment
from hub.escalation.outbox.models import InboundMessage, TicketMirror
from hub.workflows.mirrors import resume_mirror

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS
from .filters import pick
from .panels import link_to, moment
from .steps import Step

SECTION = "Escalation"
OUTCOMES = {
    "taken": "taken in",
    "agreed": "both sides agreed already",
    "ours": "said what was so before our own change",
    "conflict": "both had moved: both are in the history",
    "older": "older than what was known",
    "looked_at_later": "crossed with a message of ours: compared later",
    "loop": "one change too many: the mirror is paused",
    "paused": "not taken: the mirror is paused",
    "no_such_ticket": "about a ticket that is not mirrored",
    "about_something_else": "about no ticket",
    "unreadable": "could not be read",
}
WHY_PAUSED = {
    "loop": "two machines answered each other",
    "gone_there": "the ticket is gone over there",
}


class TicketMirrorAdmin(GovernedAdmin):
    """Which ticket is which over there, and whether both sides agree."""

    section, icon, title = SECTION, "sync_alt", "Mirrored tickets"
    explanation = (
        "Each ticket with its counterpart in another system. Changes go both ways: by signed webhooks, and by a "
        "comparison every few minutes, so that a lost one heals. Where both sides have moved, the ticket's history "
        "keeps both, and the state here stands."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("ticket", "destination_name", "over_there", "agreed_state", "condition", "compared_at")
    list_filter: ClassVar[list[Any]] = [pick("condition", "is_paused", [("True", "Paused"), ("False", "In order")])]
    list_select_related = ("destination",)
    fields = (
        "id", "ticket", "destination_name", "over_there", "agreed_state", "condition", "their_clock",
        "compared_at", "changes", "counted_since",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    steps = (
        Step(
            name="resume",
            label="Resume",
            explanation="Lets changes go both ways again. Look first at why they did not: an automation over there "
            "that undoes each change will do so again.",
            run=lambda actor, row, given: resume_mirror(actor, mirror_id=row.pk),
            roles=OFFICERS,
            done="Changes go both ways again; both sides are compared in a moment.",
            is_offered=lambda row, actor: row.is_paused,
        ),
    )

    @admin.display(description="Ticket")
    def ticket(self, row: TicketMirror) -> str | SafeString:
        """Our own, by its number."""
        return _ticket(row.ticket_id)

    @admin.display(description="Destination")
    def destination_name(self, row: TicketMirror) -> str:
        """Its name."""
        return row.destination.name

    @admin.display(description="Over there")
    def over_there(self, row: TicketMirror) -> str | SafeString:
        """The other side's own name of it."""
        if not row.external_url.startswith("https://"):
            return row.external_id
        return format_html(
            '<a href="{}" class="text-link" rel="noreferrer noopener" target="_blank">{}</a>',
            row.external_url, row.external_id,
        )  # fmt: skip

    @admin.display(description="Their last change")
    def their_clock(self, row: TicketMirror) -> str:
        """The moment that the other side gives for it."""
        return moment(read_moment(row.external_version), to_the_second=True)

    @admin.display(description="Condition")
    def condition(self, row: TicketMirror) -> str:
        """Whether changes go both ways, and why not."""
        return f"paused: {WHY_PAUSED.get(row.paused_because, row.paused_because)}" if row.is_paused else "in order"


class InboundMessageAdmin(GovernedAdmin):
    """What was believed, and what came of it."""

    section, icon, title = SECTION, "call_received", "Inbound messages"
    explanation = (
        "Messages from other systems whose signature held, each once. What was not signed, or too old, is refused and "
        "stands in the access record."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("received_at", "destination_name", "ticket", "state", "what_came_of_it")
    list_select_related = ("destination",)
    fields = ("id", "received_at", "destination_name", "ticket", "state", "what_came_of_it", "message_id")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-received_at", "-pk")

    @admin.display(description="Destination")
    def destination_name(self, row: InboundMessage) -> str:
        """Its name."""
        return row.destination.name

    @admin.display(description="What came of it")
    def what_came_of_it(self, row: InboundMessage) -> str:
        """In words."""
        return OUTCOMES.get(row.outcome, row.outcome)

    @admin.display(description="Ticket")
    def ticket(self, row: InboundMessage) -> str | SafeString:
        """Our own, by its number."""
        return _ticket(row.ticket_id) if row.ticket_id else "–"


def _ticket(ticket_id: Any) -> str | SafeString:
    found = RemediationTicket.objects.filter(pk=ticket_id).only("number").first()
    return link_to("escalation", "remediationticket", ticket_id, f"#{found.number}") if found else str(ticket_id)
