"""The whole thread, by real processes over HTTP: submitted, redacted, shared, read, revoked, and on record."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from hub.workflows.keeping import verify_record
from tests.promises.asking import CASE, LIST, RAW
from tests.promises.background import wait_until
from tests.promises.test_nudges import SUBMIT
from tests.world import PURPOSE

SHARE = (
    "mutation($team: ID!, $terms: GrantTermsInput!) { issueGrant(teamId: $team, terms: $terms)"
    " { __typename ... on GrantChanged { grantId state coveredCases } } }"
)
WHOLE = """query($id: ID!) { case(id: $id) { ... on Case {
  id title summary kind owner tags model { name version } severity { label score } occurred { from to }
  writeUp { hypotheses results remediation } evidence { name kind payload } sensitivity { dataClass tlp } } } }"""
DISCLOSURES = "{ disclosures(first: 50) { nodes { reader caseIds fields grantIds isRaw purpose readerTenantId } } }"
EVENTS = (
    "query($f: AccessEventFilter) { accessEvents(first: 50, filter: $f)"
    " { nodes { actor action outcome basis objectKind objectId } } }"
)


@pytest.fixture(scope="module")
def keys(people):
    """Everybody's service token for the purpose of the grant."""
    names = ("alice", "bob", "dana", "carol", "dave", "olga", "erin")
    return {who: people.cast.token(who, purpose=PURPOSE) for who in names}


def test_a_case_goes_all_the_way_and_back(hub, people, keys):
    cast, canaries = people.cast, people.canaries

    def ask(who, query, **variables):
        return hub.ask(who, keys[who], query, **variables)

    def titles(who):
        return [node["title"] for node in ask(who, LIST)["cases"]["nodes"]]

    # Alice submits; olga shares with carol's team, alone, since the template admits it.
    team = str(cast.team("acme/atlas").pk)
    case_id = ask("alice", SUBMIT, team=team, case=canaries.case("thread"))["submitCase"]["caseId"]
    terms = {
        "recipient": "borealis/lumen", "profile": "partner", "purpose": PURPOSE, "ceilingClass": "RESTRICTED",
        "ceilingTlp": "AMBER", "expiresAt": (timezone.now() + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    granted = ask("olga", SHARE, team=team, terms=terms)["issueGrant"]
    assert (granted["state"], granted["coveredCases"]) == ("ACTIVE", 1)
    grant_id = granted["grantId"]

    # The worker builds; nobody does anything for it.
    seconds = wait_until(lambda: len(titles("carol")) == 1, seconds=90, what=hub.background.tails, pause=0.5)
    print(f"shared after {seconds:.1f} s")

    # Carol reads what failed, and nobody's name; the other teams read nothing; alice reads what she wrote.
    (listed,) = ask("carol", LIST)["cases"]["nodes"]
    shared = ask("carol", WHOLE, id=listed["id"])["case"]
    assert shared["owner"] == "acme/atlas"
    assert shared["kind"] == "INCIDENT"
    assert shared["model"] == {"name": "refund-bot", "version": "2.1.0"}
    assert shared["severity"]["label"] == "HIGH"
    assert shared["writeUp"]["remediation"][1] == "Ground refund answers in the policy text"
    assert shared["tags"] == ['avid:lifecycle="L05"', 'avid:sep="P0204"']
    assert shared["sensitivity"]["tlp"] == "AMBER"
    assert [item["name"] for item in shared["evidence"]] == ["transcript", "features"]
    assert canaries.found_in(str(shared)) == []
    assert titles("dave") == titles("dana") == []
    raw = ask("alice", RAW, id=case_id)["rawCase"]
    assert raw["document"]["title"] == canaries.case("thread")["title"]
    assert {leak.planted.value for leak in canaries.found_in(str(raw))} == {v for _, v in canaries.values.values()}
    wait_until(lambda: len(titles("bob")) == 1, seconds=60, what=hub.background.tails, pause=0.5)

    # Olga sees in the officers' site what is shared with whom, and ends it.
    with hub.browser("olga", cast.user("olga").email, cast.password("olga")) as olga:
        page = olga.see(f"/admin/sharing/sharinggrant/{grant_id}/change/").text
        assert "borealis/lumen" in page
        assert case_id in olga.see("/admin/catalog/case/").text
        after = olga.send(f"/admin/sharing/sharinggrant/{grant_id}/revoke/", reason="The joint study has ended.")
        assert (after.status_code, after.url.path) == (200, f"/admin/sharing/sharinggrant/{grant_id}/change/")
    assert titles("carol") == []
    assert ask("carol", CASE, id=listed["id"])["case"]["__typename"] == "NotAvailable"
    assert titles("bob") != []

    # Erin pulls exactly these reads.
    nodes = ask("erin", DISCLOSURES)["disclosures"]["nodes"]
    carols = [node for node in nodes if node["readerTenantId"] == str(cast.tenant("borealis").pk)]
    assert {node["reader"].partition(":")[0] for node in carols} == {"token"}
    assert {(tuple(node["caseIds"]), tuple(node["grantIds"]), node["isRaw"]) for node in carols} == {
        ((case_id,), (grant_id,), False)
    }
    # The list that was waited for, the list, the whole case: nothing after the grant had ended.
    assert len(carols) == 3
    assert carols[0]["fields"] == [
        "evidence", "id", "kind", "model", "occurred", "owner", "sensitivity", "severity", "summary", "tags", "title",
        "writeUp",
    ]  # fmt: skip
    raws = [node for node in nodes if node["isRaw"]]
    assert [(node["caseIds"], node["fields"]) for node in raws] == [([case_id], ["raw"])]
    events = ask("erin", EVENTS, f={"actions": ["case.submit", "grant.issue", "grant.revoke", "case.read_raw"]})
    acts = [(node["action"], node["outcome"]) for node in events["accessEvents"]["nodes"]]
    assert acts == [
        ("grant.revoke", "ALLOWED"), ("case.read_raw", "ALLOWED"), ("grant.issue", "ALLOWED"),
        ("case.submit", "ALLOWED"),
    ]  # fmt: skip
    with hub.browser("erin", cast.user("erin").email, cast.password("erin")) as erin:
        assert "case.read_raw" in erin.see("/admin/audit/accessevent/").text
        assert erin.see("/admin/audit/disclosure/").status_code == 200
        assert erin.see("/admin/catalog/case/").status_code == 403

    # The keeper has sealed it; the record is whole.
    wait_until(lambda: verify_record().sealed_rows >= 20, seconds=30, what=hub.background.tails, pause=1)
    verified = verify_record()
    assert verified.findings == []
    assert verified.checkpoints >= 1

    # Nothing of it has come to a stranger, in any answer or page.
    own = {"alice", "bob"}
    assert [who for who, _, text in hub.answers if who not in own and canaries.found_in(text)] == []
    assert UUID(case_id)
