"""Limits hold for every shape of document, are linear in it, and answer at once."""

import time

import pytest
from graphql import get_introspection_query, parse

from hub.api.limits import MAX_COST, Measures, measure


def measured(text, **variables):
    return measure(parse(text), variables)


def test_fields_are_counted_where_fragments_are_spread():
    text = "{ ...A ...A } fragment A on Query { viewer { name ...B } } fragment B on Viewer { kind x: key }"
    # Each spread of A: viewer, name, the spread of B, kind, key; and the spread of A itself.
    assert measured(text) == Measures(depth=2, aliases=2, fields=12, directives=0, cost=8)


def test_pages_multiply_what_stands_below_them():
    assert measured("{ cases(first: 10) { nodes { id } } }").cost == 1 + 10 * 2
    assert measured("{ cases { nodes { id } } }").cost == 1 + 25 * 2
    assert measured("{ cases(last: 3) { nodes { evidence(first: 2) { name } } } }").cost == 1 + 3 * (1 + 1 + 2)
    query = "query Q($n: Int) { cases(first: $n) { nodes { id } } }"
    assert measured(query, n=7).cost == 1 + 7 * 2
    # A variable that is not given may have any default: it counts as the largest page.
    assert measured(query).cost == 1 + 100 * 2


def doubling(levels):
    pieces = [f"fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} }}" for i in range(levels)]
    return "query { ...f0 } " + " ".join(pieces) + f" fragment f{levels} on Query {{ __typename }}"


def chain(length):
    pieces = [f"fragment g{i} on Query {{ ...g{i + 1} }}" for i in range(length)]
    return " ".join(pieces) + f" fragment g{length} on Query {{ a }} {{ ...g0 }}"


def test_doubling_fragments_are_measured_in_linear_time():
    began = time.perf_counter()
    assert measured(doubling(60)).fields == 10**9
    assert time.perf_counter() - began < 0.1


def test_the_usual_introspection_fits():
    assert measured(get_introspection_query()).cost <= MAX_COST


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (doubling(18), "LIMIT_EXCEEDED"),
        (doubling(60), "LIMIT_EXCEEDED"),
        ("{" + " ".join(f"a{i}:__typename" for i in range(40)) + "}", "LIMIT_EXCEEDED"),
        ("{" + "__typename " * 501 + "}", "LIMIT_EXCEEDED"),
        ("{" + "__typename " * 20_000 + "}", "LIMIT_EXCEEDED"),
        ("{__typename " + "@include(if:true)" * 31 + "}", "LIMIT_EXCEEDED"),
        ("{" + "viewer{" * 17 + "name" + "}" * 18, "LIMIT_EXCEEDED"),
        ("{a" * 600 + "}" * 600, "LIMIT_EXCEEDED"),
        ("{a" * 2000 + "}" * 2000, "LIMIT_EXCEEDED"),
        ("{a(b:" + "[" * 900 + "]" * 900 + ")}", "LIMIT_EXCEEDED"),
        ("{ cases(first: 100) { nodes { evidence(first: 100) { name kind payload } } } }", "LIMIT_EXCEEDED"),
        ("{ a: cases(first: 101) { totalCount } }", "BAD_USER_INPUT"),
        ("{ a: cases(first: -1) { totalCount } }", "BAD_USER_INPUT"),
        ("{ a: cases(last: 2147483647) { totalCount } }", "BAD_USER_INPUT"),
        ("{ cases(first:" + "9" * 100_000 + ") { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ cases(filter: {text: "' + "x" * 501 + '"}) { totalCount } }', "BAD_USER_INPUT"),
        ('{ cases(filter: {text: "\\u0000"}) { totalCount } }', "BAD_USER_INPUT"),
        ("{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...X }", "GRAPHQL_VALIDATION_FAILED"),
        (chain(280), "LIMIT_EXCEEDED"),
    ],
)
def test_each_bomb_is_refused_at_once(ask, document, code):
    ask("carol", "{ __typename }")
    began = time.perf_counter()
    answer = ask("carol", document)
    assert answer.codes[:1] == [code]
    assert answer.status in {200, 400}
    assert len(answer.content) < 8_000
    assert b"encountered" not in answer.content
    assert time.perf_counter() - began < 1.0
