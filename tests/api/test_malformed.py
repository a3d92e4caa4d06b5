"""Hundreds of malformed and hostile requests: each gets a coded refusal, none a fault, none an internal word."""

import random
import re

import orjson
import pytest

from hub.api.refusals import ErrorCode

FIELDS = [
    *("cases", "case", "node", "viewer", "grants", "nodes", "edges", "pageInfo", "title", "id", "evidence"),
    *("__typename", "__schema", "types", "name", "submitCase", "x" * 300),
]
ARGUMENTS = ["first", "last", "after", "before", "id", "filter", "order", "caseId", "teamId", "case", "nothing"]
VALUES = [
    *("null", "true", "-1", "0", "2147483648", "9" * 400, "1e400", "[]", "{}", "NEWEST", "$v", '"""block"""'),
    *('""', '"\\u0000"', '"%"', '"\' OR 1=1 --"', '"c_aaaaaaaaaaaaaaaaaaaaaaaaaa"', '"' + "ﷺ" * 300 + '"'),
    *('{text: "(((((a+)+)+)+)+$"}', '{tags: ["\\u0000"]}', "{kinds: [BUG, NOPE]}", '{occurredAfter: "0000-99-99"}'),
    '{occurredAfter: "0001-01-01", occurredBefore: "9999-12-31"}',
    '"00000000-0000-0000-0000-000000000000"',
]
ODD = ["\u202e", "\u0000", "\ufeff", "\u2028", "💩", "{", "}", "(", ")", "$", "@", '"', "\\", "#", "...", "&", "|"]
INTERNAL = re.compile(
    r"Traceback|File \"/|psycopg|django\.|site-packages|SELECT .* FROM|relation \"|syntax error at or near|violates|"
    r"codec can't decode|Incorrect padding|recursion depth|KeyError|AttributeError|has no attribute|<class '|postgres://"
)


def selection(draw, depth):
    if depth <= 0:
        return draw.choice(FIELDS)
    parts = []
    for _ in range(draw.randrange(1, 4)):
        part = draw.choice(["", "a: ", "b: "]) + draw.choice(FIELDS)
        if draw.random() < 0.6:
            pairs = (f"{draw.choice(ARGUMENTS)}: {draw.choice(VALUES)}" for _ in range(draw.randrange(1, 3)))
            part += f"({', '.join(pairs)})"
        part += draw.choice(["", "", " @skip(if: true)", " @include(if: $v)", " @x", " @defer"])
        parts.append(part + (f" {{ {selection(draw, depth - 1)} }}" if draw.random() < 0.7 else ""))
    return " ".join(parts)


def document(draw):
    start = draw.choice(["", "query ", "query Q($v: Int = 1) ", "query Q($v: Boolean!) ", "mutation ", "subscription "])
    text = start + "{ " + selection(draw, draw.randrange(1, 5)) + " }"
    if draw.random() < 0.2:
        text += " fragment X on " + draw.choice(["Query", "Case", "Nope"]) + " { id ...X }"
    for _ in range(draw.randrange(4) if draw.random() < 0.5 else 0):
        place = draw.randrange(len(text))
        text = text[:place] + draw.choice(ODD) + text[place + draw.randrange(3) :]
    return text


def request_body(draw):
    roll = draw.random()
    if roll < 0.15:
        whole = orjson.dumps({"query": document(draw)})
        return whole[: draw.randrange(len(whole))]
    variables = draw.choice([None, {}, {"v": 1}, {"v": True}, {"v": [[[]]]}, {"v": "x"}, {"__proto__": 1}, [], "x"])
    body = {"query": document(draw), "variables": variables, "operationName": draw.choice([None, "Q", "", 1])}
    return orjson.dumps([body] if roll < 0.2 else body)


@pytest.mark.parametrize("seed", range(4))
def test_malformed_requests_are_refused_and_never_a_fault(ask, seed):
    draw, known = random.Random(seed), set(ErrorCode)
    executed = 0
    for _ in range(150):
        body = request_body(draw)
        accept = draw.choice(["application/json", "application/graphql-response+json", "*/*", "text/html", "a/b;q=x"])
        answer = ask.post(draw.choice(["carol", "alice", "olga"]), body, Accept=accept)
        assert answer.status in {200, 400, 406, 413, 415}, body
        assert set(answer.codes) <= known - {"INTERNAL_ERROR"}, body
        assert "errors" in answer.body or "data" in answer.body
        assert not INTERNAL.search(answer.content.decode()), body
        executed += "data" in answer.body
    assert ask("carol", "{ __typename }").data == {"__typename": "Query"}


def test_every_root_field_stands_any_value_of_its_arguments(ask):
    """Valid documents with hostile values, so that each of them reaches a resolver."""
    texts = [
        "",
        " ",
        "\u202e",
        "a" * 500,
        "%",
        "'; DROP TABLE x; --",
        "c_" + "a" * 26,
        "\ud7ff",
        "💩" * 100,
        "((((",
        "-",
        "*:*",
    ]
    for text in texts:
        for query in (
            "query Q($t: String) { cases(first: 1, filter: {text: $t, modelName: $t, dataSource: $t}) { totalCount } }",
            "query Q($t: String!) { cases(first: 1, filter: {tags: [$t]}) { totalCount } }",
            "query Q($t: String) { cases(first: 1, after: $t) { totalCount } }",
            "query Q($t: ID!) { case(id: $t) { __typename } }",
            "query Q($t: ID!) { node(id: $t) { id } }",
            "query Q($t: ID!) { rawCase(id: $t) { __typename } }",
            "query Q($t: ID!) { grants(caseId: $t) { nodes { id } } }",
            "query Q($t: String) { accessEvents(filter: {actor: $t, objectId: $t}, after: $t) { nodes { id } } }",
            "query Q($t: ID!) { disclosures(filter: {caseId: $t, grantId: $t}) { nodes { id } } }",
            "query Q($t: ID!) { policyPreview(versionId: $t) { __typename } }",
            "mutation Q($t: ID!) { withdrawCase(caseId: $t) { __typename } }",
            "mutation Q($t: ID!) { tagCase(caseId: $t, add: [$t], remove: [$t]) { __typename } }",
            "mutation Q($t: ID!) { restrictCase(caseId: $t, userIds: [$t], teamIds: [$t]) { __typename } }",
            'mutation Q($t: ID!) { revokeGrant(id: $t, reason: "x") { __typename } }',
            'mutation Q($t: ID!) { changeSharingGroup(groupId: $t, address: "x") { __typename } }',
            "mutation Q($t: ID!) { answerAccessRequest(id: $t, isGranted: true, grantId: $t) { __typename } }",
            'mutation Q($t: ID!) { openBreakGlass(caseId: $t, purpose: "x") { __typename } }',
            "mutation Q($t: ID!) { activatePolicy(versionId: $t) { __typename } }",
        ):
            for who in ("alice", "olga", "erin"):
                answer = ask(who, query, t=text)
                assert answer.status in {200, 400}, (query, text)
                assert set(answer.codes) <= {
                    "NOT_AVAILABLE",
                    "BAD_CURSOR",
                    "BAD_USER_INPUT",
                    "GRAPHQL_VALIDATION_FAILED",
                }
