"""What each of the cast is shown over GraphQL, and what is on record of it."""

import pytest
from django.db import connections

from tests.world import PURPOSE

CASES = """
query Cases($first: Int, $filter: CaseFilter, $order: CaseOrder! = NEWEST) {
  cases(first: $first, filter: $filter, order: $order) {
    totalCount totalCountIsCapped nodes { id title owner severity { label } }
  }
}"""
CASE = """
query One($id: ID!) {
  case(id: $id) { __typename ... on Case { id title summary evidenceCount owner } ... on NotAvailable { message } }
}"""
RAW = "query Raw($id: ID!) { rawCase(id: $id) { __typename ... on RawCase { version basis document } } }"
NODE = "query Node($id: ID!) { node(id: $id) { id __typename } }"


def last_event(world, who):
    """The newest event of somebody, as the record has it: action, outcome, basis."""
    with connections["owner"].cursor() as owner:
        owner.execute("SET ROLE caseward_keeper")
        owner.execute(
            "SELECT action, outcome, basis FROM audit.access_event WHERE user_id = %s ORDER BY id DESC LIMIT 1",
            [world.cast.user(who).pk],
        )
        row = owner.fetchone()
        owner.execute("RESET ROLE")
    return row


@pytest.mark.parametrize(
    ("who", "expected"),
    [("alice", 14), ("bob", 14), ("carol", 14 + 1), ("dana", 1), ("rita", 1), ("dave", 0), ("trudy", 0)],
)
def test_a_list_holds_what_is_shared_with_its_reader(ask, who, expected):
    answer = ask(who, CASES, first=50).data["cases"]
    assert answer["totalCount"] == expected
    assert answer["totalCountIsCapped"] is False
    assert len(answer["nodes"]) == expected


@pytest.mark.parametrize("who", ["olga", "erin", "omar"])
def test_who_may_read_no_cases_gets_an_error_and_no_empty_list(ask, world, who):
    answer = ask(who, CASES, first=5)
    assert answer.codes == ["NOT_AVAILABLE"]
    assert answer.body["data"] is None
    assert last_event(world, who) == ("case.list", "refused", "no_role")


def test_another_purpose_than_the_grants_shows_nothing_of_it(ask):
    assert ask("carol", CASES, first=50, purpose="Marketing").data["cases"]["totalCount"] == 1
    assert ask("carol", CASES, first=50, purpose=PURPOSE).data["cases"]["totalCount"] == 15


def test_unknown_forbidden_and_malformed_ids_are_answered_with_the_same_bytes(ask, world):
    granted = {row["id"] for row in ask("carol", CASES, first=50).data["cases"]["nodes"]}
    foreign = next(name for name in granted if name.startswith("c_"))
    answers = [
        ask(who, CASE, id=id)
        for who, id in [
            ("dave", foreign),
            ("dave", "c_" + "a" * 26),
            ("dave", str(world.cases["atlas"])),
            ("dave", "nothing of the sort"),
        ]
    ]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].data["case"] == {"__typename": "NotAvailable", "message": "This is not available to you."}
    changing = {"X-Request-ID", "Caseward-Cost-Left"}
    headers = [{name: value for name, value in answer.headers.items() if name not in changing} for answer in answers]
    assert all(header == headers[0] for header in headers)
    assert last_event(world, "dave") == ("case.read", "refused", "not_available")


def test_unknown_and_forbidden_ids_take_the_same_number_of_statements(ask, world, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    counts = []
    ask("dave", CASE, id="c_" + "b" * 26)
    for id in (str(world.cases["atlas"]), "c_" + "a" * 26, "nothing"):
        with CaptureQueriesContext(connections["default"]) as seen:
            ask("dave", CASE, id=id)
        counts.append(len(seen))
    assert counts == [counts[0]] * 3


def test_a_node_is_the_case_under_the_id_that_its_reader_knows(ask):
    shown = ask("carol", CASES, first=3).data["cases"]["nodes"][-1]
    assert ask("carol", NODE, id=shown["id"]).data == {"node": {"id": shown["id"], "__typename": "Case"}}
    assert ask("dave", NODE, id=shown["id"]).data == {"node": None}


def test_a_case_shows_its_redacted_document_and_nothing_planted(ask, world):
    query = """query One($id: ID!) { case(id: $id) { ... on Case {
        title summary writeUp { hypotheses experiments results rationale remediation } kind
        model { name version developers deployers artifactTypes } dataSource environment
        severity { scheme label score vector } impact occurred { from to granularity } links provenance tags
        otherFields sensitivity { dataClass tlp } owner recordedOn digest
        evidence(first: 20) { name kind mediaType payload }
    } } }"""
    ids = [row["id"] for row in ask("carol", CASES, first=50).data["cases"]["nodes"] if row["owner"] == "acme/atlas"]
    answers = [ask("carol", query, id=id) for id in ids]
    for answer in answers:
        assert answer.data["case"]["title"]
        assert world.canaries.found_in(answer.content.decode()) == []


def test_filters_and_orders_run_over_what_is_shown(ask):
    critical = ask("carol", CASES, first=50, filter={"severities": ["CRITICAL"], "modelName": "ticket-router"})
    assert [row["severity"]["label"] for row in critical.data["cases"]["nodes"]] == ["CRITICAL"] * 3
    router = {"modelName": "ticket-router"}
    ordered = ask("carol", CASES, first=50, order="SEVERITY", filter=router).data["cases"]["nodes"]
    assert [row["severity"]["label"] for row in ordered] == (
        ["CRITICAL"] * 3 + ["HIGH"] * 3 + ["MEDIUM"] * 3 + ["LOW"] * 3
    )
    found = ask("carol", CASES, first=50, filter={"text": "classifier prefers"}).data["cases"]
    assert found["totalCount"] == 12
    assert ask("carol", CASES, first=50, filter={"text": "nobody wrote this"}).data["cases"]["totalCount"] == 0
    window = {"occurredAfter": "2026-03-01", "occurredBefore": "2026-03-31", **router}
    assert ask("alice", CASES, first=50, filter=window).data["cases"]["totalCount"] == 2


@pytest.mark.parametrize(
    ("who", "expected"),
    [("alice", "RawCase"), ("bob", "RawCase"), ("dana", "NotAvailable"), ("olga", "NotAvailable"),
     ("carol", "NotAvailable"), ("erin", "NotAvailable"), ("trudy", "NotAvailable")],
)  # fmt: skip
def test_raw_is_for_the_owners_team(ask, world, who, expected):
    answer = ask(who, RAW, id=str(world.cases["atlas"]))
    assert answer.data["rawCase"]["__typename"] == expected
    assert bool(world.canaries.found_in(answer.content.decode())) is (expected == "RawCase")


def test_every_root_field_is_an_event_of_its_own(ask, world):
    def events():
        with connections["owner"].cursor() as owner:
            owner.execute("SET ROLE caseward_keeper")
            owner.execute("SELECT count(*) FROM audit.access_event WHERE user_id = %s", [world.cast.user("bob").pk])
            count = owner.fetchone()[0]
            owner.execute("RESET ROLE")
        return count

    ask.token("bob")
    before = events()
    ask("bob", "{ a: cases(first: 1) { nodes { title } } b: cases(first: 2) { nodes { title } } viewer { name } }")
    assert events() == before + 3


def test_the_viewer_learns_who_he_is(ask):
    answer = ask(
        "carol", "{ viewer { name kind tenant { slug name } teams { address } roles { role team { slug } } purpose } }"
    )
    assert answer.data["viewer"] == {
        "name": "Carol (of a test)",
        "kind": "token",
        "tenant": {"slug": "borealis", "name": "Borealis Models"},
        "teams": [{"address": "borealis/lumen"}],
        "roles": [{"role": "CONTRIBUTOR", "team": {"slug": "lumen"}}],
        "purpose": PURPOSE,
    }


def test_the_fields_that_left_are_on_the_owners_record(ask):
    shown = ask("carol", CASES, first=50).data["cases"]["nodes"]
    case_id = next(row["id"] for row in shown if row["owner"] == "acme/atlas")
    ask("carol", CASE, id=case_id)
    rows = ask("erin", "{ disclosures(first: 1) { nodes { fields isRaw purpose caseIds reader } } }").data
    (row,) = rows["disclosures"]["nodes"]
    assert row["fields"] == ["evidenceCount", "id", "owner", "summary", "title"]
    assert row["isRaw"] is False
    assert row["purpose"] == PURPOSE
    assert len(row["caseIds"]) == 1
