"""Who may do what at home: the role table, scopes, places, and the refusals that look alike."""

from uuid import uuid4

import pytest

from tenants.actors import ANONYMOUS, Actor, ActorKind, HeldRole, RawReach, system_actor
from tenants.decisions import Decision, allow, refuse
from tenants.models import Membership
from tenants.permissions import decide
from tenants.roles import ACTIONS_OF_ROLE, SCOPE_OF_ACTION, Action, Role, Scope, roles_allowing
from tenants.scoping import acting_as
from tests.cast import CONSOLE, Cast


def _decide(cast: Cast, who: str, action: Action, place: str | None) -> Decision:
    on = None if place is None else cast.teams.get(place) or cast.tenants[place]
    with acting_as(cast[who]):
        return decide(cast[who], action, on=on)


@pytest.mark.parametrize(
    ("who", "action", "place", "expected"),
    [
        ("alice", Action.SUBMIT_CASE, "acme/atlas", allow("role:contributor")),
        ("bob", Action.SUBMIT_CASE, "acme/atlas", refuse("no_role")),
        ("bob", Action.READ_RAW, "acme/atlas", allow("role:reader")),
        ("dana", Action.READ_RAW, "acme/atlas", refuse("no_role")),
        ("rita", Action.BREAK_GLASS, "acme/zephyr", allow("role:reviewer")),
        ("olga", Action.ISSUE_GRANT, "acme/atlas", allow("role:officer")),
        ("olga", Action.READ_RAW, "acme/atlas", refuse("no_role")),
        ("olga", Action.DRAFT_POLICY, "acme", allow("role:officer")),
        ("alice", Action.DRAFT_POLICY, "acme", refuse("no_role")),
        ("erin", Action.VIEW_AUDIT, "acme", allow("role:auditor")),
        ("erin", Action.VIEW_AUDIT, None, allow("role:auditor")),
        ("olga", Action.VIEW_AUDIT, None, refuse("no_role")),
        ("alice", Action.MANAGE_OWN_TOKENS, "acme", allow("role:contributor")),
        ("alice", Action.READ_SHARED, None, allow("role:contributor")),
        ("olga", Action.READ_SHARED, None, refuse("no_role")),
        ("olga", Action.ISSUE_GRANT, None, refuse("unknown")),
        ("olga", Action.ISSUE_GRANT, "borealis/lumen", refuse("unknown")),
        ("olga", Action.DRAFT_POLICY, "borealis", refuse("unknown")),
        ("petra", Action.OPERATE_PLATFORM, None, allow("operator")),
        ("petra", Action.MANAGE_MEMBERS, "acme", allow("operator")),
        ("petra", Action.MANAGE_MEMBERS, None, refuse("no_role")),
        ("petra", Action.READ_RAW, "acme/atlas", refuse("no_role")),
        ("petra", Action.VIEW_AUDIT, "acme", refuse("no_role")),
        ("olga", Action.OPERATE_PLATFORM, None, refuse("no_role")),
    ],
)
def test_roles_decide(cast: Cast, who: str, action: Action, place: str | None, expected: Decision) -> None:
    assert _decide(cast, who, action, place) == expected


def test_an_unknown_team_and_a_foreign_one_cost_the_same(cast: Cast, django_assert_num_queries: object) -> None:
    with acting_as(cast["olga"]):
        olga = cast["olga"]
        for team_id in (uuid4(), cast.team("borealis/lumen").pk):
            with django_assert_num_queries(1):  # type: ignore[operator]
                assert decide(olga, Action.ISSUE_GRANT, on=team_id) == refuse("unknown")
        assert decide(olga, Action.ISSUE_GRANT, on=cast.team("acme/atlas").pk) == allow("role:officer")


@pytest.mark.parametrize("action", list(Action))
def test_each_action_needs_its_scope(action: Action) -> None:
    needed = SCOPE_OF_ACTION[action]
    tenant_id, team_id = uuid4(), uuid4()
    actor = Actor(
        kind=ActorKind.TOKEN,
        tenant_id=tenant_id,
        user_id=uuid4(),
        held=tuple(HeldRole(role, place) for role in Role for place in (None, team_id)),
        scopes=frozenset(set(Scope) - {needed}),
    )
    expected = "no_role" if action is Action.OPERATE_PLATFORM else f"scope_missing:{needed.value}"
    assert decide(actor, action, on=None) == refuse(expected)


def test_no_one_signed_in_and_no_tenant_named(cast: Cast) -> None:
    atlas = cast.team("acme/atlas")
    assert decide(ANONYMOUS, Action.READ_SHARED, on=atlas) == refuse("signed_out")
    placeless = Actor(kind=ActorKind.USER, user_id=cast.user("alice").pk)
    assert decide(placeless, Action.SUBMIT_CASE, on=atlas) == refuse("no_tenant")


def test_background_work_does_what_needs_no_person(cast: Cast) -> None:
    worker = system_actor(cast.tenant("acme").pk, "projections")
    with acting_as(worker):
        assert decide(worker, Action.TAG_CASE, on=cast.team("acme/atlas")) == allow("system:projections")
        assert decide(worker, Action.ACTIVATE_POLICY, on=cast.tenant("acme")) == refuse("needs_person")
        assert decide(worker, Action.TAG_CASE, on=cast.team("borealis/lumen")) == refuse("unknown")


@pytest.mark.parametrize(
    ("who", "reach", "governs"),
    [
        ("alice", RawReach.TEAM, False),
        ("bob", RawReach.TEAM, False),
        ("rita", RawReach.TEAM, False),
        ("olga", RawReach.NONE, True),
        ("erin", RawReach.NONE, False),
        ("petra", RawReach.NONE, False),
    ],
)
def test_how_far_raw_reaches(cast: Cast, who: str, reach: RawReach, governs: bool) -> None:
    assert (cast[who].raw_reach, cast[who].governs_tenant) == (reach, governs)


def test_a_reviewer_of_the_whole_tenant_reaches_all_raw(cast: Cast) -> None:
    with acting_as(CONSOLE):
        Membership.objects.filter(user=cast.user("rita")).update(team=None)
    assert (cast["rita"].raw_reach, cast["rita"].governs_tenant) == (RawReach.TENANT, True)


def test_the_role_table() -> None:
    assert roles_allowing(Action.READ_RAW) == {Role.READER, Role.CONTRIBUTOR, Role.REVIEWER}
    assert roles_allowing(Action.ISSUE_GRANT) == {Role.OFFICER}
    assert roles_allowing(Action.VIEW_AUDIT) == {Role.AUDITOR}
    assert roles_allowing(Action.OPERATE_PLATFORM) == frozenset()
    assert set(SCOPE_OF_ACTION) == set(Action)
    assert set(ACTIONS_OF_ROLE) == set(Role)
    # Whoever sets policy or keeps members reads no raw text by it.
    for role in (Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR):
        assert Action.READ_RAW not in ACTIONS_OF_ROLE[role]
