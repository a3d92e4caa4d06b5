"""What the steps of a remediation ticket ask for."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from hub.escalation.conditions import SEVERITIES
from hub.escalation.models import RemediationTicket, TicketState
from tenants.models import Team
from tenants.queries import members_of
from tenants.roles import Action, roles_allowing

from .doors import tenant_of
from .steps import StepForm, choice, day, paragraph, text

SEVERITY_CHOICES = [(label, label.capitalize()) for label in reversed(SEVERITIES) if label]


class NewTicketForm(StepForm):
    """A ticket by hand."""

    team = choice("Team", (), "Whose cases it is about, and who works on it.")
    title = text("What is to be done", "Do not quote a case or name a person; the cases are linked.", max_length=200)
    cases = paragraph("Cases", "Their ids, one a line.", max_length=4_000, rows=4)
    severity = choice("Severity", [("", "Not stated"), *SEVERITY_CHOICES], required=False)
    due = day("Due", "Done by the end of this day. Empty: no date.", required=False)

    def prepare(self) -> None:
        """Offer the teams that the actor may open tickets for."""
        teams = Team.objects.filter(tenant_id=tenant_of(self.actor)).order_by("slug")
        mine = [team for team in teams if self.actor.role_for(Action.WORK_TICKET, team.pk)]
        self.offer("team", [(str(team.pk), team.name) for team in mine])

    def accept(self, problem_path: str, message: str) -> None:
        """Workflows name fields as the API does."""
        super().accept({"caseIds": "cases"}.get(problem_path, problem_path), message)


class MoveForm(StepForm):
    """Another state, and why."""

    state = choice("State", TicketState.choices, "A ticket that waits stops its clock; a resolved one has ended it.")
    note = paragraph("Note", "Optional; part of the history. Do not quote a case.", required=False, max_length=2_000)

    def prepare(self) -> None:
        """Begin with the state as it is."""
        self.fields["state"].initial = getattr(self.row, "state", "")


class HandOverForm(StepForm):
    """Somebody who answers for it from now on."""

    owner = choice("Owner", (), "People who can work on it: of its team, and officers.")
    note = paragraph("Note", "Optional; part of the history.", required=False, max_length=2_000)

    def prepare(self) -> None:
        """Offer whoever may work on the ticket."""
        self.offer("owner", [(str(user_id), name) for user_id, name in _workers(self.row)])
        if isinstance(self.row, RemediationTicket):
            self.fields["owner"].initial = self.row.owner.removeprefix("user:")

    def accept(self, problem_path: str, message: str) -> None:
        """Workflows name fields as the API does."""
        super().accept({"ownerId": "owner"}.get(problem_path, problem_path), message)


class DueForm(StepForm):
    """Another date."""

    due = day("Due", "Done by the end of this day.")
    note = paragraph("Note", "Why the date changes; part of the history.", required=False, max_length=2_000)


class CommentForm(StepForm):
    """A comment."""

    note = paragraph("Comment", "Part of the history, which is only added to. Do not quote a case.", max_length=2_000)


def _workers(ticket: Any) -> list[tuple[UUID, str]]:
    """People who may work on a ticket, by name."""
    if not isinstance(ticket, RemediationTicket):
        return []
    able = roles_allowing(Action.WORK_TICKET)
    found: dict[UUID, str] = {}
    for membership in members_of(ticket.tenant_id).filter(role__in=[role.value for role in able]):
        if membership.team_id in {None, ticket.team_id}:
            found[membership.user_id] = membership.user.display_name
    return sorted(found.items(), key=lambda entry: entry[1])


def end_of_day(value: date | None) -> datetime | None:
    """The last moment of a day, in the site's time zone."""
    if value is None:
        return None
    return timezone.make_aware(datetime.combine(value + timedelta(days=1), time.min)) - timedelta(seconds=1)
