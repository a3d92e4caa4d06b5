"""Searches that people keep: each sees and uses his own, and what they find is decided when they are used."""

import pytest
from django.db import connections

from tests.api.test_reading import last_event

SAVE = """mutation Save($name: String!, $filter: CaseFilter!, $order: CaseOrder! = NEWEST) {
  saveSearch(name: $name, filter: $filter, order: $order) {
    __typename ... on SavedSearch { id name filter order } ... on InvalidInput { problems { path message } }
  }
}"""
LIST = "{ savedSearches { id name filter order } }"
DELETE = "mutation Forget($id: ID!) { deleteSearch(id: $id) { __typename } }"
USE = "query Use($id: ID!) { cases(savedSearchId: $id, first: 50) { totalCount nodes { severity { label } } } }"
FILTER = {
    "modelName": "ticket-router",
    "severities": ["HIGH", "LOW"],
    "occurredAfter": "2026-02-01",
    "highestTlp": "AMBER_STRICT",
    "or": [{"and": [{"modelVersion": "4.1"}]}, {"kinds": ["BUG"], "highestClass": "CONFIDENTIAL"}],
}


def save(ask, who, name, filter=None, **more):
    return ask(who, SAVE, name=name, filter=filter or FILTER, **more).data["saveSearch"]


@pytest.fixture(autouse=True)
def _none_kept(world):
    yield
    with connections["owner"].cursor() as owner:
        owner.execute("DELETE FROM sharing_savedsearch")


def test_a_search_comes_back_as_it_was_written_and_is_used_with_its_order(ask):
    kept = save(ask, "alice", " Routers ", order="SEVERITY")
    assert (kept["__typename"], kept["name"], kept["filter"], kept["order"]) == (
        "SavedSearch", "Routers", FILTER, "SEVERITY",
    )  # fmt: skip
    direct = ask(
        "alice",
        "query D($f: CaseFilter) { cases(filter: $f, order: SEVERITY, first: 50) {"
        " totalCount nodes { severity { label } } } }",
        f=FILTER,
    )
    used = ask("alice", USE, id=kept["id"])
    assert used.data == direct.data
    assert used.data["cases"]["totalCount"] == 2


def test_the_same_name_replaces(ask, world):
    first = save(ask, "alice", "one")
    again = save(ask, "alice", "one", {"text": "invoices"})
    assert first["id"] == again["id"]
    assert [(row["name"], row["filter"]) for row in ask("alice", LIST).data["savedSearches"]] == [
        ("one", {"text": "invoices"})
    ]
    assert last_event(world, "alice")[:2] == ("search.list", "allowed")


def test_nobody_sees_uses_or_deletes_another_persons_search(ask, world):
    kept = save(ask, "alice", "private")
    for who in ("bob", "dana", "carol"):
        assert ask(who, LIST).data["savedSearches"] == []
        assert ask(who, USE, id=kept["id"]).codes == ["NOT_AVAILABLE"]
        answers = {ask(who, DELETE, id=id).content for id in (kept["id"], "00000000-0000-0000-0000-000000000000", "x")}
        assert len(answers) == 1
        assert last_event(world, who) == ("search.delete", "refused", "not_available")
    assert [row["name"] for row in ask("alice", LIST).data["savedSearches"]] == ["private"]
    assert ask("alice", DELETE, id=kept["id"]).data["deleteSearch"]["__typename"] == "SearchDeleted"
    assert ask("alice", LIST).data["savedSearches"] == []


def test_what_cannot_be_kept(ask, monkeypatch):
    monkeypatch.setattr("hub.workflows.searches.MOST_SEARCHES", 1)
    save(ask, "bob", "first")
    assert save(ask, "bob", "second")["problems"][0]["path"] == "name"
    assert save(ask, "bob", "x" * 121)["__typename"] == "InvalidInput"
    assert ask("bob", SAVE, name="r", filter={"kinds": ["BUG"]}, order="RELEVANCE").codes == ["BAD_USER_INPUT"]
    assert save(ask, "erin", "an auditor reads none")["__typename"] == "NotAvailable"
    assert ask("erin", LIST).codes == ["NOT_AVAILABLE"]
    assert [row["name"] for row in ask("bob", LIST).data["savedSearches"]] == ["first"]


def test_a_search_goes_without_a_filter_beside_it(ask):
    kept = save(ask, "alice", "one")
    query = 'query U($id: ID!) { cases(savedSearchId: $id, filter: {text: "x"}) { totalCount } }'
    assert ask("alice", query, id=kept["id"]).codes == ["BAD_USER_INPUT"]
