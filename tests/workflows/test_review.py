"""Reviewing: by a reviewer of the team, of the version that stands, by nobody who wrote it."""

from uuid import UUID

import pytest

from hub.catalog.models import Review
from hub.workflows.outcomes import CaseChanged, Invalid, Refusal
from hub.workflows.review import review_case
from hub.workflows.submission import edit_case
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member
from tests.cast import Cast
from tests.catalog.samples import OWN
from tests.workflows.submitting import backstage, last_event, submitted

STALE = Invalid.because("version", "is not what the case says now; read the current version and decide again")


@pytest.fixture
def case_id(cast: Cast) -> UUID:
    """A case of alice's; rita has become a reviewer of the whole tenant, and alice of her team."""
    with backstage(cast):
        add_member(cast.tenant("acme"), cast.user("rita"), Role.REVIEWER, None)
        add_member(cast.tenant("acme"), cast.user("alice"), Role.REVIEWER, cast.team("acme/atlas"))
    return submitted(cast)


def test_a_reviewer_accepts_and_returns(cast: Cast, case_id: UUID) -> None:
    rita = cast["rita"]
    with acting_as(rita):
        assert review_case(rita, case_id=case_id, version=1, verdict="return", note="Which queue?") == CaseChanged(
            case_id, "returned"
        )
        assert review_case(rita, case_id=case_id, version=1, verdict="accept") == CaseChanged(case_id, "accepted")
        assert [(row.reviewer, row.verdict, row.note) for row in Review.objects.order_by("pk")] == [
            (rita.person_key, "return", "Which queue?"),
            (rita.person_key, "accept", ""),
        ]
    assert last_event(cast) == ("case.review", "allowed", "role:reviewer", f"case:{case_id}")


def test_an_author_reviews_nothing_of_hers(cast: Cast, case_id: UUID) -> None:
    alice = cast["alice"]
    with acting_as(alice):
        assert review_case(alice, case_id=case_id, version=1, verdict="accept") == Refusal("not_independent")
    assert last_event(cast) == ("case.review", "refused", "not_independent", f"case:{case_id}")
    with backstage(cast):
        assert Review.objects.count() == 0


@pytest.mark.parametrize("version", [0, 1, 3])
def test_another_version_is_not_reviewed(cast: Cast, case_id: UUID, version: int) -> None:
    alice, rita = cast["alice"], cast["rita"]
    with acting_as(alice):
        edit_case(alice, case_id=case_id, draft=OWN | {"summary": "New."})
    with acting_as(rita):
        assert review_case(rita, case_id=case_id, version=version, verdict="accept") == STALE


@pytest.mark.parametrize(
    ("verdict", "note", "path", "message"),
    [
        ("maybe", "", "verdict", "must be one of: accept, return"),
        ("accept", "a\x00", "note", "contains a NUL character; remove it or attach the material as a binary file"),
        ("accept", "x" * 20_001, "note", "is longer than 20000 characters"),
    ],
)
def test_bad_verdicts(cast: Cast, case_id: UUID, verdict: str, note: str, path: str, message: str) -> None:
    rita = cast["rita"]
    with acting_as(rita):
        answer = review_case(rita, case_id=case_id, version=1, verdict=verdict, note=note)
    assert answer == Invalid.because(path, message)
    with backstage(cast):
        assert Review.objects.count() == 0
