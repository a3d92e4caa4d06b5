"""Finding cases: ranking, highlights, combined filters, facet counts, near-duplicates; over what is shared alone."""

import pytest

from hub.sharing import counting, similarity
from hub.sharing.similarity import jaccard, shingles
from tests.api.conftest import small_case

FOUND = """query Found($filter: CaseFilter, $order: CaseOrder! = NEWEST, $first: Int, $after: String) {
  cases(filter: $filter, order: $order, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { highlights { text isMatch } node { id title model { version } severity { label } } }
  }
}"""
FACETS = """query Facets($filter: CaseFilter) { caseFacets(filter: $filter) {
  total totalCount isCapped
  failureModes { value count } modelVersions { model version count } severities { value count } months { value count }
} }"""
SIMILAR = """query Similar($id: ID!, $first: Int! = 10) { similarCases(id: $id, first: $first) {
  __typename ... on SimilarCases { cases { similarity case { id title } } }
} }"""
ROUTER = {"modelName": "ticket-router"}


def titles(answer):
    return [edge["node"]["title"] for edge in answer.data["cases"]["edges"]]


def total(ask, filter, who="carol"):
    return ask(who, FOUND, filter=filter, first=1).data["cases"]["totalCount"]


def test_the_best_fit_comes_first_and_pages_walk_by_it(ask):
    text = {"text": "invoices or refund"}
    whole = titles(ask("carol", FOUND, filter=text, order="RELEVANCE", first=100))
    assert len(whole) == total(ask, text) > 12
    found, after = [], None
    while True:
        page = ask("carol", FOUND, filter=text, order="RELEVANCE", first=4, after=after)
        found += titles(page)
        info = page.data["cases"]["pageInfo"]
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    assert found == whole
    newest = titles(ask("carol", FOUND, filter=text, first=100))
    assert sorted(newest) == sorted(whole)


def test_relevance_is_about_words(ask):
    for filter in (None, {}, {"text": " "}, {"and": [{"text": "invoices"}]}):
        assert ask("carol", FOUND, filter=filter, order="RELEVANCE").codes == ["BAD_USER_INPUT"]
    cursor = ask("carol", FOUND, filter={"text": "invoices"}, order="RELEVANCE", first=1)
    after = cursor.data["cases"]["pageInfo"]["endCursor"]
    other = ask("carol", FOUND, filter={"text": "queue"}, order="RELEVANCE", first=1, after=after)
    assert other.codes == ["BAD_CURSOR"]


def test_hits_are_shown_where_they_stand_as_pieces_and_not_as_markup(ask):
    edges = ask("carol", FOUND, filter={"text": "classifier"}, first=50).data["cases"]["edges"]
    assert len(edges) == 12
    for edge in edges:
        assert [piece["text"] for piece in edge["highlights"] if piece["isMatch"]] == ["classifier"]
        assert "<b>" not in "".join(piece["text"] for piece in edge["highlights"])
    assert {str(edge["highlights"]) for edge in ask("carol", FOUND, first=3).data["cases"]["edges"]} == {"[]"}


@pytest.mark.parametrize("planted", ["person", "email"])
def test_nothing_hidden_is_found_or_highlighted(ask, world, planted):
    answer = ask("carol", FOUND, filter={"text": f'"{world.canaries[planted]}"'}, first=50)
    assert answer.data["cases"]["edges"] == []
    everything = ask("carol", FOUND, filter={"text": "refund or model or customer or queue"}, first=50)
    assert world.canaries.found_in(everything.content.decode()) == []


def test_filters_are_combined(ask):
    high, low = {"severities": ["HIGH"]}, {"severities": ["LOW"]}
    newer = {"modelVersion": "4.1"}
    assert total(ask, {**ROUTER, "or": [high, low]}) == 6
    assert total(ask, {**ROUTER, "or": [high, low], "and": [newer]}) == 2
    assert total(ask, {**ROUTER, "and": [high, low]}) == 0
    assert total(ask, {**ROUTER, "or": [{"and": [high, newer]}, {"and": [low, newer]}]}) == 2
    # An empty part of a choice holds for every case.
    assert total(ask, {**ROUTER, "or": [high, {}]}) == 12
    assert total(ask, {**ROUTER, "or": []}) == 12


def test_filters_are_bounded(ask):
    deep = {}
    for _ in range(4):
        deep = {"or": [deep]}
    assert ask("carol", FOUND, filter=deep).codes == ["BAD_USER_INPUT"]
    assert ask("carol", FOUND, filter={"or": [{"modelVersion": "1"}] * 20}).codes == ["BAD_USER_INPUT"]
    assert ask("carol", FOUND, filter={"or": [{"modelVersion": "1"}] * 19}).data["cases"]["totalCount"] == 0
    assert ask("carol", FOUND, filter={"and": [{"text": "x" * 501}]}).codes == ["BAD_USER_INPUT"]


def counted(cells, *names):
    return {tuple(cell[name] for name in names): cell["count"] for cell in cells}


def test_facets_count_what_may_be_listed(ask):
    facets = ask("alice", FACETS, filter=ROUTER).data["caseFacets"]
    assert (facets["total"], facets["totalCount"], facets["isCapped"]) == ("12", 12, False)
    assert counted(facets["severities"], "value") == {(name,): 3 for name in ("low", "medium", "high", "critical")}
    assert counted(facets["modelVersions"], "model", "version") == {
        ("ticket-router", version): 4 for version in ("4.0", "4.1", "4.2")
    }
    assert counted(facets["months"], "value") == {(f"2026-0{month}",): 2 for month in range(1, 7)}
    assert facets["failureModes"] == []
    narrowed = ask("alice", FACETS, filter={**ROUTER, "severities": ["HIGH"]}).data["caseFacets"]
    assert (narrowed["total"], counted(narrowed["severities"], "value")) == ("3", {("high",): 3})


def test_facets_agree_with_the_list_for_everybody(ask):
    for who in ("alice", "bob", "dana", "carol", "dave", "trudy"):
        facets = ask(who, FACETS).data["caseFacets"]
        assert facets["totalCount"] == total(ask, None, who)
        assert sum(cell["count"] for cell in facets["severities"]) == facets["totalCount"]
        assert sum(cell["count"] for cell in facets["months"]) == facets["totalCount"]
    assert ask("erin", FACETS).codes == ["NOT_AVAILABLE"]


def test_beyond_the_limit_counts_say_at_least(ask, monkeypatch):
    monkeypatch.setattr(counting, "EXACT_COUNT_LIMIT", 5)
    monkeypatch.setattr("hub.api.catalog.searching.EXACT_COUNT_LIMIT", 5)
    facets = ask("alice", FACETS, filter=ROUTER).data["caseFacets"]
    assert (facets["total"], facets["totalCount"], facets["isCapped"]) == ("5+", 5, True)
    assert sum(cell["count"] for cell in facets["severities"]) == 6


def test_near_duplicates_are_found_among_what_may_be_seen(ask):
    seen = ask("carol", FOUND, filter=ROUTER, first=50).data["cases"]["edges"]
    by_title = {edge["node"]["title"]: edge["node"]["id"] for edge in seen}
    id = by_title[small_case(3)["title"]]
    found = ask("carol", SIMILAR, id=id, first=5).data["similarCases"]["cases"]
    assert len(found) == 5
    assert id not in {row["case"]["id"] for row in found}
    assert {row["case"]["title"] for row in found} <= set(by_title)
    assert [row["similarity"] for row in found] == sorted((row["similarity"] for row in found), reverse=True)
    assert all(0.7 < row["similarity"] <= 1 for row in found)
    assert len(ask("carol", SIMILAR, id=id, first=50).data["similarCases"]["cases"]) >= 11


def test_a_case_that_is_not_shown_is_like_nothing(ask, world):
    id = ask("carol", FOUND, first=1).data["cases"]["edges"][0]["node"]["id"]
    answers = [ask("dave", SIMILAR, id=text) for text in (id, "c_" + "a" * 26, str(world.cases["atlas"]), "no id")]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].data["similarCases"]["__typename"] == "NotAvailable"
    from tests.api.test_reading import last_event

    assert last_event(world, "dave") == ("case.list", "refused", "not_available")


def test_similarity_is_the_part_of_word_runs_in_common():
    one, other = shingles("a router sends refunds to billing"), shingles("A router sends refunds to legal!")
    assert one == {"router sends refunds", "sends refunds to", "refunds to billing"}
    assert jaccard(one, other) == 2 / 4
    assert (jaccard(one, one), jaccard(one, shingles("")), jaccard(shingles(""), shingles(""))) == (1.0, 0.0, 0.0)
    assert shingles("two words") == {"two words"}
    assert similarity._telling_words("or and aa bbb 99 x") == ["bbb", "aa"]
