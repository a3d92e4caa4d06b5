"""Rules as logic: what a document may say, and what a match comes to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.escalation.rules import Decision, KnownTicket, RuleError, cluster_of, decide, parse_rule

from .rule_documents import rule

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class Memory:
    """Tickets by hand."""

    tickets: list[KnownTicket] = field(default_factory=list)

    def latest(self, cluster: str) -> KnownTicket | None:
        return next((ticket for ticket in reversed(self.tickets) if ticket.cluster == cluster), None)

    def opened_since(self, moment: datetime) -> list[KnownTicket]:
        return [ticket for ticket in self.tickets if ticket.opened_at > moment]


def known(hours_ago: float, closed_hours_ago: float | None = None, cluster: str = "c") -> KnownTicket:
    at = NOW - timedelta(hours=hours_ago)
    closed = NOW - timedelta(hours=closed_hours_ago) if closed_hours_ago is not None else None
    return KnownTicket(uuid4(), cluster, at, at, closed)


@pytest.mark.parametrize(
    ("_case", "changes", "tickets", "depth", "expected"),
    [
        ("nothing before", {}, [], 0, "opened"),
        ("another pattern", {}, [known(1, cluster="d")], 0, "opened"),
        ("its ticket is open", {}, [known(5)], 0, "recurred"),
        ("just acted", {"cool_down": "PT6H"}, [known(5)], 0, "cooled_down"),
        ("closed lately", {}, [known(50, 40)], 0, "reopened"),
        ("closed long ago", {"reopen_within": "P1D"}, [known(50, 40)], 0, "opened"),
        ("a storm", {"storm_limit": 2}, [known(0.2, cluster="d"), known(0.1, cluster="e")], 0, "folded"),
        ("a storm that is over", {"storm_limit": 2}, [known(3, cluster="d"), known(2, cluster="e")], 0, "opened"),
        ("three rules deep", {}, [], 3, "opened"),
        ("four rules deep", {}, [], 4, "capped"),
    ],
)
def test_what_a_match_comes_to(
    _case: str, changes: dict[str, Any], tickets: list[KnownTicket], depth: int, expected: str
) -> None:
    decision = decide(parse_rule(rule(**changes)), "c", NOW, depth, Memory(tickets))
    assert decision.outcome == expected
    assert decision == Decision(decision.outcome, decision.ticket)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"condition": "severity"}, "condition: must answer true or false"),
        ({"cooldown": "PT1H"}, "cooldown: is not an entry of an escalation rule"),
        ({"cool_down": "six hours"}, "cool_down: expected an ISO 8601 duration"),
        ({"triggers": ["case_read"]}, "triggers: expected a list of case_submitted"),
        ({"actions": [{"do": "notify"}]}, "actions\\[0\\].destination: names where"),
        ({"actions": [{"do": "pause_release"}]}, "one of them is open_ticket"),
        ({"quiet_hours": {"from": "22"}}, "quiet_hours: expected from and to"),
        ({"storm_limit": 0}, "storm_limit: expected a whole number"),
        ({"title": " "}, "title: expected what the ticket shall say"),
    ],
)
def test_a_document_that_cannot_be_used_says_why(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        parse_rule(rule(**changes))


def test_a_restricted_case_is_a_pattern_of_its_own() -> None:
    read, team, one, other = parse_rule(rule()), uuid4(), uuid4(), uuid4()
    facts = {"model": "assist-chat"}
    open_cluster = cluster_of(read, facts, team_id=team, restricted_case=None)
    assert open_cluster == cluster_of(read, dict(facts), team_id=team, restricted_case=None)
    assert (
        len({open_cluster, *(cluster_of(read, facts, team_id=team, restricted_case=case) for case in (one, other))})
        == 3
    )
    assert open_cluster != cluster_of(read, facts, team_id=uuid4(), restricted_case=None)


def test_quiet_hours_end_in_their_own_zone() -> None:
    quiet = parse_rule(rule(quiet_hours={"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"})).quiet_hours
    assert quiet is not None
    assert quiet.ends_at(datetime(2026, 3, 4, 22, tzinfo=UTC), 2) == datetime(2026, 3, 5, 6, tzinfo=UTC)
    assert quiet.ends_at(datetime(2026, 3, 4, 22, tzinfo=UTC), 5) is None
    assert quiet.ends_at(datetime(2026, 3, 4, 12, tzinfo=UTC), 2) is None
