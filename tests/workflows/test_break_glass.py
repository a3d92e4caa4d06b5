"""Break-glass opens the raw of one case to one person for a while, and everybody who should knows."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.catalog.models import BreakGlass, Case
from hub.catalog.queries import find_case
from hub.workflows.break_glass import close_break_glass, list_open_break_glass, open_break_glass
from hub.workflows.disclosure import RawDisclosure, disclose_raw
from hub.workflows.outcomes import BreakGlassOpened, Done, Invalid, Refusal
from tenants.scoping import acting_as
from tests.sharing.stage import NAME, Stage


def ask(stage: Stage, who: str, workflow: Any, **arguments: Any) -> Any:
    actor = stage.actor(who)
    with acting_as(actor):
        return workflow(actor, **arguments)


def opened_by_rita(stage: Stage, case: Case) -> BreakGlassOpened:
    answer = ask(stage, "rita", open_break_glass, case_id=case.pk, purpose="A customer is in danger.", minutes=30)
    assert isinstance(answer, BreakGlassOpened), answer
    return answer


def test_a_reviewer_of_another_team_reads_the_raw_of_this_one_case(stage: Stage) -> None:
    case, other = stage.submit(title="First"), stage.submit(title="Second")
    assert ask(stage, "rita", disclose_raw, case_id=case.pk) == Refusal("not_available")
    answer = opened_by_rita(stage, case)
    assert timedelta(minutes=29) < answer.expires_at - timezone.now() <= timedelta(minutes=30)

    raw = ask(stage, "rita", disclose_raw, case_id=case.pk)
    assert isinstance(raw, RawDisclosure)
    assert NAME in raw.document["summary"]
    assert raw.basis == f"break_glass:{answer.break_glass_id}"
    assert ask(stage, "rita", disclose_raw, case_id=other.pk) == Refusal("not_available")
    assert ask(stage, "dana", disclose_raw, case_id=case.pk) == Refusal("not_available")
    assert stage.count_events(action="break_glass.open", outcome="allowed") == 1


def test_it_ends_by_itself(stage: Stage) -> None:
    case = stage.submit()
    opened_by_rita(stage, case)
    with stage.backstage():
        BreakGlass.objects.update(
            opened_at=timezone.now() - timedelta(minutes=31), expires_at=timezone.now() - timedelta(minutes=1)
        )
    assert ask(stage, "rita", disclose_raw, case_id=case.pk) == Refusal("not_available")
    (waiting,) = ask(stage, "olga", list_open_break_glass)
    assert waiting.is_running is False


def test_an_officer_closes_it_with_a_finding_and_that_ends_it(stage: Stage) -> None:
    case = stage.submit()
    opened = opened_by_rita(stage, case)
    (waiting,) = ask(stage, "olga", list_open_break_glass)
    assert (waiting.case_id, waiting.person, waiting.purpose, waiting.is_running) == (
        case.pk, "Rita", "A customer is in danger.", True,
    )  # fmt: skip
    assert isinstance(ask(stage, "olga", close_break_glass, break_glass_id=opened.break_glass_id, finding=""), Invalid)
    answer = ask(stage, "olga", close_break_glass, break_glass_id=opened.break_glass_id, finding="Justified.")
    assert answer == Done(opened.break_glass_id)
    assert ask(stage, "rita", disclose_raw, case_id=case.pk) == Refusal("not_available")
    assert ask(stage, "olga", list_open_break_glass) == ()
    again = ask(stage, "omar", close_break_glass, break_glass_id=opened.break_glass_id, finding="Twice.")
    assert again == Refusal("closed")
    assert stage.count_events(action="break_glass.close", outcome="allowed") == 1


def test_officers_get_a_message_without_a_word_of_the_case(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    case = stage.submit()
    with django_capture_on_commit_callbacks(execute=True):
        opened = opened_by_rita(stage, case)
    (message,) = mail.outbox
    assert sorted(message.to) == ["olga@acme.example", "omar@acme.example"]
    assert str(opened.case_id) in message.body
    for private in (NAME, "refund", "customer is in danger"):
        assert private not in message.body + message.subject


@pytest.mark.parametrize("who", ["alice", "bob", "dana", "olga", "erin", "carol", "oscar"])
def test_nobody_but_a_reviewer_of_the_tenant_opens_it(stage: Stage, who: str) -> None:
    case = stage.submit()
    answer = ask(stage, who, open_break_glass, case_id=case.pk, purpose="Curious.")
    assert isinstance(answer, Refusal)
    assert stage.count_events(action="break_glass.open", outcome="allowed") == 0
    with stage.backstage():
        assert BreakGlass.objects.count() == 0


def test_unknown_cases_and_those_of_another_tenant_are_refused_alike(stage: Stage) -> None:
    foreign = stage.submit("carol")
    answers = [
        ask(stage, "rita", open_break_glass, case_id=case_id, purpose="Curious.")
        for case_id in (foreign.pk, uuid4(), UUID(int=0))
    ]
    assert answers == [Refusal("unknown")] * 3


@pytest.mark.parametrize(
    ("changes", "path"), [({"purpose": " "}, "purpose"), ({"minutes": 61}, "minutes"), ({"minutes": 0}, "minutes")]
)
def test_a_purpose_and_an_hour_at_most(stage: Stage, changes: dict[str, Any], path: str) -> None:
    case = stage.submit()
    answer = ask(stage, "rita", open_break_glass, **{"case_id": case.pk, "purpose": "Because.", **changes})
    assert isinstance(answer, Invalid)
    assert answer.problems[0].path == path


def test_the_database_knows_the_hour_too(stage: Stage) -> None:
    case = stage.submit()
    opened = opened_by_rita(stage, case)
    with stage.backstage(), pytest.raises(IntegrityError, match="within_an_hour"), transaction.atomic():
        BreakGlass.objects.filter(pk=opened.break_glass_id).update(expires_at=timezone.now() + timedelta(hours=2))


def test_it_opens_a_restricted_case_too(stage: Stage) -> None:
    case = stage.submit()
    with stage.backstage():
        Case.objects.update(is_restricted=True)
    rita = stage.actor("rita")
    with acting_as(rita):
        assert find_case(case.pk) is None
    opened_by_rita(stage, case)
    with acting_as(rita):
        assert find_case(case.pk) is not None
