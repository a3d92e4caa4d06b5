"""Making and revoking tokens: one's own, a machine's, and what nobody may."""

from uuid import uuid4

import pytest

from hub.audit.models import AccessEvent
from hub.workflows.outcomes import Done, Invalid, Problem, Refusal
from hub.workflows.tokens import TokenIssued, issue_token, list_tokens, revoke_token
from tenants.actors import Actor, system_actor
from tenants.loading import load_token
from tenants.models import ServiceToken
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member, create_service_account
from tenants.token_keys import parse_key
from tests.cast import CONSOLE, Cast


def _events(cast: Cast, tenant: str = "acme") -> list[tuple[str, str, str]]:
    with acting_as(system_actor(cast.tenant(tenant).pk, "test")):
        return list(AccessEvent.objects.order_by("id").values_list("action", "outcome", "basis"))


def _administrator(cast: Cast) -> Actor:
    with acting_as(CONSOLE):
        add_member(cast.tenant("acme"), cast.user("omar"), Role.ADMINISTRATOR)
    return cast["omar"]


def _bearer(secret: str) -> Actor:
    key = parse_key(secret)
    assert key is not None
    return load_token(key, "127.0.0.1")[0]


def test_people_make_and_revoke_their_own(cast: Cast) -> None:
    alice = cast["alice"]
    with acting_as(alice):
        made = issue_token(alice, name="nightly", scopes=["read"], days=2)
        assert isinstance(made, TokenIssued)
        assert [token.pk for token in list_tokens(alice)] == [made.token_id]
        assert revoke_token(alice, token_id=made.token_id) == Done(made.token_id)
        assert ServiceToken.objects.get().revoked_at is not None
    assert made.secret not in repr(made)
    assert _events(cast) == [
        ("token.issue", "allowed", "role:contributor"),
        ("token.revoke", "allowed", "role:contributor"),
    ]


def test_an_answered_secret_opens_the_door(cast: Cast) -> None:
    alice = cast["alice"]
    with acting_as(alice):
        made = issue_token(alice, name="nightly", scopes=["read"])
        assert isinstance(made, TokenIssued)
        assert _bearer(made.secret).token_id == made.token_id


def test_a_mistake_is_named_and_nothing_is_made(cast: Cast) -> None:
    alice = cast["alice"]
    with acting_as(alice):
        answer = issue_token(alice, name="nightly", scopes=["read"], days=1000)
        assert answer == Invalid((Problem("days", "Tokens of this tenant live 1 to 90 days."),))
        assert ServiceToken.objects.count() == 0


@pytest.mark.parametrize("whose", ["bob", "carol", "nobody"])
def test_tokens_of_others_are_refused_alike(cast: Cast, whose: str) -> None:
    alice = cast["alice"]
    if whose != "nobody":
        cast.token(whose)
    token_id = uuid4()
    if whose != "nobody":
        with acting_as(cast[whose]):
            token_id = ServiceToken.objects.get(user=cast.user(whose)).pk
    user_id = uuid4() if whose == "nobody" else cast.user(whose).pk
    with acting_as(alice):
        assert revoke_token(alice, token_id=token_id) == Refusal("no_role")
        assert issue_token(alice, name="theirs", scopes=["read"], user_id=user_id) == Refusal("no_role")
    assert _events(cast)[-2:] == [("token.revoke", "refused", "no_role"), ("token.issue", "refused", "no_role")]
    if whose != "nobody":
        with acting_as(cast[whose]):
            assert ServiceToken.objects.get().revoked_at is None


def test_an_administrator_makes_tokens_for_machines_only(cast: Cast) -> None:
    omar = _administrator(cast)
    with acting_as(CONSOLE):
        machine = create_service_account(
            cast.tenant("acme"), "gate", "Release gate", role=Role.READER, team=cast.team("acme/atlas")
        )
    with acting_as(omar):
        made = issue_token(omar, name="gate", scopes=["read"], user_id=machine.pk)
        assert isinstance(made, TokenIssued)
        answer = issue_token(omar, name="as alice", scopes=["read"], user_id=cast.user("alice").pk)
        assert isinstance(answer, Invalid)
        assert answer.problems[0].path == "user"
        assert _bearer(made.secret).roles == {Role.READER}


def test_an_administrator_revokes_anybodys(cast: Cast) -> None:
    cast.token("alice")
    omar = _administrator(cast)
    with acting_as(omar):
        (token,) = list_tokens(omar)
        assert revoke_token(omar, token_id=token.pk) == Done(token.pk)
        assert revoke_token(omar, token_id=uuid4()) == Refusal("unknown")


def test_a_token_makes_no_tokens(cast: Cast) -> None:
    secret = cast.token("alice")
    with acting_as(cast["alice"]):
        bearer = _bearer(secret)
    with acting_as(bearer):
        assert issue_token(bearer, name="again", scopes=["read"]) == Refusal("needs_person")
        assert revoke_token(bearer, token_id=bearer.token_id or uuid4()) == Done(bearer.token_id)
    assert _events(cast)[-2:] == [
        ("token.issue", "refused", "needs_person"),
        ("token.revoke", "allowed", "role:contributor"),
    ]
