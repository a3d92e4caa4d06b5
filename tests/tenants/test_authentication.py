"""Who is asking: keys, sessions, named tenants, and what each is told when it does not hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import get_hasher
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tenants.authentication import LoginBackend
from tenants.models import Membership, ServiceToken
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member, remove_member
from tests.cast import CONSOLE, Cast

Doorway = Callable[..., Client]


def test_a_key_brings_the_roles_of_its_owner(doorway: Doorway, cast: Cast) -> None:
    answer = doorway(Authorization=f"Bearer {cast.token('carol', scopes=('read',))}").get("/who").json()
    tenant, team = str(cast.tenant("borealis").pk), str(cast.team("borealis/lumen").pk)
    token = _only_token(cast, "carol")
    assert answer == {
        "actor": f"token:{token.pk}",
        "tenant": tenant,
        "roles": ["contributor"],
        "scopes": ["read"],
        "teams": [team],
        "purpose": "",
        "address": "127.0.0.1",
        "basis": "",
        "told": {
            "caseward.tenant_id": tenant,
            "caseward.team_ids": team,
            "caseward.user_id": str(cast.user("carol").pk),
            "caseward.raw_reach": "none",
        },
    }


@pytest.mark.parametrize(
    ("basis", "change"),
    [
        ("token_revoked", {"revoked_at": timezone.now()}),
        ("token_expired", {"expires_at": timezone.now() - timedelta(seconds=1)}),
        ("token_unknown", {"digest": "0" * 64}),
        ("token_unknown", {"prefix": "otherone00"}),
        ("network_refused", {"networks": ["192.0.2.0/24"]}),
    ],
)
def test_a_key_that_does_not_hold_opens_nothing(
    doorway: Doorway, cast: Cast, basis: str, change: dict[str, Any]
) -> None:
    secret = cast.token("carol")
    with acting_as(cast["carol"]):
        assert ServiceToken.objects.filter(user=cast.user("carol")).update(**change) == 1
    _assert_nobody(doorway(Authorization=f"Bearer {secret}"), basis)


def test_a_key_of_a_deactivated_person_opens_nothing(doorway: Doorway, cast: Cast) -> None:
    secret = cast.token("carol")
    _deactivate(cast, "carol")
    _assert_nobody(doorway(Authorization=f"Bearer {secret}"), "user_inactive")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer nonsense", "Basic Y2Fyb2w6cHc=", "Bearer cw_short_secret", "", "Bearer cw_" + "é" * 51]
)
def test_what_is_no_key_opens_nothing(doorway: Doorway, cast: Cast, header: str) -> None:
    client = doorway(Authorization=header)
    client.force_login(cast.user("carol"))  # a cookie beside a broken key does not help
    _assert_nobody(client, "token_malformed")


def test_a_key_has_its_own_tenant(doorway: Doorway, cast: Cast) -> None:
    bearer = f"Bearer {cast.token('carol')}"
    assert doorway(Authorization=bearer, Caseward_Tenant="borealis").get("/who").json()["basis"] == ""
    _assert_nobody(doorway(Authorization=bearer, Caseward_Tenant="acme"), "tenant_unknown")


def test_a_key_from_the_allowed_network_holds(doorway: Doorway, cast: Cast, settings: Any) -> None:
    secret = cast.token("carol")
    with acting_as(cast["carol"]):
        ServiceToken.objects.update(networks=["192.0.2.0/24", "2001:db8::/32"])
    settings.CASEWARD_TRUSTED_PROXIES = 1
    for address, basis in (
        ("192.0.2.7", ""),
        ("2001:db8::7", ""),
        ("198.51.100.7", "network_refused"),
        ("?", "network_refused"),
    ):
        # What the caller wrote himself stands further left than what the proxy saw.
        client = doorway(Authorization=f"Bearer {secret}", X_Forwarded_For=f"192.0.2.9, {address}")
        answer = client.get("/who").json()
        assert (answer["basis"], answer["address"]) == (basis, address)


def test_a_key_narrowed_to_one_team_leaves_the_others_out(doorway: Doorway, cast: Cast) -> None:
    secret = cast.token("alice")
    zephyr = cast.team("acme/zephyr")
    with acting_as(CONSOLE):
        add_member(cast.tenant("acme"), cast.user("alice"), Role.READER, zephyr)
        add_member(cast.tenant("acme"), cast.user("alice"), Role.OFFICER)
    with acting_as(cast["alice"]):
        ServiceToken.objects.update(team=zephyr)
    answer = doorway(Authorization=f"Bearer {secret}").get("/who").json()
    assert (answer["roles"], answer["teams"]) == (["reader"], [str(zephyr.pk)])


def test_a_demoted_person_loses_access_at_the_next_request(doorway: Doorway, cast: Cast) -> None:
    bearer = doorway(Authorization=f"Bearer {cast.token('bob')}")
    browser = doorway()
    browser.force_login(cast.user("bob"))
    assert [client.get("/who").json()["roles"] for client in (bearer, browser)] == [["reader"], ["reader"]]
    with acting_as(CONSOLE):
        membership = Membership.objects.get(user=cast.user("bob"))
        membership.role = Role.REVIEWER
        membership.save()
    assert [client.get("/who").json()["roles"] for client in (bearer, browser)] == [["reviewer"], ["reviewer"]]
    with acting_as(CONSOLE):
        remove_member(Membership.objects.select_related("tenant").get(user=cast.user("bob")))
    _assert_nobody(bearer, "token_revoked")
    left = browser.get("/who").json()
    assert (left["actor"], left["tenant"], left["roles"]) == (f"user:{cast.user('bob').pk}", "", [])


def test_a_session_ends_with_the_account(doorway: Doorway, cast: Cast) -> None:
    client = doorway()
    client.force_login(cast.user("dana"))
    assert client.get("/who").json()["actor"] == f"user:{cast.user('dana').pk}"
    _deactivate(cast, "dana")
    _assert_nobody(client, "session_ended")


def test_a_session_with_one_tenant_is_in_it(doorway: Doorway, cast: Cast) -> None:
    client = doorway(Caseward_Purpose="dpv:ResearchAndDevelopment")
    client.force_login(cast.user("olga"))
    answer = client.get("/who").json()
    assert (answer["tenant"], answer["roles"], answer["purpose"]) == (
        str(cast.tenant("acme").pk),
        ["officer"],
        "dpv:ResearchAndDevelopment",
    )
    assert answer["told"]["caseward.governs"] == "on"


def test_a_person_of_two_tenants_names_one(doorway: Doorway, cast: Cast) -> None:
    with acting_as(CONSOLE):
        add_member(cast.tenant("borealis"), cast.user("alice"), Role.READER, cast.team("borealis/drift"))
    client = doorway()
    client.force_login(cast.user("alice"))

    def placed(**headers: str) -> tuple[str, list[str], str]:
        answer = client.get("/who", headers=headers).json()
        return answer["tenant"], answer["roles"], answer["basis"]

    acme, borealis = str(cast.tenant("acme").pk), str(cast.tenant("borealis").pk)
    assert placed() == ("", [], "")
    assert placed(**{"Caseward-Tenant": "acme"}) == (acme, ["contributor"], "")
    assert placed(**{"Caseward-Tenant": "borealis"}) == (borealis, ["reader"], "")
    assert placed(**{"Caseward-Tenant": "cobalt"}) == ("", [], "tenant_unknown")
    session = client.session
    session["tenant_id"] = borealis
    session.save()
    assert placed() == (borealis, ["reader"], "")
    session["tenant_id"] = str(cast.tenant("cobalt").pk)
    session.save()
    assert placed() == ("", [], "tenant_unknown")


def test_the_operator_is_in_no_tenant(doorway: Doorway, cast: Cast) -> None:
    client = doorway(Caseward_Tenant="acme")
    client.force_login(cast.user("petra"))
    answer = client.get("/who").json()
    assert (answer["actor"], answer["tenant"]) == (f"operator:{cast.user('petra').pk}", "")
    assert answer["told"] == {
        "caseward.user_id": str(cast.user("petra").pk),
        "caseward.raw_reach": "none",
        "caseward.operator": "on",
    }


def test_a_purpose_that_cannot_be_read_covers_nothing(doorway: Doorway, cast: Cast) -> None:
    bearer = f"Bearer {cast.token('carol', purpose='dpv:Security')}"
    for stated, understood in (("", "dpv:Security"), ("dpv:Marketing", "dpv:Marketing"), ("a; drop", "unreadable")):
        assert doorway(Authorization=bearer, Caseward_Purpose=stated).get("/who").json()["purpose"] == understood


def test_signing_in_by_password(doorway: Doorway, cast: Cast) -> None:
    client = doorway()
    form = {"username": " Olga@ACME.example ", "password": cast.password("olga")}
    assert client.post("/sign-in", form).content == b"yes"
    assert client.get("/who").json()["actor"] == f"user:{cast.user('olga').pk}"


@pytest.mark.parametrize(
    ("_case", "username", "password"),
    [
        ("wrong password", "olga@acme.example", "the long password of omar"),
        ("unknown e-mail", "nobody@acme.example", "the long password of olga"),
        ("no e-mail", "", "the long password of olga"),
        ("NUL in the e-mail", "olga@acme.example\0", "the long password of olga"),
        ("a pattern", "olga@%", "the long password of olga"),
    ],
)
def test_a_wrong_password_signs_nobody_in(
    doorway: Doorway, cast: Cast, _case: str, username: str, password: str
) -> None:
    client = doorway()
    assert client.post("/sign-in", {"username": username, "password": password}).status_code == 403
    _assert_nobody(client, "")


def test_an_unknown_email_costs_a_hash_like_a_known_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    hasher = type(get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(
        hasher, "encode", lambda self, *args, **named: runs.append("encode") or encode(self, *args, **named)
    )
    for email in ("olga@acme.example", "nobody@acme.example"):
        runs.clear()
        with transaction.atomic():
            assert LoginBackend().authenticate(None, username=email, password="wrong") is None
        assert runs == ["encode"]


def test_a_deactivated_person_cannot_sign_in(doorway: Doorway, cast: Cast) -> None:
    _deactivate(cast, "olga")
    form = {"username": "olga@acme.example", "password": cast.password("olga")}
    assert doorway().post("/sign-in", form).status_code == 403


def test_last_use_is_written_once_a_minute(
    doorway: Doorway, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    client = doorway(Authorization=f"Bearer {cast.token('carol')}")
    with django_capture_on_commit_callbacks(execute=True) as written:
        client.get("/who")
    first = _only_token(cast, "carol").last_used_at
    assert len(written) == 1
    assert first is not None
    with django_capture_on_commit_callbacks(execute=True) as written:
        client.get("/who")
    assert written == []
    with acting_as(cast["carol"]):
        ServiceToken.objects.update(last_used_at=first - timedelta(seconds=61))
    with django_capture_on_commit_callbacks(execute=True) as written:
        client.get("/who")
    assert len(written) == 1
    assert _only_token(cast, "carol").last_used_at >= first


def _only_token(cast: Cast, name: str) -> ServiceToken:
    with acting_as(cast[name]):
        return ServiceToken.objects.get(user=cast.user(name))


def _deactivate(cast: Cast, name: str) -> None:
    with acting_as(CONSOLE):
        user = cast.user(name)
        user.is_active = False
        user.save(update_fields=["is_active"])


def _assert_nobody(client: Client, basis: str) -> None:
    answer = client.get("/who").json()
    assert answer == {
        "actor": "anonymous",
        "tenant": "",
        "roles": [],
        "scopes": [],
        "teams": [],
        "purpose": "",
        "address": "127.0.0.1",
        "basis": basis,
        "told": {"caseward.raw_reach": "none"},
    }
