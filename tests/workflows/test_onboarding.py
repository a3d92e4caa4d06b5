"""Letting organisations and people in, and out again: who may, and that each step is on record."""

from uuid import uuid4

import pytest

from hub.audit.models import AccessEvent
from hub.workflows import onboarding
from hub.workflows.onboarding import Invited, Joined
from hub.workflows.outcomes import Done, Invalid, Refusal
from tenants.actors import ANONYMOUS, Actor, system_actor
from tenants.loading import NotIdentified, load_actor
from tenants.models import Invitation, Membership, Team, Tenant, User
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member, compare_permissions
from tests.cast import CONSOLE, Cast


@pytest.fixture
def administrator(cast: Cast) -> Actor:
    """omar, who keeps acme's members as well."""
    with acting_as(CONSOLE):
        add_member(cast.tenant("acme"), cast.user("omar"), Role.ADMINISTRATOR)
    return cast["omar"]


def _events(cast: Cast, tenant: str | None = "acme") -> list[tuple[str, str, str]]:
    reader = system_actor(cast.tenant(tenant).pk, "test") if tenant else CONSOLE
    with acting_as(reader):
        return list(AccessEvent.objects.order_by("id").values_list("action", "outcome", "basis"))


def test_the_operator_lets_an_organisation_in(cast: Cast) -> None:
    petra = cast["petra"]
    with acting_as(petra):
        made = onboarding.create_tenant(petra, slug="delta", name="Delta")
        assert isinstance(made, Done)
        assert made.object_id is not None
        team = onboarding.create_team(petra, tenant_id=made.object_id, slug="mouth", name="Mouth")
        invited = onboarding.invite_member(
            petra, tenant_id=made.object_id, email="dora@delta.example", role=Role.ADMINISTRATOR
        )
        assert isinstance(invited, Invited)
        assert isinstance(team, Done)
        assert Team.objects.get(pk=team.object_id).address == "delta/mouth"
    with acting_as(ANONYMOUS):
        joined = onboarding.accept_invitation(
            ANONYMOUS, secret=invited.secret, display_name="Dora", password="a long enough sentence"
        )
    assert isinstance(joined, Joined)
    assert (joined.tenant_id, joined.role) == (made.object_id, Role.ADMINISTRATOR)
    assert _events(cast, None) == [
        ("tenant.create", "allowed", "operator"),
        ("team.create", "allowed", "operator"),
        ("member.invite", "allowed", "operator"),
    ]
    with acting_as(system_actor(joined.tenant_id, "test")):
        event = AccessEvent.objects.get()
        assert (event.action, event.actor_key) == ("member.join", f"user:{joined.user_id}")
        assert event.basis == f"invitation:{invited.invitation_id}"
        assert compare_permissions(Tenant.objects.get(slug="delta")) == []


@pytest.mark.parametrize("who", ["alice", "olga", "carol"])
def test_nobody_else_keeps_members(cast: Cast, who: str) -> None:
    actor, acme = cast[who], cast.tenant("acme")
    tenant = "borealis" if who == "carol" else "acme"
    basis = "unknown" if who == "carol" else "no_role"
    with acting_as(actor):
        for answer in (
            onboarding.create_team(actor, tenant_id=acme.pk, slug="new", name="New"),
            onboarding.invite_member(actor, tenant_id=acme.pk, email="x@acme.example", role=Role.OFFICER),
            onboarding.add_member(actor, tenant_id=acme.pk, user_id=actor.user_id or uuid4(), role=Role.OFFICER),
            onboarding.create_service_account(actor, tenant_id=acme.pk, slug="bot", name="Bot", role=Role.OFFICER),
        ):
            assert answer == Refusal(basis)
        assert onboarding.create_tenant(actor, slug="new", name="New") == Refusal("no_role")
        assert onboarding.create_team(actor, tenant_id=uuid4(), slug="new", name="New") == Refusal("unknown")
        assert onboarding.remove_member(actor, membership_id=uuid4()) == Refusal("unknown")
        closed = onboarding.set_account_active(actor, user_id=cast.user("bob").pk, is_active=False)
        assert closed == Refusal("no_role")
    assert len(_events(cast, tenant)) == 8
    assert {outcome for _, outcome, _ in _events(cast, tenant)} == {"refused"}
    with acting_as(CONSOLE):
        assert (Team.objects.count(), Invitation.objects.count(), Membership.objects.count()) == (5, 0, 11)


def test_an_administrator_gives_and_takes_roles(cast: Cast, administrator: Actor) -> None:
    acme, bob = cast.tenant("acme"), cast.user("bob")
    with acting_as(administrator):
        given = onboarding.add_member(
            administrator, tenant_id=acme.pk, user_id=bob.pk, role=Role.REVIEWER, team_id=cast.team("acme/zephyr").pk
        )
        assert isinstance(given, Done)
        assert given.object_id is not None
        assert cast["bob"].roles == {Role.READER, Role.REVIEWER}
        assert onboarding.remove_member(administrator, membership_id=given.object_id) == Done(given.object_id)
        assert cast["bob"].roles == {Role.READER}
    assert _events(cast) == [
        ("member.add", "allowed", "role:administrator"),
        ("member.remove", "allowed", "role:administrator"),
    ]


@pytest.mark.parametrize(
    ("who", "team", "field"),
    [("carol", "acme/atlas", "user"), ("bob", "borealis/lumen", "team"), ("bob", None, "team")],
)
def test_only_members_and_own_teams(cast: Cast, administrator: Actor, who: str, team: str | None, field: str) -> None:
    with acting_as(administrator):
        answer = onboarding.add_member(
            administrator,
            tenant_id=cast.tenant("acme").pk,
            user_id=cast.user(who).pk,
            role=Role.READER,
            team_id=cast.team(team).pk if team else None,
        )
        assert isinstance(answer, Invalid)
        assert answer.problems[0].path == field
        assert cast[who].tenant_id == cast.tenant_of(who).pk


def test_an_invitation_says_nothing_about_accounts(cast: Cast, administrator: Actor) -> None:
    with acting_as(administrator):
        answers = [
            onboarding.invite_member(
                administrator,
                tenant_id=cast.tenant("acme").pk,
                email=email,
                role=Role.READER,
                team_id=cast.team("acme/atlas").pk,
            )
            for email in ("carol@borealis.example", "nobody@nowhere.example")
        ]
    assert [type(answer) for answer in answers] == [Invited, Invited]


def test_a_broken_invitation_is_on_record_and_changes_nothing(cast: Cast) -> None:
    with acting_as(ANONYMOUS):
        answer = onboarding.accept_invitation(ANONYMOUS, secret="nonsense", display_name="X", password="x")
        assert isinstance(answer, Invalid)
    assert _events(cast, None) == [("member.join", "refused", "invitation_invitation")]


def test_a_weak_password_keeps_the_invitation_open(cast: Cast, administrator: Actor, settings: object) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [  # type: ignore[attr-defined]
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}}
    ]
    with acting_as(administrator):
        invited = onboarding.invite_member(
            administrator, tenant_id=cast.tenant("acme").pk, email="nina@acme.example", role=Role.AUDITOR
        )
    assert isinstance(invited, Invited)
    with acting_as(ANONYMOUS):
        answer = onboarding.accept_invitation(ANONYMOUS, secret=invited.secret, display_name="Nina", password="short")
        assert isinstance(answer, Invalid)
        assert answer.problems[0].path == "password"
        assert isinstance(
            onboarding.accept_invitation(
                ANONYMOUS, secret=invited.secret, display_name="Nina", password="a long enough sentence"
            ),
            Joined,
        )


def test_an_administrator_makes_an_account_for_a_machine(cast: Cast, administrator: Actor) -> None:
    with acting_as(administrator):
        made = onboarding.create_service_account(
            administrator,
            tenant_id=cast.tenant("acme").pk,
            slug="gate",
            name="Release gate",
            role=Role.READER,
            team_id=cast.team("acme/atlas").pk,
        )
        assert isinstance(made, Done)
        account = User.objects.get(pk=made.object_id)
        assert (account.email, account.is_service) == ("gate@acme.service.invalid", True)
        again = onboarding.create_service_account(
            administrator, tenant_id=cast.tenant("acme").pk, slug="gate", name="Again", role=Role.AUDITOR
        )
        assert isinstance(again, Invalid)
    assert _events(cast) == [("member.add", "allowed", "role:administrator")]


def test_the_operator_closes_an_account(cast: Cast) -> None:
    petra, bob = cast["petra"], cast.user("bob")
    with acting_as(petra):
        assert onboarding.set_account_active(petra, user_id=bob.pk, is_active=False) == Done(bob.pk)
        with pytest.raises(NotIdentified, match="user_inactive"):
            load_actor(bob.pk)
        assert onboarding.set_account_active(petra, user_id=bob.pk, is_active=True) == Done(bob.pk)
        assert load_actor(bob.pk).roles == {Role.READER}
        assert onboarding.set_account_active(petra, user_id=uuid4(), is_active=False) == Refusal("unknown")
    assert _events(cast, None) == [
        ("admin.change", "allowed", "operator"),
        ("admin.change", "allowed", "operator"),
        ("admin.change", "refused", "unknown"),
    ]
