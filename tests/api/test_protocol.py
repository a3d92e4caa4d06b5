"""GraphQL over HTTP and its edges: strangers, media types, methods, cross-site requests, codes, logs."""

import logging

import pytest
from django.test import Client

from hub.api.views import STRANGERS_ANSWER
from tests.api.conftest import answered

TYPENAME = {"query": "{ __typename }"}
PLAIN = {"Accept": "application/json"}
BROKEN = {"query": "{ nothing"}
UNKNOWN_FIELD = {"query": "{ nothing }"}
WRONG_VARIABLE = {"query": "query Q($n: Int!) { cases(first: $n) { totalCount } }", "variables": {"n": "x"}}


@pytest.fixture
def browser(world):
    """Carol's browser, signed in, with Django's check of cross-site requests at work."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.cast.user("carol"), backend="tenants.authentication.LoginBackend")
    return client


@pytest.mark.parametrize(
    ("method", "body", "headers"),
    [
        ("post", b'{"query":"{__typename}"}', {}),
        ("post", b"not json", {"Content-Type": "text/plain"}),
        ("post", b"x" * 2_000_000, {}),
        ("post", b'{"query":"{ __schema { types { name } } }"}', {"Accept": "text/html"}),
        ("put", b"", {}),
        ("get", b"", {}),
        ("options", b"", {"Origin": "https://elsewhere.example"}),
        ("post", b'{"query":"{__typename}"}', {"Authorization": "Bearer cw_0123456789_" + "a" * 40}),
        ("post", b'{"query":"{__typename}"}', {"Authorization": "Basic Y2Fyb2w6eA=="}),
    ],
)
def test_strangers_get_one_constant_answer(world, method, body, headers):
    headers = dict(headers)
    content_type = headers.pop("Content-Type", "application/json")
    client = Client(raise_request_exception=False)
    response = client.generic(method.upper(), "/graphql", body, content_type=content_type, headers=headers)
    assert response.status_code == 401
    assert response.content == STRANGERS_ANSWER
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        ("application/graphql-response+json", 200, "application/graphql-response+json"),
        ("application/json", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/*", 200, "application/json"),
        ("", 200, "application/json"),
        ("application/json;q=0.5, application/graphql-response+json", 200, "application/graphql-response+json"),
        ("application/json, application/graphql-response+json;q=0.5", 200, "application/json"),
        ("text/html, */*;q=0.1", 200, "application/json"),
        ("text/html", 406, "application/json"),
        ("application/json;q=0", 406, "application/json"),
        ("multipart/mixed", 406, "application/json"),
    ],
)
def test_the_answer_has_the_media_type_that_was_asked_for(ask, accept, status, media_type):
    answer = ask.post("carol", TYPENAME, Accept=accept)
    assert (answer.status, answer.headers["Content-Type"]) == (status, f"{media_type}; charset=utf-8")
    if status == 200:
        assert answer.data == {"__typename": "Query"}
    else:
        assert answer.codes == ["NOT_ACCEPTABLE"]


@pytest.mark.parametrize(
    ("body", "code", "in_newer", "in_plain"),
    [
        (BROKEN, "GRAPHQL_PARSE_FAILED", 400, 200),
        (UNKNOWN_FIELD, "GRAPHQL_VALIDATION_FAILED", 400, 200),
        (WRONG_VARIABLE, "BAD_USER_INPUT", 400, 200),
        ({"query": "subscription { x }"}, "GRAPHQL_VALIDATION_FAILED", 400, 200),
        ({"query": "query A { __typename } query B { __typename }"}, "GRAPHQL_VALIDATION_FAILED", 400, 200),
        ({"query": "{ __typename }", "operationName": "Other"}, "GRAPHQL_VALIDATION_FAILED", 400, 200),
        ({"query": ""}, "BAD_REQUEST", 400, 400),
        ({"query": 7}, "BAD_REQUEST", 400, 400),
        ({}, "BAD_REQUEST", 400, 400),
        ([TYPENAME, TYPENAME], "BAD_REQUEST", 400, 400),
        ({"query": "{__typename}", "variables": []}, "BAD_REQUEST", 400, 400),
        ({"query": "{__typename}", "operationName": 1}, "BAD_REQUEST", 400, 400),
        ({"query": "{__typename}", "extensions": "x"}, "BAD_REQUEST", 400, 400),
        ({"query": "{__typename}", "variables": {"a": "\0"}}, "BAD_REQUEST", 400, 400),
        (b"{", "BAD_REQUEST", 400, 400),
        (b"[" * 5000 + b"]" * 5000, "BAD_REQUEST", 400, 400),
        (b'{"query":"{__typename}","variables":{"a":' + b"[" * 100 + b"]" * 100 + b"}}", "BAD_REQUEST", 400, 400),
        (b'\xff\xfe{"query":1}', "BAD_REQUEST", 400, 400),
        (b'{"query":"' + b"x" * 1_000_001 + b'"}', "PAYLOAD_TOO_LARGE", 413, 413),
    ],
)
def test_each_refusal_has_its_code_and_no_data(ask, body, code, in_newer, in_plain):
    for accept, status in (("application/graphql-response+json", in_newer), ("application/json", in_plain)):
        answer = ask.post("carol", body, Accept=accept)
        assert (answer.codes[:1], answer.status) == ([code], status)
        assert "data" not in answer.body


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql",
     "application/json; charset=utf-16"],
)  # fmt: skip
def test_only_json_in_utf_8_comes_in(ask, content_type):
    answer = ask.post("carol", TYPENAME, **{"Content-Type": content_type})
    assert (answer.status, answer.codes) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


def test_names_are_suggested_and_the_schema_told_to_those_who_are_signed_in(ask):
    (error,) = ask.post("carol", {"query": "{ case(id: 1) { ... on Case { titel } } }"}).body["errors"]
    assert error["message"] == "Cannot query field 'titel' on type 'Case'. Did you mean 'title' or 'model'?"
    names = ask("carol", "{ __schema { queryType { name } } }").data
    assert names == {"__schema": {"queryType": {"name": "Query"}}}


def test_get_queries_need_a_header_that_no_foreign_page_can_send(ask, browser):
    from_a_link = answered(browser.get("/graphql", {"query": "{ __typename }"}))
    assert (from_a_link.status, from_a_link.codes) == (403, ["PREFLIGHT_REQUIRED"])
    headers = {"GraphQL-Require-Preflight": "1"}
    assert answered(browser.get("/graphql", {"query": "{ __typename }"}, headers=headers)).data == {
        "__typename": "Query"
    }
    # A token is a header of its own that no link and no image can send.
    headers = {"Authorization": f"Bearer {ask.token('carol')}"}
    asked = {"query": "query Q($n: Int) { cases(first: $n) { totalCount } }", "variables": '{"n": 1}'}
    assert answered(ask.client.get("/graphql", asked, headers=headers)).data == {"cases": {"totalCount": 15}}
    asked = {"query": "mutation { revokeToken(id: 1) { __typename } }"}
    change = answered(ask.client.get("/graphql", asked, headers=headers))
    assert (change.status, change.codes, change.headers["Allow"]) == (405, ["METHOD_NOT_ALLOWED"], "POST")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods_are_refused(ask, method):
    headers = {"Authorization": f"Bearer {ask.token('carol')}"}
    response = ask.client.generic(method, "/graphql", b"{}", content_type="application/json", headers=headers)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST")


def test_a_browser_needs_more_than_its_cookie(browser):
    def post(**headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return answered(browser.post("/graphql", TYPENAME, content_type="application/json", headers=named))

    refused = post()
    assert (refused.status, refused.codes) == (403, ["PREFLIGHT_REQUIRED"])
    assert post(GraphQL_Require_Preflight="1").data == {"__typename": "Query"}
    assert browser.get("/graphql/ide").status_code == 200
    token = browser.cookies["csrftoken"].value
    assert post(X_CSRFToken=token).data == {"__typename": "Query"}
    assert post(X_CSRFToken="a" * 32).status == 403


def test_the_answer_tells_what_it_cost(ask):
    answer = ask("carol", "{ cases(first: 10) { nodes { id title } } }")
    # 1 for the list, and for each of ten cases 1 for it and 2 for its fields.
    assert answer.body["extensions"] == {"cost": {"used": 31, "limit": 25_000}}
    left = int(answer.headers["Caseward-Cost-Left"])
    again = ask("carol", "{ cases(first: 10) { nodes { id title } } }")
    assert int(again.headers["Caseward-Cost-Left"]) == left - 31
    # What is refused before it is executed costs 1, however it was put.
    for body in (b"{", {"query": "{ nothing }"}):
        left -= 1 if body != b"{" else 32
        assert int(ask.post("carol", body).headers["Caseward-Cost-Left"]) == left


def test_neither_query_nor_variables_are_logged(ask, caplog, capfd):
    secret = "MelchiorsUnmistakableSearchWord"
    with caplog.at_level(logging.DEBUG):
        ask("carol", "query Q($t: String) { cases(filter: {text: $t}) { totalCount } }", t=secret)
        ask("carol", f'{{ cases(filter: {{text: "{secret}", nothing: 1}}) {{ totalCount }} }}')
        headers = {"Authorization": f"Bearer {ask.token('carol')}", "GraphQL-Require-Preflight": "1"}
        asked = {"query": f'{{ cases(filter: {{text: "{secret}"}}) {{ totalCount }} }}'}
        ask.client.get("/graphql", asked, headers=headers)
    captured = capfd.readouterr()
    assert secret not in caplog.text + captured.out + captured.err


def test_a_fault_of_ours_discloses_nothing_and_is_on_record(ask, world, monkeypatch):
    from hub.api.catalog import queries

    def fail(*args, **kwargs):
        raise RuntimeError("row 17 of Alice's case")

    ask("bob", "{ viewer { name } }")
    monkeypatch.setattr(queries.Case, "from_shared", fail)
    answer = ask("bob", "{ viewer { name } cases(first: 1) { nodes { id } } }")
    assert answer.status == 500
    assert answer.codes == ["INTERNAL_ERROR"]
    assert answer.body["data"] is None
    assert b"Alice" not in answer.content
    from tests.api.test_reading import last_event

    assert last_event(world, "bob") == ("operation.fail", "failed", "fault")
