"""Remediation tickets: opened, taken up, handed over, dated, commented and closed, with no other system needed."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from hub.escalation import queries
from hub.escalation.clocks import ClockState, resolution_clock, response_clock
from hub.escalation.models import RemediationTicket, TicketState
from hub.workflows import tickets
from hub.workflows.outcomes import Invalid
from tenants.actors import Actor
from tenants.roles import Role

from .base import GovernedAdmin
from .catalog import teams_of_tenant
from .doors import OFFICERS, REVIEWERS, actor_of
from .filters import pick
from .panels import moment
from .people import name_of, person_column
from .steps import Step
from .ticket_forms import (
    SEVERITY_CHOICES,
    CommentForm,
    DueForm,
    HandOverForm,
    MoveForm,
    NewTicketForm,
    end_of_day,
)
from .ticket_panels import ticket_panels

SECTION = "Escalation"
WORKERS = OFFICERS | REVIEWERS
STANDINGS = [
    ("open", "Not done yet"), ("overdue", "Overdue"), ("risk", "At risk: within 48 hours"),
    ("unowned", "Without owner"),
    ("mine", "Mine"),
]  # fmt: skip


def standing_condition(value: str) -> Q:
    """The tickets of a standing; whose are mine, the list itself knows."""
    now = timezone.now()
    return {
        "open": queries.open_tickets(),
        "overdue": queries.overdue_at(now),
        "risk": queries.at_risk_at(now),
        "unowned": Q(owner="") & queries.open_tickets(),
        "mine": Q(is_mine=True) & queries.open_tickets(),
    }[value]


def open_by_hand(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
    """Open a ticket about the named cases."""
    try:
        case_ids = [UUID(line) for line in given["cases"].split()]
    except ValueError:
        return Invalid.because("caseIds", "Give whole ids, one a line, as they stand in the list of cases.")
    return tickets.open_ticket(
        actor, team_id=UUID(given["team"]), title=given["title"], case_ids=case_ids, severity=given["severity"],
        due_at=end_of_day(given["due"]),
    )  # fmt: skip


def change(actor: Actor, row: RemediationTicket, given: Mapping[str, Any]) -> Any:
    """Whatever a form says about a ticket, by the one workflow that changes tickets."""
    terms: dict[str, Any] = {"note": given.get("note", "")}
    if "state" in given:
        terms["state"] = given["state"]
    if "owner" in given:
        terms["owner_id"] = UUID(given["owner"])
    if "due" in given:
        terms["due_at"] = end_of_day(given["due"])
    return tickets.change_ticket(actor, ticket_id=row.pk, **terms)


def take_up(actor: Actor, row: RemediationTicket, given: Mapping[str, Any]) -> Any:
    """Own it and begin."""
    return tickets.change_ticket(actor, ticket_id=row.pk, state=TicketState.IN_PROGRESS, owner_id=actor.user_id)


class RemediationTicketAdmin(GovernedAdmin):
    """Tickets by number, the newest first."""

    section, icon, title = SECTION, "assignment", "Remediation tickets"
    explanation = (
        "Follow-up work on a pattern of failures, opened by a rule or by hand. Each has an owner, a date and a history "
        "that is only added to. The first clock stops when somebody takes the ticket up, the second when it is done."
    )
    viewed_by = WORKERS
    searched_ids = ("pk", "links__case_id")
    list_display = ("number", "title", "team_name", "severity", "state_shown", "owner_shown", "due_shown", "cases")
    list_display_links = ("number", "title")
    list_filter: ClassVar[list[Any]] = [
        pick("standing", "standing", STANDINGS, standing_condition),
        pick("state", "state", TicketState.choices),
        pick("severity", "severity", [*SEVERITY_CHOICES, ("none", "Not stated")],
             lambda value: Q(severity_label="" if value == "none" else value)),
        pick("team", "team", teams_of_tenant, lambda team: Q(team_id=team)),
        pick("opened by", "origin", [("rule", "A rule"), ("hand", "Somebody")],
             lambda value: Q(policy__isnull=value == "hand")),
    ]  # fmt: skip
    fields = (
        "id", "number", "title", "team_name", "severity", "state_shown", "owner_shown", "opened_at", "opener", "rule",
        "response", "resolution", "resolved_at", "reopened_times",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-number",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="open",
            label="Open a ticket",
            explanation="Opens a ticket by hand about cases of one team. Rules open theirs by themselves.",
            run=open_by_hand,
            roles=WORKERS,
            form=NewTicketForm,
            done="The ticket is open.",
            on_row=False,
        ),
        Step(
            name="take",
            label="Take it up",
            explanation="You answer for it from now on, and its first clock stops.",
            run=take_up,
            roles=WORKERS,
            done="It is yours, and in progress.",
            is_offered=lambda row, actor: (
                row.state == TicketState.OPEN or (_is_open(row) and row.owner != actor.person_key)
            ),
        ),
        Step(
            name="move",
            label="Change state",
            explanation="Moves the ticket on. Rules learn of it: a pattern that happens again re-opens what was done.",
            run=change,
            roles=WORKERS,
            form=MoveForm,
            done="The ticket is moved on.",
        ),
        Step(
            name="hand_over",
            label="Hand over",
            explanation="Says who answers for the ticket.",
            run=change,
            roles=WORKERS,
            form=HandOverForm,
            done="The ticket is handed over.",
            is_offered=lambda row, actor: _is_open(row),
        ),
        Step(
            name="due",
            label="Set the date",
            explanation="Sets until when it is to be done. A clock that had run out begins anew.",
            run=change,
            roles=WORKERS,
            form=DueForm,
            done="The date is set.",
            is_offered=lambda row, actor: _is_open(row),
        ),
        Step(
            name="comment",
            label="Comment",
            explanation="Adds to the history; whoever sees the ticket reads it.",
            run=change,
            roles=WORKERS,
            form=CommentForm,
            done="The comment is kept.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RemediationTicket]:
        """With names, the number of cases, and whether it is one's own."""
        actor = actor_of(request)
        names = {f"{field}_name": name_of(field) for field in ("owner", "opened_by")}
        rows: QuerySet[RemediationTicket] = (
            super()
            .get_queryset(request)
            .select_related("policy", "rule_version")
            .annotate(
                team_label=F("team__name"),
                case_count=Count("links", distinct=True),
                is_mine=Q(owner=actor.person_key),
                **names,
            )
        )
        return rows

    owner_shown = person_column("owner", "Owner")
    opener = person_column("opened_by", "Opened by")

    @admin.display(description="Team")
    def team_name(self, row: Any) -> str:
        """Whose cases it is about."""
        return row.team_label or "–"

    @admin.display(description="Severity")
    def severity(self, row: RemediationTicket) -> str:
        """In words."""
        return row.severity_label.capitalize() or "not stated"

    @admin.display(description="State")
    def state_shown(self, row: RemediationTicket) -> str:
        """In words."""
        return row.get_state_display()

    @admin.display(description="Due")
    def due_shown(self, row: RemediationTicket) -> str:
        """The clock that counts now."""
        now = timezone.now()
        first, second = response_clock(row, now), resolution_clock(row, now)
        if first.state is ClockState.OVERDUE and second.state is not ClockState.OVERDUE:
            return f"{moment(first.due_at)}, nobody has taken it up"
        return f"{moment(second.due_at)}, {second.state}" if second.due_at else "–"

    @admin.display(description="Cases")
    def cases(self, row: Any) -> int:
        """How many it is about."""
        return int(row.case_count)

    @admin.display(description="Rule")
    def rule(self, row: RemediationTicket) -> str:
        """What has opened it."""
        return f"{row.policy.name}, version {row.rule_version.number}" if row.policy and row.rule_version else "none"

    @admin.display(description="Taken up by")
    def response(self, row: RemediationTicket) -> str:
        """The first clock."""
        clock = response_clock(row, timezone.now())
        return f"{moment(clock.due_at)}: {clock.state}" if clock.due_at else str(clock.state)

    @admin.display(description="Done by")
    def resolution(self, row: RemediationTicket) -> str:
        """The second clock."""
        clock = resolution_clock(row, timezone.now())
        return f"{moment(clock.due_at)}: {clock.state}" if clock.due_at else str(clock.state)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the ticket's id, or by a case's: every ticket that is about it."""
        if not search_term:
            return queryset, False
        condition = self._id_condition(search_term.strip())
        if condition is None:
            return queryset.none(), False
        return queryset.filter(pk__in=RemediationTicket.objects.filter(condition).values("pk")), False

    def get_related(self, request: HttpRequest, row: RemediationTicket) -> dict[str, Any]:
        """Cases, history, mirrors and what was told about it."""
        return {"panels": ticket_panels(row, shows_deliveries=Role.OFFICER in actor_of(request).roles)}


def _is_open(row: RemediationTicket) -> bool:
    return row.state in queries.UNDER_WAY
