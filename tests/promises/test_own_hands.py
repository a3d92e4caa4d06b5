"""Nobody lets himself in: not by a role, a machine's account, a name on a case, or an old emergency."""

from uuid import UUID

import pytest

from hub.audit.models import AccessEvent
from hub.catalog import queries as catalog
from hub.catalog.models import CaseText
from hub.workflows import onboarding
from hub.workflows.break_glass import open_break_glass
from hub.workflows.disclosure import RawDisclosure, disclose_raw
from hub.workflows.onboarding import Invited
from hub.workflows.outcomes import BreakGlassOpened, CaseChanged, Invalid, Refusal
from hub.workflows.sensitivity import restrict_case
from tenants.actors import ANONYMOUS, Actor, system_actor
from tenants.loading import load_token
from tenants.models import Invitation, Membership
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member, remove_member
from tenants.token_keys import parse_key
from tests.cast import CONSOLE, Cast
from tests.sharing.stage import Stage, build_stage


@pytest.fixture
def stage(db: None) -> Stage:
    """The cast on a hub with its profiles."""
    return build_stage()


@pytest.fixture
def cast(stage: Stage) -> Cast:
    """The same people."""
    return stage.cast


@pytest.fixture
def erin(cast: Cast) -> Actor:
    """The auditor, who keeps acme's members as well."""
    with acting_as(CONSOLE):
        add_member(cast.tenant("acme"), cast.user("erin"), Role.ADMINISTRATOR)
    return cast["erin"]


def _memberships(cast: Cast, name: str) -> set[tuple[str, UUID | None]]:
    with acting_as(CONSOLE):
        return set(Membership.objects.filter(user=cast.user(name)).values_list("role", "team_id"))


def _last_basis(cast: Cast) -> str:
    with acting_as(system_actor(cast.tenant("acme").pk, "test")):
        return AccessEvent.objects.order_by("-id")[0].basis


def _bearer(cast: Cast, who: str, *scopes: str) -> Actor:
    key = parse_key(cast.token(who, scopes=scopes))
    assert key is not None
    with acting_as(ANONYMOUS):
        return load_token(key, "127.0.0.1")[0]


@pytest.mark.parametrize(("role", "team"), [(Role.OFFICER, None), (Role.REVIEWER, None), (Role.READER, "acme/atlas")])
def test_an_administrator_gives_himself_no_role(cast: Cast, erin: Actor, role: Role, team: str | None) -> None:
    before = _memberships(cast, "erin")
    assert erin.user_id is not None
    acme, team_id = cast.tenant("acme").pk, cast.team(team).pk if team else None
    with acting_as(erin):
        added = onboarding.add_member(erin, tenant_id=acme, user_id=erin.user_id, role=role, team_id=team_id)
        assert added == Refusal("same_person")
    assert _last_basis(cast) == "same_person"
    with acting_as(erin):
        for email in ("erin@acme.example", " ERIN@Acme.example"):
            invited = onboarding.invite_member(erin, tenant_id=acme, email=email, role=role, team_id=team_id)
            assert invited == Refusal("same_person")
        assert Invitation.objects.count() == 0
    assert _last_basis(cast) == "same_person"
    assert _memberships(cast, "erin") == before


def test_who_invites_does_not_take_the_invitation_up(cast: Cast, erin: Actor) -> None:
    with acting_as(erin):
        invited = onboarding.invite_member(
            erin, tenant_id=cast.tenant("acme").pk, email="second.self@acme.example", role=Role.AUDITOR
        )
        assert isinstance(invited, Invited)
        joined = onboarding.accept_invitation(
            erin, secret=invited.secret, display_name="Second Self", password="a long enough sentence"
        )
    assert isinstance(joined, Invalid)
    assert joined.problems[0].path == "invitation"
    assert _last_basis(cast) == "invitation_invitation"
    with acting_as(CONSOLE):
        assert not Membership.objects.filter(user__email="second.self@acme.example").exists()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
def test_an_administrator_makes_nobody_govern(cast: Cast, erin: Actor, role: Role) -> None:
    """Two accounts of one person would be the two people that policy takes; the platform's operator stands outside."""
    before, acme = _memberships(cast, "bob"), cast.tenant("acme").pk
    with acting_as(erin):
        invited = onboarding.invite_member(erin, tenant_id=acme, email="somebody@acme.example", role=role)
        added = onboarding.add_member(erin, tenant_id=acme, user_id=cast.user("bob").pk, role=role)
        assert (invited, added) == (Refusal("needs_operator"), Refusal("needs_operator"))
        assert Invitation.objects.count() == 0
    assert _last_basis(cast) == "needs_operator"
    assert _memberships(cast, "bob") == before
    petra = cast["petra"]
    with acting_as(petra):
        made = onboarding.invite_member(petra, tenant_id=acme, email="somebody@acme.example", role=role)
    assert isinstance(made, Invited)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
def test_a_machine_governs_nothing(cast: Cast, erin: Actor, role: Role) -> None:
    with acting_as(erin):
        made = onboarding.create_service_account(
            erin, tenant_id=cast.tenant("acme").pk, slug="deputy", name="Deputy", role=role
        )
    assert isinstance(made, Invalid)
    assert made.problems[0].path == "role"
    with acting_as(CONSOLE):
        assert not Membership.objects.filter(user__is_service=True).exists()


@pytest.mark.parametrize("by", ["himself", "his team"])
def test_an_officer_names_himself_on_no_case_of_another_team(stage: Stage, by: str) -> None:
    """omar works in zephyr too, where he reads; his officer's right to restrict is no way into atlas."""
    cast, case = stage.cast, stage.submit()
    zephyr = cast.team("acme/zephyr")
    with acting_as(CONSOLE):
        add_member(cast.tenant("acme"), cast.user("omar"), Role.READER, zephyr)
    omar = cast["omar"]
    assert omar.user_id is not None
    people, teams = ([omar.user_id], []) if by == "himself" else ([], [zephyr.pk])
    with acting_as(omar):
        assert restrict_case(omar, case_id=case.pk, user_ids=people, team_ids=teams) == Refusal("same_person")
        assert disclose_raw(omar, case_id=case.pk) == Refusal("not_available")
    with acting_as(cast["alice"]):
        found = catalog.find_case(case.pk)
        assert found is not None
        assert found.is_restricted is False
    with acting_as(omar):
        answer = restrict_case(omar, case_id=case.pk, user_ids=[cast.user("bob").pk])
        assert answer == CaseChanged(case.pk, "restricted")


def _opened_by_rita(stage: Stage) -> UUID:
    case, rita = stage.submit(), stage.cast["rita"]
    with acting_as(rita):
        opened = open_break_glass(rita, case_id=case.pk, purpose="A customer is in danger.")
        assert isinstance(opened, BreakGlassOpened)
        assert isinstance(disclose_raw(rita, case_id=case.pk), RawDisclosure)
    return case.pk


@pytest.mark.parametrize(("scopes", "texts"), [(("read",), 0), (("raw",), 1)])
def test_a_token_without_the_raw_scope_does_not_profit_from_break_glass(
    stage: Stage, scopes: tuple[str, ...], texts: int
) -> None:
    case_id = _opened_by_rita(stage)
    bearer = _bearer(stage.cast, "rita", *scopes)
    with acting_as(bearer):
        # PostgreSQL's wall alone, then both.
        assert CaseText.objects.filter(case_id=case_id).count() == texts
        answer = disclose_raw(bearer, case_id=case_id)
        assert isinstance(answer, RawDisclosure) if texts else answer == Refusal("not_available")


@pytest.mark.parametrize(("role", "team"), [(Role.READER, "acme/zephyr"), (Role.OFFICER, None)])
def test_break_glass_ends_with_the_role_that_opened_it(stage: Stage, role: Role, team: str | None) -> None:
    cast = stage.cast
    case_id = _opened_by_rita(stage)
    with acting_as(CONSOLE):
        add_member(cast.tenant("acme"), cast.user("rita"), role, cast.team(team) if team else None)
        remove_member(Membership.objects.get(user=cast.user("rita"), role=Role.REVIEWER))
    rita = cast["rita"]
    with acting_as(rita):
        assert disclose_raw(rita, case_id=case_id) == Refusal("not_available")
