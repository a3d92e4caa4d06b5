"""Levels, tags and restriction of a case: what only rises, what takes a reason, and who is named."""

from uuid import uuid4

import pytest

from hub.catalog import queries as catalog
from hub.workflows import sensitivity, submission
from hub.workflows.outcomes import CaseChanged, CaseSubmitted, Invalid, Refusal
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member
from tests.cast import Cast
from tests.catalog.samples import OWN
from tests.workflows.case_steps import STEPS, changed, lowered, withdrawn
from tests.workflows.submitting import (
    backstage,
    state_of,
    submitted,
)


def test_levels_are_not_removed_like_tags(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, before = cast["alice"], state_of(cast, case_id)
    with acting_as(alice):
        answer = sensitivity.tag_case(alice, case_id=case_id, remove=["tlp:green"])
        assert answer == Invalid.because("remove", "levels are lowered by an officer")
        bad = sensitivity.tag_case(alice, case_id=case_id, add=["urgent"])
        assert bad == Invalid.because("add[0]", 'must be a machine tag like tlp:amber or avid:sep="P0204"')
    assert state_of(cast, case_id) == before


@pytest.mark.parametrize(
    ("levels", "reason", "problem"),
    [
        ({}, "why", ("", "name a data class, a TLP label or both")),
        ({"tlp": "PINK"}, "why", ("tlp", "must be one of: CLEAR, GREEN, AMBER, AMBER+STRICT, RED")),
        ({"data_class": "x"}, "why", ("data_class", "must be one of: public, internal, confidential, restricted")),
        ({"tlp": "CLEAR"}, "  ", ("reason", "is missing: say why the level may come down")),
        ({"tlp": "RED"}, "why", ("", "the level asked for is above the present one")),
    ],
)
def test_lowering_that_makes_no_sense(
    cast: Cast, levels: dict[str, str], reason: str, problem: tuple[str, str]
) -> None:
    case_id = submitted(cast)
    olga, before = cast["olga"], state_of(cast, case_id)
    with acting_as(olga):
        answer = sensitivity.lower_sensitivity(olga, case_id=case_id, reason=reason, **levels)
    assert answer == Invalid.because(*problem)
    assert state_of(cast, case_id) == before


def test_the_reason_for_lowering_is_kept_with_the_tag(cast: Cast) -> None:
    case_id = submitted(cast)
    olga = cast["olga"]
    with acting_as(olga):
        assert lowered(olga, case_id) == CaseChanged(case_id, "levels")
        case = catalog.find_case(case_id)
        assert case is not None
        row = catalog.tags_of(case).get(tag="tlp:clear")
        assert (row.set_by, row.reason) == (olga.person_key, "published")


def test_restriction_keeps_out_everybody_who_is_not_named(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, bob, olga = cast["alice"], cast["bob"], cast["olga"]
    with acting_as(alice):
        answer = sensitivity.restrict_case(alice, case_id=case_id, user_ids=[cast.user("dana").pk])
        assert answer == CaseChanged(case_id, "restricted")
    with acting_as(bob):
        case = catalog.find_case(case_id)
        assert case is not None
        assert catalog.current_version(case) is None
    with acting_as(olga):
        assert changed(olga, case_id) == Refusal("no_role")
        assert sensitivity.unrestrict_case(olga, case_id=case_id) == CaseChanged(case_id, "unrestricted")


def test_a_contributor_who_is_not_named_touches_nothing(cast: Cast) -> None:
    case_id = submitted(cast)
    dana = cast["dana"]
    with acting_as(dana):
        answer = submission.submit_case(
            dana, team_id=cast.team("acme/zephyr").pk, draft=OWN | {"source": "", "source_id": ""}
        )
        assert isinstance(answer, CaseSubmitted)
        sensitivity.restrict_case(dana, case_id=answer.case_id)
    # Alice joins the team, and has not been named on its case.
    with backstage(cast):
        add_member(cast.tenant("acme"), cast.user("alice"), Role.CONTRIBUTOR, cast.team("acme/zephyr"))
    alice = cast["alice"]
    for name in ("changed", "withdrawn", "noted", "tagged", "raised", "restricted"):
        before = state_of(cast, answer.case_id)
        with acting_as(alice):
            assert STEPS[name](alice, answer.case_id) == Refusal("restricted"), name
        assert state_of(cast, answer.case_id) == before
    with acting_as(alice):
        assert sensitivity.unrestrict_case(alice, case_id=answer.case_id) == Refusal("restricted")
        assert withdrawn(alice, case_id) == CaseChanged(case_id, "withdrawn")


def test_only_people_and_teams_of_the_tenant_are_named(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, before = cast["alice"], state_of(cast, case_id)
    with acting_as(alice):
        for unknown in (cast.user("carol").pk, uuid4()):
            answer = sensitivity.restrict_case(alice, case_id=case_id, user_ids=[unknown])
            assert answer == Invalid.because("user_ids", "names nobody of this tenant")
        for unknown in (cast.team("borealis/lumen").pk, uuid4()):
            answer = sensitivity.restrict_case(alice, case_id=case_id, team_ids=[unknown])
            assert answer == Invalid.because("team_ids", "names no team of this tenant")
    assert state_of(cast, case_id) == before
