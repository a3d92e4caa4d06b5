"""Documents are kept by hash: bounded, long ones never, and how often one was known is a metric for who may see it."""

from django.test import Client
from prometheus_client import REGISTRY

from hub.api.documents import LONGEST_CACHED_DOCUMENT, DocumentCache


def lookups(found):
    return REGISTRY.get_sample_value("caseward_graphql_documents_total", {"found": found}) or 0.0


def test_a_document_is_read_once():
    cache = DocumentCache(2)
    yes, no = lookups("yes"), lookups("no")
    first = cache.read("{ viewer { name } }")
    assert cache.read("{ viewer { name } }") is first
    assert first.validation_errors() is first.validation_errors() == ()
    assert (lookups("yes") - yes, lookups("no") - no) == (1, 1)


def test_the_cache_is_bounded_and_forgets_what_was_asked_longest_ago():
    cache = DocumentCache(2)
    kept = cache.read("{ a: __typename }")
    forgotten = cache.read("{ b: __typename }")
    cache.read("{ a: __typename }")
    cache.read("{ c: __typename }")
    assert len(cache) == 2
    assert cache.read("{ a: __typename }") is kept
    assert cache.read("{ b: __typename }") is not forgotten


def test_long_documents_are_not_kept():
    cache = DocumentCache(2)
    text = "{ __typename } #" + "x" * LONGEST_CACHED_DOCUMENT
    assert cache.read(text) is not cache.read(text)
    assert len(cache) == 0


def test_what_is_wrong_with_a_document_is_remembered_too():
    cache = DocumentCache(2)
    assert cache.read("{ nothing").syntax_errors[0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}
    assert cache.read("{ nothing").document is None
    wrong = cache.read("{ nothing }").validation_errors()
    assert [error["extensions"]["code"] for error in wrong] == ["GRAPHQL_VALIDATION_FAILED"]


def test_metrics_are_for_who_shows_the_token(settings):
    def status(key):
        return Client().get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code

    settings.CASEWARD_METRICS_TOKEN = ""
    assert (Client().get("/metrics").status_code, status("")) == (404, 404)
    settings.CASEWARD_METRICS_TOKEN = "what-the-scraper-shows"
    assert (Client().get("/metrics").status_code, status("what-the-scraper")) == (404, 404)
    answer = Client().get("/metrics", headers={"Authorization": "Bearer what-the-scraper-shows"})
    assert answer.status_code == 200
    assert b"caseward_graphql_documents_total" in answer.content
    assert b"tenant" not in answer.content
