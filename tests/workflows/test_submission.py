"""Taking cases in and changing them: who may, what is recorded, and what projections follow in the same transaction."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.catalog.models import Case
from hub.escalation.services.noticing import RUN_TASK
from hub.workflows import sensitivity, submission
from hub.workflows.outcomes import CaseChanged, CaseSubmitted, CaseUnchanged, Invalid, Problem, Refusal
from hub.workflows.projection import BUILD_TASK
from tenants.roles import Scope
from tenants.scoping import acting_as
from tenants.work import due_work
from tests.cast import Cast
from tests.catalog.samples import OWN
from tests.workflows.case_steps import STEPS, changed, lowered, tagged, withdrawn
from tests.workflows.submitting import (
    backstage,
    install_profiles,
    last_event,
    projections,
    state_of,
    submitted,
)


@pytest.mark.parametrize(
    ("who", "basis"),
    [
        ("alice", "role:contributor"), ("bob", "no_role"), ("dana", "no_role"), ("rita", "no_role"),
        ("olga", "no_role"), ("erin", "no_role"), ("carol", "unknown"), ("trudy", "unknown"),
    ],
)  # fmt: skip
def test_who_may_submit(cast: Cast, who: str, basis: str) -> None:
    actor, team_id = cast[who], cast.team("acme/atlas").pk
    with acting_as(actor):
        answer = submission.submit_case(actor, team_id=team_id, draft=OWN)
    if basis.startswith("role:"):
        assert isinstance(answer, CaseSubmitted)
        assert last_event(cast, who) == ("case.submit", "allowed", basis, f"case:{answer.case_id}")
    else:
        assert answer == Refusal(basis)
        assert last_event(cast, who) == ("case.submit", "refused", basis, f"team:{team_id}")
        with backstage(cast):
            assert Case.objects.count() == 0


def test_a_submitted_case_asks_for_its_projection(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    install_profiles(cast)
    nudges: list[tuple[Any, ...]] = []
    monkeypatch.setattr("hub.workflows.nudging.nudge", lambda *parts: nudges.append(parts))
    with django_capture_on_commit_callbacks(execute=True):
        case_id = submitted(cast)
    tenant_id = cast.tenant("acme").pk
    assert nudges == [(BUILD_TASK, tenant_id), (RUN_TASK, tenant_id)]
    (pending,) = projections(cast, case_id)
    assert (pending.state, pending.data_class, pending.tlp, pending.is_restricted) == (
        "pending", "internal", "GREEN", False,
    )  # fmt: skip
    assert pending.public_id == str(case_id)
    assert [work.tenant_id for work in due_work("projections")] == [cast.tenant("acme").pk]


def test_projections_follow_every_change_of_the_case(cast: Cast) -> None:
    install_profiles(cast)
    case_id = submitted(cast)

    def columns() -> list[tuple[Any, ...]]:
        return [(row.data_class, row.tlp, row.is_restricted, row.recalled_at) for row in projections(cast, case_id)]

    alice, olga = cast["alice"], cast["olga"]
    with acting_as(alice):
        sensitivity.raise_sensitivity(alice, case_id=case_id, data_class="confidential", tlp="RED")
    assert columns() == [("confidential", "RED", False, None)]
    with acting_as(olga):
        sensitivity.lower_sensitivity(olga, case_id=case_id, tlp="GREEN", reason="published")
    assert columns() == [("confidential", "GREEN", False, None)]
    with acting_as(alice):
        sensitivity.restrict_case(alice, case_id=case_id)
        assert changed(alice, case_id) == CaseSubmitted(case_id, 2)
    assert columns() == [("confidential", "GREEN", True, None)] * 2
    with acting_as(alice):
        assert sensitivity.unrestrict_case(alice, case_id=case_id) == CaseChanged(case_id, "unrestricted")
    assert [row[2] for row in columns()] == [False, False]
    before = timezone.now()
    with acting_as(alice):
        submission.withdraw_case(alice, case_id=case_id)
    recalled = [row[3] for row in columns()]
    assert len(recalled) == 2
    assert all(moment is not None and moment >= before for moment in recalled)


def test_the_same_again_changes_nothing(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, before = cast["alice"], state_of(cast, case_id)
    with acting_as(alice):
        assert submission.edit_case(alice, case_id=case_id, draft=OWN) == CaseUnchanged(case_id, 1)
    assert state_of(cast, case_id) == before
    assert last_event(cast) == ("case.edit", "allowed", "role:contributor", f"case:{case_id}")


def test_invalid_input_is_recorded_without_a_word_of_it(cast: Cast) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    with acting_as(alice):
        answer = submission.submit_case(alice, team_id=team_id, draft={"title": "x" * 501, "facts": {}})
        assert answer == Invalid((Problem("title", "is longer than 500 characters"),))
        assert last_event(cast) == ("case.submit", "failed", "role:contributor", f"team:{team_id}")
    with backstage(cast):
        event = AccessEvent.objects.order_by("-id")[0]
        assert event.detail == {"problem": "invalid_input"}
        assert Case.objects.count() == 0


def test_an_identity_is_submitted_once(cast: Cast) -> None:
    submitted(cast)
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    with acting_as(alice):
        answer = submission.submit_case(alice, team_id=team_id, draft=OWN)
        assert answer == Invalid.because(
            "source_id", "names a case that the team has already; edit that one, or leave source and source_id out"
        )
        assert last_event(cast)[:2] == ("case.submit", "failed")


def test_a_key_without_the_right_to_raw_text_submits_and_cannot_edit(cast: Cast) -> None:
    alice = replace(cast["alice"], scopes=frozenset({Scope.CONTRIBUTE}))
    with acting_as(alice):
        answer = submission.submit_case(alice, team_id=cast.team("acme/atlas").pk, draft=OWN)
        assert isinstance(answer, CaseSubmitted)
        for name in ("changed", "noted", "uploaded"):
            assert STEPS[name](alice, answer.case_id) == Refusal("scope_missing:raw")
        assert tagged(alice, answer.case_id) == CaseChanged(answer.case_id, "tagged")
        assert lowered(alice, answer.case_id) == Refusal("scope_missing:govern")
        assert withdrawn(alice, answer.case_id) == CaseChanged(answer.case_id, "withdrawn")
