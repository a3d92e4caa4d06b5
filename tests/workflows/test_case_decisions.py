"""Who may change a case, by the whole cast; unknown cases are refused like foreign ones."""

import pytest

from hub.workflows.outcomes import CaseChanged, CaseSubmitted, Refusal
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.case_steps import (
    NEVER,
    STEPS,
)
from tests.workflows.submitting import (
    last_event,
    state_of,
    submitted,
)

WHO = ("alice", "bob", "dana", "rita", "olga", "erin", "carol", "trudy")
ROLES = {
    "changed": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "withdrawn": {"alice": "role:contributor", "bob": "no_role", "olga": "role:officer"},
    "noted": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "uploaded": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "tagged": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "raised": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "lowered": {"alice": "no_role", "bob": "no_role", "olga": "role:officer"},
    "restricted": {"alice": "role:contributor", "bob": "no_role", "olga": "role:officer"},
    "reviewed": {"alice": "no_role", "bob": "no_role", "olga": "no_role"},
}
ACTIONS = {
    "changed": "case.edit",
    "withdrawn": "case.withdraw",
    "noted": "evidence.add",
    "uploaded": "evidence.add",
    "tagged": "case.tag",
    "raised": "case.sensitivity",
    "lowered": "case.sensitivity",
    "restricted": "case.restrict",
    "reviewed": "case.review",
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", STEPS)
def test_who_may_change_a_case(cast: Cast, name: str, who: str) -> None:
    case_id = submitted(cast)
    basis = ROLES[name].get(who, "not_available")
    before = state_of(cast, case_id)
    actor = cast[who]
    with acting_as(actor):
        answer = STEPS[name](actor, case_id)
    allowed = basis.startswith("role:")
    outcome = "allowed" if allowed else "refused"
    assert last_event(cast, who) == (ACTIONS[name], outcome, basis, f"case:{case_id}")
    if allowed:
        assert isinstance(answer, CaseChanged | CaseSubmitted)
        assert state_of(cast, case_id) != before
    else:
        assert answer == Refusal(basis)
        assert state_of(cast, case_id) == before


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("who", ["alice", "olga", "carol"])
def test_unknown_cases_are_refused_like_foreign_ones(cast: Cast, name: str, who: str) -> None:
    foreign = submitted(cast) if who == "carol" else NEVER
    actor = cast[who]
    with acting_as(actor):
        assert STEPS[name](actor, NEVER) == STEPS[name](actor, foreign) == Refusal("not_available")
