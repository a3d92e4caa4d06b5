"""The three commands of this package, as an operator types them."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from hub.audit.models import AccessEvent
from tenants.actors import system_actor
from tenants.loading import load_token
from tenants.models import TeamGroupObjectPermission, Tenant
from tenants.scoping import acting_as
from tenants.token_keys import parse_key
from tests.cast import CONSOLE, Cast


def _run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def test_issue_token_prints_the_token_once(cast: Cast) -> None:
    code, out = _run(
        "issue_token", "--tenant", "borealis", "--user", "carol@borealis.example", "--name", "nightly",
        "--scopes", "read, raw", "--purpose", "dpv:Security", "--days", "5",
    )  # fmt: skip
    key = parse_key(out)
    assert (code, key is not None) == (0, True)
    assert key is not None
    with acting_as(cast["carol"]):
        actor, token = load_token(key, "")
    assert (sorted(actor.scopes), actor.purpose, token.name) == (["raw", "read"], "dpv:Security", "nightly")
    with acting_as(system_actor(cast.tenant("borealis").pk, "test")):
        event = AccessEvent.objects.get()
        assert (event.actor_key, event.action, event.basis) == (
            "system:issue_token",
            "token.issue",
            "system:issue_token",
        )
        assert key.secret not in str(event.__dict__)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--tenant": "nowhere"}, "There is no tenant 'nowhere'."),
        ({"--user": "nobody@acme.example"}, "There is no account 'nobody@acme.example'."),
        ({"--user": "carol@borealis.example"}, "user: There is no such active member in this tenant."),
        ({"--team": "lumen"}, "The tenant has no team 'lumen'."),
        ({"--days": "91"}, "days: Tokens of this tenant live 1 to 90 days."),
        ({"--scopes": "all"}, "scopes: There is no such scope."),
    ],
)
def test_issue_token_says_what_is_wrong(cast: Cast, change: dict[str, str], message: str) -> None:
    options = {"--tenant": "acme", "--user": "alice@acme.example", "--name": "n", "--scopes": "read", **change}
    code, said = _run("issue_token", *[part for pair in options.items() for part in pair])
    assert code == 2
    assert said.startswith(message)


def test_create_tenant_makes_teams_and_invites(cast: Cast) -> None:
    code, out = _run(
        "create_tenant", "delta", "--name", "Delta", "--team", "mouth", "--team", "source",
        "--admin", "dora@delta.example",
    )  # fmt: skip
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "Created tenant delta with 2 team(s).")
    assert parse_key(lines[1].rpartition(" ")[2]) is not None
    with acting_as(CONSOLE):
        addresses = Tenant.objects.get(slug="delta").teams.order_by("slug").values_list("address", flat=True)
        assert list(addresses) == ["delta/mouth", "delta/source"]


def test_create_tenant_makes_all_or_nothing(cast: Cast) -> None:
    code, said = _run("create_tenant", "delta", "--name", "Delta", "--team", "Not A Slug")
    assert code == 2
    assert said.startswith("slug: Use 1 to 40 lower-case letters")
    with acting_as(CONSOLE):
        assert not Tenant.objects.filter(slug="delta").exists()


def test_check_permissions_finds_what_differs(cast: Cast) -> None:
    assert _run("check_permissions") == (0, "3 tenant(s) checked, no difference.\n")
    with acting_as(CONSOLE):
        event = AccessEvent.objects.get()
        assert (event.action, event.actor_key, event.detail) == (
            "admin.view",
            "operator:check_permissions",
            {"tenants": 3, "found": 0},
        )
    with acting_as(CONSOLE):
        group = cast.user("bob").groups.get()
        TeamGroupObjectPermission.objects.filter(group=group, permission__codename="read_raw").delete()
    atlas = cast.team("acme/atlas").pk
    expected = f"acme: missing right: reader of team {atlas}, read_raw on {atlas}\n"
    found = "1 difference(s) between object permissions and memberships."
    assert _run("check_permissions") == (1, expected + found)
    assert _run("check_permissions", "--tenant", "acme") == (1, expected + found)
    assert _run("check_permissions", "--tenant", "cobalt") == (0, "1 tenant(s) checked, no difference.\n")
    assert _run("check_permissions", "--tenant", "nowhere") == (2, "There is no tenant 'nowhere'.")
