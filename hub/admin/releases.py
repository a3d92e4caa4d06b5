"""What pauses releases, and waivers, which two people give."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from hub.escalation.models import GateWaiver, ReleasePause
from hub.workflows import gating
from hub.workflows.release_pauses import view_pause, waiver_state
from tenants.actors import Actor

from .base import GovernedAdmin
from .doors import OFFICERS, REVIEWERS
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import Step, StepForm, day, paragraph
from .ticket_forms import end_of_day

SECTION = "Escalation"
WAIVER_STATES = {
    "waits": "Waits for a second person", "approved": "Approved", "turned_down": "Turned down", "expired": "Over",
}  # fmt: skip
DECIDED = {
    "waits": Q(decided_at=None), "approved": Q(is_approved=True),
    "turned_down": Q(is_approved=False, decided_at__isnull=False),
}  # fmt: skip


class WaiverForm(StepForm):
    """Why, and until when."""

    reason = paragraph("Reason", "Why the release may go out all the same. Kept on record; do not quote a case.")
    until = day("Until", "To the end of this day, at most 30 days from now.")

    def accept(self, problem_path: str, message: str) -> None:
        """Workflows name fields as the API does."""
        super().accept({"expiresAt": "until"}.get(problem_path, problem_path), message)


def ask_for_waiver(actor: Actor, row: ReleasePause, given: Mapping[str, Any]) -> Any:
    """Ask that a pause be passed over until a date."""
    ends = end_of_day(given["until"]) or timezone.now()
    return gating.request_waiver(actor, pause_id=row.pk, reason=given["reason"], expires_at=ends)


class ReleasePauseAdmin(GovernedAdmin):
    """Pauses, the newest first, each judged now."""

    section, icon, title = SECTION, "pause_circle", "Release pauses"
    explanation = (
        "A rule pauses releases of a model until the ticket is done. Nobody has to lift a pause: it is judged at each "
        "question, and lifts when its ticket is done, its cases are withdrawn, or its condition does not hold any more."
    )
    viewed_by = OFFICERS | REVIEWERS
    searched_ids = ("pk", "ticket_id")
    list_display = ("model_name", "version", "on_channel", "paused_at", "ticket_number", "standing")
    fields = ("id", "model_name", "version", "on_channel", "paused_at", "ticket_number", "standing")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-paused_at", "-pk")
    list_per_page = 25
    list_select_related = ("ticket",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="waive",
            label="Ask for a waiver",
            explanation="Asks that the release may go out all the same until a date. A second officer decides.",
            run=ask_for_waiver,
            roles=OFFICERS,
            form=WaiverForm,
            done="Asked. A colleague decides under Waivers.",
        ),
    )

    @admin.display(description="Version")
    def version(self, row: ReleasePause) -> str:
        """Which version, or every one."""
        return row.model_version or "every"

    @admin.display(description="Channel")
    def on_channel(self, row: ReleasePause) -> str:
        """Which channel, or every one."""
        return row.channel or "every"

    @admin.display(description="Ticket")
    def ticket_number(self, row: ReleasePause) -> SafeString:
        """What it waits for."""
        return link_to("escalation", "remediationticket", row.ticket_id, f"No. {row.ticket.number}")

    @admin.display(description="Now")
    def standing(self, row: ReleasePause) -> str:
        """Whether it stands, and if not, why."""
        seen = view_pause(row)
        if seen.is_standing:
            return f"stands: {len(seen.case_ids)} case{'' if len(seen.case_ids) == 1 else 's'}"
        waived = [waiver for waiver in seen.waivers if waiver.state == "approved"]
        if waived:
            return f"passed over until {moment(waived[-1].expires_at)}"
        if row.ticket.state in {"resolved", "closed"}:
            return f"lifted: the ticket is {row.ticket.get_state_display().lower()}"
        return "lifted: its condition does not hold any more"

    def get_related(self, request: HttpRequest, row: ReleasePause) -> dict[str, Any]:
        """The cases that hold it, and its waivers."""
        seen = view_pause(row)
        waivers = row.waivers.annotate(requested_by_name=name_of("requested_by")).order_by("-pk")
        return {"panels": [
            Panel("Cases that hold it", "As far as you may see them.", ("Case",),
                  tuple((link_to("catalog", "case", case_id, str(case_id)),) for case_id in seen.case_ids),
                  "None holds it now."),
            Panel("Waivers", "Who let releases go out all the same.", ("Waiver", "State", "Asked by", "Until"),
                  tuple((link_to("escalation", "gatewaiver", waiver.pk, waiver.reason[:80]),
                         WAIVER_STATES[waiver_state(waiver, timezone.now())], waiver.requested_by_name,
                         moment(waiver.expires_at)) for waiver in waivers),
                  "None was asked for."),
        ]}  # fmt: skip


class GateWaiverAdmin(GovernedAdmin):
    """Waivers, those that wait first."""

    section, icon, title = SECTION, "approval_delegation", "Waivers"
    explanation = (
        "A waiver lets a paused release go out until a date. One person asks, another one decides; it ends by itself."
    )
    viewed_by = OFFICERS
    searched_ids = ("pk", "pause_id")
    list_display = ("release", "reason", "state_shown", "asker", "requested_at", "expires_at", "decider")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", list(WAIVER_STATES.items())[:3], lambda value: DECIDED[value])
    ]  # fmt: skip
    fields = (
        "id", "release", "pause_link", "reason", "state_shown", "asker", "requested_at", "expires_at", "decider",
        "decided_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[Any, ...]] = ("-requested_at", "-pk")
    list_select_related = ("pause",)
    steps = (
        Step(
            name="approve",
            label="Approve",
            explanation="Lets the release go out until the date, as the second person. You answer for it as well.",
            run=lambda actor, row, given: gating.decide_waiver(actor, waiver_id=row.pk, approve=True),
            roles=OFFICERS,
            done="The waiver holds.",
            is_offered=lambda row, actor: row.decided_at is None and row.requested_by != actor.person_key,
        ),
        Step(
            name="turn_down",
            label="Turn down",
            explanation="The release stays paused.",
            run=lambda actor, row, given: gating.decide_waiver(actor, waiver_id=row.pk, approve=False),
            roles=OFFICERS,
            done="Turned down.",
            is_grave=True,
            is_offered=lambda row, actor: row.decided_at is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[GateWaiver]:
        """With names."""
        rows: QuerySet[GateWaiver] = super().get_queryset(request)
        names = {f"{field}_name": name_of(field) for field in ("requested_by", "decided_by")}
        return rows.select_related("pause").annotate(**names)

    asker = person_column("requested_by", "Asked by")
    decider = person_column("decided_by", "Decided by")

    @admin.display(description="Release")
    def release(self, row: GateWaiver) -> str:
        """What it lets out."""
        return describe_release(row.pause.model_name, row.pause.model_version, row.pause.channel)

    @admin.display(description="Pause")
    def pause_link(self, row: GateWaiver) -> SafeString:
        """What it passes over."""
        return link_to("escalation", "releasepause", row.pause_id, str(row.pause_id))

    @admin.display(description="State")
    def state_shown(self, row: GateWaiver) -> str:
        """In words."""
        return WAIVER_STATES[waiver_state(row, timezone.now())]


def describe_release(model: str, version: str, channel: str) -> str:
    """`assist-chat 4.2 on production`."""
    return f"{model} {version or '(every version)'}{f' on {channel}' if channel else ''}"
