"""Joining by invitation over the real page: with a new account, with an existing one, and refused."""

import re

import pytest
from django.test import Client

from hub.audit.models import AccessEvent
from hub.workflows import onboarding
from tenants.actors import system_actor
from tenants.models import User
from tenants.roles import Role
from tenants.scoping import acting_as
from tests.cast import Cast

PASSWORD = "a long enough sentence"
SECRET = re.compile(r"cw_[A-Za-z0-9]+_[A-Za-z0-9]+")


def invite(cast: Cast, email: str) -> str:
    """An invitation of acme's own administrator-to-be, by the operator."""
    petra = cast["petra"]
    with acting_as(petra):
        invited = onboarding.invite_member(petra, tenant_id=cast.tenant("acme").pk, email=email, role=Role.OFFICER)
    assert isinstance(invited, onboarding.Invited)
    return invited.secret


def send(client: Client, **fields: str) -> tuple[int, str, str]:
    """Fill in the form; the status, the place it sends to, and the page."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/join").content.decode())
    assert token
    answer = client.post("/join", fields | {"csrfmiddlewaretoken": token[1]})
    return answer.status_code, answer.headers.get("Location", ""), answer.content.decode()


def joins(cast: Cast) -> list[tuple[str, str]]:
    """Outcomes and bases of joining in acme's record."""
    with acting_as(system_actor(cast.tenant("acme").pk, "test")):
        return list(AccessEvent.objects.filter(action="member.join").values_list("outcome", "actor_key"))


def test_a_newcomer_joins_and_signs_in(cast: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    secret = invite(cast, "nina@acme.example")
    answer = send(browser, invitation=f" {secret}\n", display_name="Nina", password=PASSWORD)
    assert answer[:2] == (302, "/admin/login/")
    with acting_as(cast["petra"]):
        nina = User.objects.get(email="nina@acme.example")
    assert joins(cast) == [("allowed", f"user:{nina.pk}")]
    assert nina.check_password(PASSWORD)
    # It was for once.
    other = send(Client(enforce_csrf_checks=True), invitation=secret, display_name="Nora", password=PASSWORD)
    assert (other[0], len(joins(cast))) == (422, 1)


@pytest.mark.parametrize(
    ("_case", "fields", "message"),
    [
        ("unknown invitation", {"invitation": "cw_nothing_atall", "password": PASSWORD}, "not valid"),
        ("weak password", {"password": "tiny9"}, "too short"),
    ],
)
def test_a_refusal_says_why_and_repeats_no_secret(cast: Cast, _case: str, fields: dict[str, str], message: str) -> None:
    filled = {"invitation": invite(cast, "nina@acme.example"), "display_name": "Nina"} | fields
    status, _, page = send(Client(enforce_csrf_checks=True), **filled)
    assert (status, message in page) == (422, True)
    assert SECRET.search(page) is None
    assert filled["password"] not in page
    assert joins(cast) == []


def test_the_form_wants_its_token(cast: Cast) -> None:
    secret = invite(cast, "nina@acme.example")
    answer = Client(enforce_csrf_checks=True).post("/join", {"invitation": secret, "password": PASSWORD})
    assert answer.status_code == 403
    assert joins(cast) == []
