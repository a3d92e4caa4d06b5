"""Promise 2: what is missing, failed, unknown or unset is "not available": never raw, never an empty success."""

import pytest
from django.test import Client

from hub.lifecycle.models import PolicyVersion
from hub.sharing.models import Analysis, Audience, Projection
from hub.workflows import detecting
from redaction import Budget, DetectionProcess
from tenants.actors import system_actor
from tenants.models import Membership
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_members
from tests.promises.asking import CASE, LIST, RAW, as_owner, changed, last_event

NOT_AVAILABLE = {"__typename": "NotAvailable", "message": "This is not available to you."}


def acting_for(world, tenant="acme"):
    return acting_as(system_actor(world.cast.tenant(tenant).pk, "test"))


def rows_of(world, case_id):
    """State, reason, force and what is stored of each projection of a case."""
    with acting_for(world):
        rows = Projection.objects.filter(case_id=case_id).order_by("pk")
        return [(str(row.state), row.reason, row.is_in_force, row.document, row.search_text) for row in rows]


def public_ids(world, case_id):
    with acting_for(world):
        return set(Projection.objects.filter(case_id=case_id).values_list("public_id", flat=True))


def assert_closed(ask, case_id, *readers):
    """Nobody gets a projection of the case by any way of asking; no answer holds a canary."""
    for who in readers or ("alice", "bob", "carol"):
        for public_id in public_ids(ask.world, case_id) | {str(case_id)}:
            answer = ask(who, CASE, id=public_id)
            assert answer.data == {"case": NOT_AVAILABLE}
            assert last_event(ask.world, who) == ("case.read", "refused", "not_available")
        listed = ask(who, LIST)
        assert not public_ids(ask.world, case_id) & {node["id"] for node in listed.data["cases"]["nodes"]}
        if who == "carol":
            assert ask.world.canaries.found_in(listed.content) == []


# -- what is missing or has failed ----------------------------------------------------------------------------------


def test_a_case_without_a_projection_is_not_available(ask):
    case_id = ask.world.submit("alice", "acme/atlas", ask.world.canaries.case("unbuilt"))
    assert [row[:3] for row in rows_of(ask.world, case_id)] == [
        ("pending", "", False)
    ] * 2  # its own team's and carol's
    assert_closed(ask, case_id)
    raw = ask("alice", RAW, id=str(case_id))
    assert raw.data["rawCase"]["basis"] == "role:contributor"
    ask.world.build()


def test_a_case_that_is_too_large_to_be_looked_at_is_withheld(ask):
    case = ask.world.canaries.case("oversized")
    case["write_up"]["results"] = "word " * 400_001
    assert_withheld(ask, ask.world.submit("alice", "acme/atlas", case), "oversized")


@pytest.mark.parametrize(
    ("budget", "reason"), [(Budget(seconds=0.001), "timeout"), (Budget(characters=100), "oversized")]
)
def test_a_detection_that_does_not_finish_withholds(ask, monkeypatch, budget, reason):
    with DetectionProcess(budget) as process:
        monkeypatch.setattr(detecting, "detection", lambda: process)
        assert_withheld(ask, ask.world.submit("alice", "acme/atlas", ask.world.canaries.case(f"{reason}-1")), reason)


def assert_withheld(ask, case_id, reason):
    ask.world.build()
    assert rows_of(ask.world, case_id) == [("withheld", reason, False, None, "")] * 2
    with acting_for(ask.world):
        assert Analysis.objects.get(case_id=case_id).reason == reason
    assert_closed(ask, case_id)


def test_a_policy_that_nothing_can_read_withholds(ask):
    """A version of the future: its document has an entry that this hub does not know."""
    world = ask.world
    with as_owner("ALTER TABLE lifecycle_policyversion DISABLE TRIGGER lifecycle_keep_version") as owner:
        owner.execute(
            "UPDATE lifecycle_policyversion SET document = document || '{\"from_the_future\": 1}'"
            " WHERE state = 'active' AND tenant_id = %s",
            [world.cast.tenant("acme").pk],
        )
        owner.execute("ALTER TABLE lifecycle_policyversion ENABLE TRIGGER lifecycle_keep_version")
    try:
        case_id = world.submit("alice", "acme/atlas", world.canaries.case("future"))
        world.build()
        assert rows_of(world, case_id) == [("withheld", "policy_unusable", False, None, "")] * 2
        assert_closed(ask, case_id)
    finally:
        with as_owner("ALTER TABLE lifecycle_policyversion DISABLE TRIGGER lifecycle_keep_version") as owner:
            owner.execute("UPDATE lifecycle_policyversion SET document = document - 'from_the_future'")
            owner.execute("ALTER TABLE lifecycle_policyversion ENABLE TRIGGER lifecycle_keep_version")
    with acting_for(world):
        assert not PolicyVersion.objects.filter(document__has_key="from_the_future").exists()


def test_an_audience_whose_key_is_gone_gets_nothing(ask):
    world = ask.world
    with acting_for(world):
        audience = Audience.objects.get(label="borealis/lumen")
    before = len(ask.owners("carol"))
    with changed("sharing_audience", "id", audience.pk, sealed_key=None):
        case_id = world.submit("alice", "acme/atlas", world.canaries.case("keyless"))
        world.build()
        rows = sorted(row[:3] for row in rows_of(world, case_id))
        assert rows == [("ready", "", True), ("withheld", "key_unavailable", False)]
        assert len(ask.owners("carol")) == before


# -- who asks is unknown or has not said where ----------------------------------------------------------------------


@pytest.mark.parametrize("query", [LIST, CASE, RAW, "{ grants { nodes { id } } }", "{ viewer { key } }"])
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer cw_x_y"}, {"Authorization": "Basic YTpi"}, {"Authorization": ""}]
)
def test_nobody_in_particular_gets_an_error(ask, query, headers):
    variables = {"id": str(ask.world.cases["atlas"])}
    answer = Client().post(
        "/graphql", {"query": query, "variables": variables}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 401
    assert answer.json().keys() == {"errors"}
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.fixture
def two_tenants(ask):
    """Carol works at cobalt too; her token is of borealis."""
    world = ask.world
    ask.token("carol")
    with acting_for(world, "cobalt"):
        add_members(
            world.cast.tenant("cobalt"),
            [(world.cast.user("carol"), Role.CONTRIBUTOR, world.cast.team("cobalt/quarry"))],
        )
    yield
    with acting_for(world, "cobalt"):
        Membership.objects.filter(user_id=world.cast.user("carol").pk, tenant=world.cast.tenant("cobalt")).delete()


def test_who_has_several_tenants_and_names_none_gets_an_error(ask, two_tenants):
    def ask_carol(query, **headers):
        return ask.send("carol", query, {"id": str(ask.world.cases["lumen"])}, in_browser=True, headers=headers)

    for query, root in ((LIST, "cases"), ("{ grants { nodes { id } } }", "grants")):
        for headers in ({}, {"Caseward-Tenant": "acme"}, {"Caseward-Tenant": "nobody"}, {"Caseward-Tenant": ""}):
            answer = ask.send("carol", query, {}, in_browser=True, headers=headers)
            assert answer.codes == ["NOT_AVAILABLE"], (root, headers)
            assert answer.body["data"] is None
    for query, root in ((CASE, "case"), (RAW, "rawCase")):
        assert ask_carol(query).data[root]["__typename"] == "NotAvailable"
        assert ask_carol(query, **{"Caseward-Tenant": "borealis"}).data[root]["__typename"] != "NotAvailable"
        assert ask_carol(query, **{"Caseward-Tenant": "cobalt"}).data[root]["__typename"] == "NotAvailable"


def test_a_token_is_of_one_tenant_whatever_the_header_says(ask, two_tenants):
    for slug in ("cobalt", "acme", "nobody", ""):
        assert ask("carol", LIST, headers={"Caseward-Tenant": slug}).status == 401
    assert "acme/atlas" in {
        node["owner"] for node in ask("carol", LIST, headers={"Caseward-Tenant": "borealis"}).data["cases"]["nodes"]
    }


def test_an_unreadable_purpose_is_no_purpose(ask):
    for purpose in ("Research and Development", "ResearchAndDevelopment;", "x" * 81, "unreadable"):
        answer = ask("carol", LIST, headers={"Caseward-Purpose": purpose})
        assert {node["owner"] for node in answer.data["cases"]["nodes"]} == {"borealis/lumen"}, purpose


def test_a_fault_in_the_middle_of_an_answer_gives_no_part_of_it(ask, monkeypatch):
    monkeypatch.setattr("hub.api.catalog.types._severity", lambda value: 1 / 0)
    answer = ask("alice", "{ viewer { key } cases { nodes { id title severity { label } } } }")
    assert answer.status == 500
    assert answer.codes == ["INTERNAL_ERROR"]
    assert answer.body["data"] is None
    assert last_event(ask.world, "alice")[:2] == ("operation.fail", "failed")
