"""How remediation goes, in figures: exact counts over tickets of known ages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub.escalation.models import RemediationTicket
from hub.escalation.queries import remediation_figures
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.submitting import backstage

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def days(number: float | None) -> object:
    return None if number is None else NOW + timedelta(days=number)


def make(cast: Cast, number: int, team: str = "acme/atlas", **changes: object) -> None:
    """A ticket of a team, opened a day ago."""
    with backstage(cast):
        RemediationTicket.objects.create(**{
            "id": new_id(), "tenant_id": cast.tenant("acme").pk, "team_id": cast.team(team).pk, "number": number,
            "title": "A ticket", "opened_by": "system:escalation", "opened_at": days(-1), "severity_label": "high",
            **changes,
        })  # fmt: skip


def test_counts_by_severity_and_age_and_says_how_long_it_took(cast: Cast) -> None:
    make(cast, 1, due_at=days(1))
    make(cast, 2, opened_at=days(-8), due_at=days(-1))
    make(cast, 3, opened_at=days(-8), due_at=days(-1), state="waiting", waiting_since=days(-2))
    make(cast, 4, opened_at=days(-200), severity_label="", due_at=days(30), respond_by=days(-199))
    make(cast, 5, severity_label="low", respond_by=days(1), due_at=days(9))
    make(cast, 6, state="resolved", opened_at=days(-10), resolved_at=days(-8))
    make(cast, 7, state="closed", opened_at=days(-10), resolved_at=days(-4), severity_label="low")
    make(cast, 8, opened_at=days(-3), reopened_times=2)
    make(cast, 9, state="closed", opened_at=days(-300), resolved_at=days(-299))
    make(cast, 10, team="acme/zephyr", severity_label="critical")
    olga, alice = cast["olga"], cast["alice"]
    with acting_as(olga):
        figures = remediation_figures(cast.tenant("acme").pk, NOW)
    assert dict(figures.by_severity) == {
        "critical": (1, 0, 0, 0), "high": (1, 1, 2, 0), "low": (1, 0, 0, 0), "": (0, 0, 0, 1),
    }  # fmt: skip
    assert list(figures.by_severity) == ["critical", "high", "low", ""]
    assert (figures.open, figures.overdue, figures.at_risk) == (7, 2, 2)
    assert (figures.resolved, figures.mean_time) == (2, timedelta(days=4))
    assert dict(figures.mean_time_by_severity) == {"high": timedelta(days=2), "low": timedelta(days=6)}
    assert (figures.closed, figures.recurred, figures.recurrence) == (3, 1, 1 / 3)
    with acting_as(alice):
        assert remediation_figures(cast.tenant("acme").pk, NOW).open == 6


def test_nothing_is_nothing_to_say(cast: Cast) -> None:
    with acting_as(cast["olga"]):
        figures = remediation_figures(cast.tenant("acme").pk, NOW)
    assert (figures.open, figures.mean_time, figures.recurrence, dict(figures.by_severity)) == (0, None, None, {})
