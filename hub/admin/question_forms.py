"""What the questions to the access record ask for: a case, a person, a grant, and which days."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from hub.sharing.purposes import known_purposes
from hub.workflows import questioning
from tenants.models import ServiceToken, Team

from .doors import tenant_of
from .pulling import people_of_tenant
from .steps import StepForm, choice, day, identifier

USUAL_DAYS = 30
EVERY = ("", "All")


class PeriodForm(StepForm):
    """Which days; without any the last thirty."""

    since = day("First day", "Empty: thirty days ago.", required=False)
    until = day("Last day", "Empty: today.", required=False)

    def period(self) -> questioning.Period:
        """From the beginning of the first day to the end of the last."""
        first, last = self.days()
        begin, end = (datetime.combine(found, time.min, UTC) for found in (first, last + timedelta(days=1)))
        return questioning.Period(begin, end)

    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        last = _within_reason(self.cleaned_data.get("until") or timezone.now().date())
        since = self.cleaned_data.get("since")
        return _within_reason(since) if since else last - timedelta(days=USUAL_DAYS - 1), last


def _within_reason(given: date) -> date:
    """No record is older, and no calendar goes on for ever."""
    return min(max(given, date(2000, 1, 1)), date(9999, 12, 30))


class CaseForm(PeriodForm):
    """Which case."""

    case = identifier("Case", "The id of one of this organisation's cases.")
    field_order = ("case", "since", "until")

    def clean(self) -> dict[str, Any]:
        """A case there must be."""
        given = super().clean() or {}
        if "case" in given and given["case"] is None:
            self.add_error("case", "Give the id of a case.")
        return given


class ReaderForm(PeriodForm):
    """Whose reads: of a person, a token, or of everybody in a team."""

    who = choice("Person, team or token", ())
    field_order = ("who", "since", "until")

    def prepare(self) -> None:
        """Offer the tenant's people, teams and tokens."""
        tenant_id = tenant_of(self.actor)
        teams = [(f"team:{team.pk}", f"Team {team.address}") for team in Team.objects.filter(tenant_id=tenant_id)]
        tokens = ServiceToken.objects.filter(tenant_id=tenant_id).order_by("name")
        named = [(f"token:{token.pk}", f"Token {token.name} ({token.prefix}…)") for token in tokens]
        self.offer("who", [*people_of_tenant(self.actor), *teams, *named])


class TermsForm(PeriodForm):
    """Under which grant or purpose."""

    grant = identifier("Grant", "The id of a grant; or choose a purpose.")
    purpose = choice("Purpose", (), required=False)
    field_order = ("grant", "purpose", "since", "until")

    def prepare(self) -> None:
        """Offer the known purposes."""
        self.offer("purpose", [EVERY, *((purpose, purpose) for purpose in known_purposes())])

    def clean(self) -> dict[str, Any]:
        """One of them there must be."""
        given = super().clean() or {}
        if not self.errors and not given.get("grant") and not given.get("purpose"):
            self.add_error("grant", "Give a grant or choose a purpose.")
        return given
