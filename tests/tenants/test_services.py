"""What must hold between tenants, people, roles, invitations and tokens, whoever writes them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from guardian.shortcuts import get_objects_for_user

from tenants.actors import ANONYMOUS
from tenants.models import Invitation, Membership, ServiceToken, Team, TeamGroupObjectPermission, User
from tenants.roles import ACTIONS_OF_ROLE, Role, Scope
from tenants.scoping import acting_as
from tenants.services import (
    Unacceptable,
    accept_invitation,
    add_member,
    compare_permissions,
    create_service_account,
    create_team,
    create_tenant,
    create_user,
    derive_permissions,
    invite,
    issue_token,
    remove_member,
    revoke_token,
)
from tenants.services.groups import UserGroup
from tenants.token_keys import new_key, parse_key
from tests.cast import CONSOLE, Cast


@pytest.mark.parametrize("slug", ["", "Acme", "-acme", "acme-", "a" * 41, "a/b", "a b", "ä", "acme\0"])
def test_a_slug_is_short_and_plain(cast: Cast, slug: str) -> None:
    with acting_as(CONSOLE):
        for create in (lambda: create_tenant(slug, "A"), lambda: create_team(cast.tenant("acme"), slug, "A")):
            with pytest.raises(Unacceptable) as refused:
                create()
            assert refused.value.field == "slug"


def test_names_are_given_once(cast: Cast) -> None:
    with acting_as(CONSOLE):
        for create, field in (
            (lambda: create_tenant("acme", "Another"), "slug"),
            (lambda: create_team(cast.tenant("acme"), "atlas", "Another"), "slug"),
            (lambda: create_user("OLGA@acme.example", "Another"), "email"),
        ):
            with pytest.raises(Unacceptable) as refused:
                create()
            assert refused.value.field == field
        assert create_team(cast.tenant("cobalt"), "atlas", "Another").address == "cobalt/atlas"


@pytest.mark.parametrize(
    ("role", "team", "message"),
    [
        (Role.READER, None, "A reader works in a team: name one."),
        (Role.OFFICER, "acme/atlas", "The role officer is held in the whole tenant: leave the team out."),
        (Role.READER, "borealis/lumen", "The tenant has no such team."),
    ],
)
def test_a_role_fits_its_place(cast: Cast, role: Role, team: str | None, message: str) -> None:
    with acting_as(CONSOLE), pytest.raises(Unacceptable) as refused:
        add_member(cast.tenant("acme"), cast.user("alice"), role, cast.teams[team] if team else None)
    assert (refused.value.field, refused.value.message) == ("team", message)


def test_the_operator_joins_no_tenant(cast: Cast) -> None:
    with acting_as(CONSOLE), pytest.raises(Unacceptable, match="holds no role in a tenant"):
        add_member(cast.tenant("acme"), cast.user("petra"), Role.OFFICER)


def test_joining_twice_is_once(cast: Cast) -> None:
    with acting_as(CONSOLE):
        for _ in range(2):
            add_member(cast.tenant("acme"), cast.user("alice"), Role.READER, cast.team("acme/zephyr"))
        assert Membership.objects.filter(user=cast.user("alice")).count() == 2


def test_leaving_ends_the_tokens_with_the_last_role(cast: Cast) -> None:
    cast.token("alice")
    acme = cast.tenant("acme")
    with acting_as(CONSOLE):
        second = add_member(acme, cast.user("alice"), Role.READER, cast.team("acme/zephyr"))
        remove_member(Membership.objects.get(user=cast.user("alice"), role=Role.CONTRIBUTOR))
    with acting_as(cast["alice"]):
        assert ServiceToken.objects.get().revoked_at is None
    with acting_as(CONSOLE):
        remove_member(second)
        assert compare_permissions(acme) == []
    with acting_as(cast["bob"]):
        assert ServiceToken.objects.get().revoked_at is not None


def test_a_token_is_stored_as_a_digest_of_its_secret(cast: Cast) -> None:
    with acting_as(cast["alice"]):
        token, key = issue_token(cast.tenant("acme"), cast.user("alice"), "nightly", ["read", Scope.RAW], days=3)
        token.refresh_from_db()
    assert parse_key(key.text) == key
    assert (token.prefix, token.digest, token.scopes) == (key.prefix, key.digest, ["raw", "read"])
    assert key.secret not in repr(key) + repr(token) + str(token.__dict__)
    assert timedelta(days=3) - (token.expires_at - timezone.now()) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["everything"]}),
        ("days", {"days": 91}),
        ("days", {"days": 0}),
        ("name", {"name": " "}),
        ("purpose", {"purpose": "a purpose; with words"}),
        ("networks", {"networks": ["192.0.2.0/33"]}),
        ("user", {"user": "carol"}),
        ("user", {"team": "acme/zephyr"}),
    ],
)
def test_a_token_that_breaks_a_rule_is_not_made(cast: Cast, field: str, change: dict[str, Any]) -> None:
    terms: dict[str, Any] = {"user": "alice", "name": "nightly", "scopes": ["read"], **change}
    user = cast.user(terms.pop("user"))
    if "team" in terms:
        terms["team"] = cast.team(terms["team"])
    with acting_as(cast["alice"]):
        with pytest.raises(Unacceptable) as refused:
            issue_token(cast.tenant("acme"), user, terms.pop("name"), terms.pop("scopes"), **terms)
        assert refused.value.field == field
        assert ServiceToken.objects.count() == 0


def test_the_tenant_caps_how_long_a_token_lives(cast: Cast) -> None:
    acme = cast.tenant("acme")
    acme.token_max_days = 7
    with acting_as(cast["alice"]):
        token, _ = issue_token(acme, cast.user("alice"), "nightly", ["read"])
        with pytest.raises(Unacceptable, match="live 1 to 7 days"):
            issue_token(acme, cast.user("alice"), "nightly", ["read"], days=8)
    assert (token.expires_at - timezone.now()).days == 6


def test_a_revoked_token_stays_as_it_ended(cast: Cast) -> None:
    with acting_as(cast["alice"]):
        token, _ = issue_token(cast.tenant("acme"), cast.user("alice"), "nightly", ["read"])
        revoke_token(token)
        ended = token.revoked_at
        revoke_token(token)
        assert ServiceToken.objects.get(pk=token.pk).revoked_at == ended


def test_an_invitation_lets_a_new_person_in_once(cast: Cast) -> None:
    with acting_as(CONSOLE):
        invitation, key = invite(cast.tenant("acme"), "Nina@acme.example", Role.READER, team=cast.team("acme/atlas"))
        membership = accept_invitation(key.text, display_name="Nina", password="a long enough sentence")
        assert (membership.role, membership.team, membership.user.email) == (
            "reader",
            cast.team("acme/atlas"),
            "nina@acme.example",
        )
        assert membership.user.check_password("a long enough sentence")
        assert Invitation.objects.get(pk=invitation.pk).accepted_at is not None
        with pytest.raises(Unacceptable, match="not valid"):
            accept_invitation(key.text, display_name="Nina", password="a long enough sentence")
        assert compare_permissions(cast.tenant("acme")) == []


def test_an_invitation_is_taken_up_by_nobody_in_particular(cast: Cast) -> None:
    """The acceptance runs before anybody is signed in: the secret alone carries it."""
    with acting_as(cast["olga"]):
        _, key = invite(cast.tenant("acme"), "nina@acme.example", Role.AUDITOR, invited_by=cast.user("olga").pk)
    with acting_as(ANONYMOUS):
        assert accept_invitation(key.text, display_name="Nina", password="a long enough sentence").role == "auditor"
        assert User.objects.count() == 0


def test_an_invitation_to_somebody_with_an_account_needs_that_person(cast: Cast) -> None:
    with acting_as(CONSOLE):
        _, key = invite(cast.tenant("acme"), "carol@borealis.example", Role.AUDITOR)
    for other in (None, cast.user("dave").pk):
        with acting_as(cast["dave"]), pytest.raises(Unacceptable, match="Sign in with the e-mail address"):
            accept_invitation(key.text, signed_in_as=other, display_name="Carol", password="a long enough sentence")
    with acting_as(cast["carol"]):
        assert accept_invitation(key.text, signed_in_as=cast.user("carol").pk).tenant == cast.tenant("acme")


@pytest.mark.parametrize("change", [{"expires_at": timezone.now()}, {"accepted_at": timezone.now()}, {"digest": "0"}])
def test_an_invitation_that_ended_is_like_none(cast: Cast, change: dict[str, Any]) -> None:
    with acting_as(CONSOLE):
        _, key = invite(cast.tenant("acme"), "nina@acme.example", Role.AUDITOR)
        Invitation.objects.update(**change)
        for secret in (key.text, new_key().text, "nonsense"):
            with pytest.raises(Unacceptable, match=r"^invitation: This invitation is not valid, or not any more\."):
                accept_invitation(secret, display_name="Nina", password="a long enough sentence")


def test_a_service_account_has_a_role_and_no_password(cast: Cast) -> None:
    with acting_as(CONSOLE):
        account = create_service_account(
            cast.tenant("acme"), "gate", "Release gate", role=Role.READER, team=cast.team("acme/atlas")
        )
        assert (account.email, account.is_service, account.has_usable_password()) == (
            "gate@acme.service.invalid",
            True,
            False,
        )
        assert account.is_staff is False


def test_object_permissions_follow_the_memberships(cast: Cast) -> None:
    acme, atlas, bob = cast.tenant("acme"), cast.team("acme/atlas"), cast.user("bob")
    with acting_as(CONSOLE):
        bob.refresh_from_db()
        groups = list(bob.groups.all())
        assert len(groups) == 1
        rights = TeamGroupObjectPermission.objects.filter(group=groups[0])
        assert {right.content_object_id for right in rights} == {atlas.pk}
        assert set(rights.values_list("permission__codename", flat=True)) == set(ACTIONS_OF_ROLE[Role.READER])
        remove_member(Membership.objects.select_related("tenant").get(user=bob))
        assert list(bob.groups.all()) == []
        assert Group.objects.filter(pk=groups[0].pk).exists()  # a restricted case may name it
        assert compare_permissions(acme) == []


def test_differences_are_found_and_mended(cast: Cast) -> None:
    acme, atlas = cast.tenant("acme"), cast.team("acme/atlas")
    bob, dana = cast.user("bob"), cast.user("dana")
    with acting_as(CONSOLE):
        group = bob.groups.get()
        UserGroup.objects.filter(user=bob).delete()
        UserGroup.objects.create(user=dana, group=group)
        TeamGroupObjectPermission.objects.filter(group=group, permission__codename="read_raw").delete()
        stray = Permission.objects.get(codename="issue_grant", content_type__model="team")
        TeamGroupObjectPermission.objects.create(group=group, permission=stray, content_object=atlas)
        Membership(tenant=acme, user=bob, role=Role.ADMINISTRATOR).save(force_insert=True)
        assert compare_permissions(acme) == sorted(
            [
                "missing group: administrator of the tenant",
                f"missing member: reader of team {atlas.pk}, user {bob.pk}",
                f"missing right: reader of team {atlas.pk}, read_raw on {atlas.pk}",
                f"superfluous member: reader of team {atlas.pk}, user {dana.pk}",
                f"superfluous right: reader of team {atlas.pk}, issue_grant on {atlas.pk}",
            ]
        )
        assert compare_permissions(cast.tenant("borealis")) == []
        derive_permissions(acme)
        assert compare_permissions(acme) == []


def test_guardian_answers_by_the_derived_rows(cast: Cast) -> None:
    with acting_as(cast["alice"]):
        teams = get_objects_for_user(cast.user("alice"), "submit_case", Team, with_superuser=False)
        assert [team.address for team in teams] == ["acme/atlas"]
    with acting_as(cast["bob"]):
        assert list(get_objects_for_user(cast.user("bob"), "submit_case", Team, with_superuser=False)) == []
