"""How many statements each shape of query takes: written down, so that a change of it is seen and meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.platform.databases import empty_database
from tests.promises.asking import Asker
from tests.world import build_world

FIELDS = "id title summary kind tags owner digest recordedOn model { name version } severity { label } dataSource"
EVIDENCE = "evidence(first: 2) { name payload }"
# The query, how often it reads projections, and all statements of the request: who asks, settings, read, record.
SHAPES = {
    "page of twelve fields": ("{ cases(first: 50) { nodes { " + FIELDS + " " + EVIDENCE + " } } }", 1, 11),
    "page of one field": ("{ cases(first: 50) { nodes { id } } }", 1, 11),
    "filtered page": ("{ cases(first: 50, filter: {kinds: [HAZARD]}) { nodes { id title } } }", 1, 11),
    "text search": ('{ cases(first: 50, filter: {text: "model"}) { nodes { id title } } }', 1, 10),
    "ordered by severity": ("{ cases(first: 50, order: SEVERITY) { nodes { id } } }", 1, 11),
    "from the back": ("{ cases(last: 2) { nodes { id } } }", 1, 11),
    "ordered by relevance": (
        '{ cases(first: 9, order: RELEVANCE, filter: {text: "model"}) { edges { cursor } } }',
        1,
        10,
    ),
    "facet counts": ("{ caseFacets { total severities { value count } } }", 1, 10),
    "page with its total": ("{ cases(first: 50) { totalCount nodes { id } } }", 2, 12),
    "one case": ('{ case(id: "%s") { __typename ... on Case { title } } }', 1, 10),
    "no case": ('{ case(id: "c_aaaaaaaaaaaaaaaaaaaaaaaaaa") { __typename } }', 1, 10),
}


@pytest.fixture(scope="module")
def ask(django_db_setup: None, django_db_blocker: Any) -> Iterator[Asker]:
    """Asks a committed world; emptied when the module is through."""
    with django_db_blocker.unblock():
        try:
            yield Asker(build_world())
        finally:
            empty_database()


@pytest.fixture(autouse=True)
def _database(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize("shape", SHAPES)
def test_statements_over_projections(ask: Asker, shape: str) -> None:
    query, reads, in_all = SHAPES[shape]
    if "%s" in query:
        query %= ask("carol", "{ cases(first: 1) { nodes { id } } }").data["cases"]["nodes"][0]["id"]
    ask("carol", query)
    with CaptureQueriesContext(connection) as captured:
        ask("carol", query).data  # noqa: B018 - raises when the answer has errors
    statements = [entry["sql"] for entry in captured.captured_queries]
    assert sum('FROM "sharing_projection"' in sql for sql in statements) == reads, statements
    assert len(statements) == in_all, statements
