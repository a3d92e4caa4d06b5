"""Every fact that a condition may use, from real cases: it says what is documented, and a rule acts on it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from hub.catalog.models import Case
from hub.escalation.conditions import FACTS
from hub.escalation.models import RemediationTicket, RuleMatch, Trigger
from hub.escalation.services import noticing
from hub.workflows.escalation import run_escalation
from hub.workflows.outcomes import Done
from hub.workflows.tickets import change_ticket, open_ticket
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.submitting import backstage, submitted

from .rule_documents import govern, rule, severe

pytestmark = pytest.mark.django_db(transaction=True)


def run(cast: Cast) -> int:
    return run_escalation(cast.tenant("acme").pk)


def matched(cast: Cast) -> set[UUID]:
    """Cases on which a rule has acted."""
    with backstage(cast):
        return set(RuleMatch.objects.exclude(outcome="error").values_list("case_id", flat=True))


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("error_rate > 0.2", {"impact": {"slice_error_rate": 0.31}}),
        ("drift_score >= 0.5", {"impact": {"drift_score": 0.5}}),
        ("severity == CRITICAL", {"severity": {"label": "critical"}}),
        ("kind == 'hazard'", {"kind": "hazard"}),
        ("model == 'assist-chat' && model_version == '9.9'", {"model": {"name": "assist-chat", "version": "9.9"}}),
    ],
)
def test_typed_facts_of_a_case_decide(cast: Cast, condition: str, facts: dict[str, Any]) -> None:
    govern(cast, rule(condition=condition))
    submitted(cast, **severe(1))
    wanted = submitted(cast, **severe(2, **facts))
    run(cast)
    assert matched(cast) == {wanted}


@pytest.mark.parametrize(
    ("condition", "changes"),
    [
        ("'avid:sep=\"E0402\"' in tags && failure_mode == 'E0402'", {"tags": ['avid:sep="E0402"']}),
        ("data_class >= CONFIDENTIAL", {"tags": ["data-class:confidential"]}),
        ("tlp == 'RED'", {"tags": ["tlp:red"]}),
        ("team == 'atlas' && tenant == 'acme' && tags.exists(t, t.startsWith('caseward-test'))",
         {"tags": ['caseward-test:x="1"']}),
    ],
)  # fmt: skip
def test_tags_levels_and_owners_decide(cast: Cast, condition: str, changes: dict[str, Any]) -> None:
    govern(cast, rule(condition=condition))
    submitted(cast, **severe(1) | {"tags": []})
    wanted = submitted(cast, **severe(2) | changes)
    run(cast)
    assert matched(cast) == {wanted}


def test_new_and_known_are_told_apart_by_similarity(cast: Cast) -> None:
    govern(cast, rule(condition="!is_known && similarity < 0.8"), slug="new")
    first = submitted(cast, **severe(1) | {"tags": ['avid:sep="E0402"']})
    run(cast)
    again = submitted(cast, **severe(2) | {"tags": ['avid:sep="E0402"']})
    other = submitted(cast, **severe(3, model={"name": "eta", "version": "1"}) | {"tags": ['avid:sep="P0204"']})
    run(cast)
    assert matched(cast) == {first, other}
    assert again not in matched(cast)


def age(cast: Cast, days: int, **which: Any) -> None:
    """Let cases be so many days older."""
    with backstage(cast):
        Case.objects.filter(**which).update(created_at=timezone.now() - timedelta(days=days, hours=1))


def test_age_without_a_review(cast: Cast) -> None:
    govern(cast, rule(triggers=["case_aged"], condition="age_days >= 7 && !is_reviewed"))
    kept, reviewed = submitted(cast, **severe(1)), submitted(cast, **severe(2))
    with backstage(cast):
        Case.objects.filter(pk=reviewed).update(status="accepted")
    age(cast, 8)
    run(cast)
    assert matched(cast) == {kept}


def test_age_without_an_owner_counts_after_a_review_as_well(cast: Cast) -> None:
    govern(cast, rule(triggers=["case_aged"], condition="age_days >= 7 && is_reviewed && !has_owner"))
    owned, unowned, young = (submitted(cast, **severe(number)) for number in range(3))
    alice = cast["alice"]
    with acting_as(alice):
        opened = open_ticket(alice, team_id=cast.team("acme/atlas").pk, title="Look at it", case_ids=[owned])
        assert isinstance(opened, Done)
        assert opened.object_id is not None
        change_ticket(alice, ticket_id=opened.object_id, owner_id=alice.user_id)
    age(cast, 8, pk__in=[owned, unowned])
    with backstage(cast):
        Case.objects.update(status="accepted")
    run(cast)
    run(cast)
    assert matched(cast) == {unowned}
    with backstage(cast):
        aged = Trigger.objects.filter(kind="case_aged")
        assert list(aged.values_list("case_id", "once")) == [(unowned, f"{unowned}:7")]
    assert young not in matched(cast)


def test_many_cases_age_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticing, "AGED_AT_ONCE", 2)
    for number in range(5):
        submitted(cast, **severe(number))
    age(cast, 3)
    run(cast)
    with backstage(cast):
        assert Trigger.objects.filter(kind="case_aged").count() == 5


def test_the_state_of_a_ticket_decides(cast: Cast) -> None:
    govern(cast, rule(triggers=["ticket_changed"], condition="ticket_state == 'waiting' && has_owner"))
    case_id = submitted(cast, **severe(1))
    alice = cast["alice"]
    with acting_as(alice):
        opened = open_ticket(alice, team_id=cast.team("acme/atlas").pk, title="Look at it", case_ids=[case_id])
        assert isinstance(opened, Done)
        assert opened.object_id is not None
        change_ticket(alice, ticket_id=opened.object_id, state="in_progress", owner_id=alice.user_id)
    run(cast)
    assert matched(cast) == set()
    with acting_as(alice):
        change_ticket(alice, ticket_id=opened.object_id, state="waiting")
    run(cast)
    assert matched(cast) == {case_id}
    with backstage(cast):
        assert RemediationTicket.objects.count() == 2


def test_every_fact_is_in_the_log_or_added_to_it(cast: Cast) -> None:
    submitted(cast, **severe(1))
    with backstage(cast):
        kept = set(Trigger.objects.get().facts)
    added = {"trigger", "recurrence", "similarity", "is_known"}
    of_volume = {"token_operations", "token_score"}
    assert {fact.name for fact in FACTS} - kept == added | of_volume
    assert kept - {fact.name for fact in FACTS} == {"is_restricted"}
