"""How an organisation comes onto the hub: made by the operator, joined by invitation, and its first case read."""

import re

from tests.promises.asking import LIST
from tests.promises.background import wait_until
from tests.promises.test_nudges import SUBMIT

SECRET = re.compile(r"cw_[A-Za-z0-9]+_[A-Za-z0-9]+")
ROW = re.compile(r"/admin/tenants/tenant/([0-9a-f-]{36})/change/")
ISSUE = """mutation($input: IssueTokenInput!) { issueToken(input: $input) {
  __typename ... on TokenIssued { secret prefix } ... on InvalidInput { problems { path message } } } }"""
VIEWER = "{ viewer { name tenant { slug } teams { id address } roles { role team { slug } } scopes } }"
PASSWORD = "a long enough sentence of"


def invited(browser, path, **fields):
    """The secret that an invitation shows once."""
    page = browser.send(path, **fields)
    assert page.status_code == 200, page.status_code
    found = SECRET.search(page.text)
    assert found, "the page shows no invitation"
    return found[0]


def join(hub, who, secret):
    with hub.browser(who) as browser:
        page = browser.send("/join", invitation=secret, display_name=who.capitalize(), password=f"{PASSWORD} {who}")
        assert (page.status_code, page.url.path) == (200, "/admin/login/")
        again = browser.send("/join", invitation=secret, display_name="Mallory", password=PASSWORD)
        assert again.status_code == 422


def test_an_organisation_comes_onto_the_hub(hub, people):
    cast = people.cast
    # Petra, who operates the platform, lets the organisation and its first administrator in.
    with hub.browser("petra", cast.user("petra").email, cast.password("petra")) as petra:
        petra.send("/admin/tenants/tenant/new/", slug="delta", name="Delta Devices")
        listed = petra.see("/admin/tenants/tenant/").text
        tenant_id = next(
            row for row in dict.fromkeys(ROW.findall(listed))
            if "Delta Devices" in petra.see(f"/admin/tenants/tenant/{row}/change/").text
        )  # fmt: skip
        secret = invited(
            petra, f"/admin/tenants/tenant/{tenant_id}/invite/", email="ada@delta.example", role="administrator"
        )
    join(hub, "ada", secret)

    # Ada makes a team, and invites the one who will write.
    with hub.browser("ada", "ada@delta.example", f"{PASSWORD} ada") as ada:
        ada.send("/admin/tenants/team/new/", slug="forge", name="Forge")
        form = ada.see("/admin/tenants/membership/invite/").text
        team_id = re.search(r'value="([0-9a-f-]{36})"[^>]*>\s*Forge', form)[1]
        secret = invited(
            ada, "/admin/tenants/membership/invite/", email="gus@delta.example", role="contributor", team=team_id
        )
        # She governs people, not cases.
        assert ada.see("/admin/catalog/case/").status_code == 403
    join(hub, "gus", secret)

    # Gus signs in, makes himself a token in the API's own workbench, and submits by it.
    with hub.browser("gus", "gus@delta.example", f"{PASSWORD} gus", start="/graphql/ide") as gus:
        wanted = {"name": "my script", "scopes": ["READ", "RAW", "CONTRIBUTE"], "days": 1}
        answer = gus.client.post(
            "/graphql",
            json={"query": ISSUE, "variables": {"input": wanted}},
            headers={"GraphQL-Require-Preflight": "1"},
        ).json()["data"]["issueToken"]
    assert answer["__typename"] == "TokenIssued", answer
    key = answer["secret"]
    viewer = hub.ask("gus", key, VIEWER)["viewer"]
    assert viewer["tenant"] == {"slug": "delta"}
    assert viewer["teams"] == [{"id": team_id, "address": "delta/forge"}]
    assert viewer["roles"] == [{"role": "CONTRIBUTOR", "team": {"slug": "forge"}}]
    assert sorted(viewer["scopes"]) == ["CONTRIBUTE", "RAW", "READ"]

    canaries = people.canaries
    submitted = hub.ask("gus", key, SUBMIT, team=team_id, case=canaries.case("first"))["submitCase"]
    assert submitted["version"] == 1

    def own():
        return hub.ask("gus", key, LIST)["cases"]["nodes"]

    wait_until(lambda: len(own()) == 1, seconds=90, what=hub.background.tails, pause=0.5)
    (case,) = own()
    assert (case["id"], case["owner"]) == (submitted["caseId"], "delta/forge")

    # To everybody else of the hub it is not there.
    for who in ("alice", "carol"):
        token = cast.token(who)
        assert hub.ask(who, token, LIST)["cases"]["totalCount"] == 0
