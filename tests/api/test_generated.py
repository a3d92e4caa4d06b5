"""Queries and mutations that a generator makes from the schema: whatever is valid is answered, and never by a fault."""

import pytest
from graphql import GraphQLObjectType
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes

from hub.api.refusals import ErrorCode
from hub.api.schema import schema_text
from tests.api.test_malformed import INTERNAL

DATES = st.sampled_from(["2026-03-04", "0001-01-01", "9999-12-31", "2026-13-01", "", "x"]).map(nodes.String)
TIMES = st.sampled_from(["2026-03-04T05:06:07Z", "9999-12-31T23:59:59+00:00", "2026", ""]).map(nodes.String)
ANYTHING = st.one_of(
    st.text(max_size=20).map(nodes.String), st.integers(-9, 9).map(nodes.Int), st.just(nodes.Object([])),
)  # fmt: skip
DOCUMENTS = from_schema(
    schema_text(), custom_scalars={"Date": DATES, "DateTime": TIMES, "JSON": ANYTHING}, allow_x00=True
)
ALLOWED = set(ErrorCode) - {"INTERNAL_ERROR", "UNAUTHENTICATED", "RATE_LIMITED", "BUDGET_EXHAUSTED"}


@pytest.mark.parametrize(
    ("number", "examples"),
    [(1, 1500), (2, 1500), (3, 1500)],
)
@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_generated_documents_are_answered_and_never_by_a_fault(ask, number, examples):
    asked, answered = [], []

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(document=DOCUMENTS, who=st.sampled_from(["alice", "carol", "olga", "erin", "dave"]))
    def run(document, who):
        answer = ask(who, document)
        asked.append(document)
        assert answer.status in {200, 400}, document
        assert set(answer.codes) <= ALLOWED, (document, answer.body)
        assert not INTERNAL.search(answer.content.decode()), document
        if "data" in answer.body:
            answered.append(document)

    run()
    assert len(asked) >= examples * 0.9
    assert len(answered) > len(asked) / 10


def test_the_generator_knows_every_root_field():
    from graphql import build_schema

    built = build_schema(schema_text())
    for root in (built.query_type, built.mutation_type):
        assert isinstance(root, GraphQLObjectType)
        assert len(root.fields) > 15
