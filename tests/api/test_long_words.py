"""Words too long for their column, or of no form at all, are a caller's mistake and never a fault of the hub."""

from urllib.parse import urlencode

import pytest

from tests.api.conftest import answered

TEMPLATE = """{profiles: ["partner"], ceiling_class: "restricted", ceiling_tlp: "AMBER", max_days: 3,
               recipients: ["borealis/*"], purposes: ["ResearchAndDevelopment"]}"""
GROUP = "mutation($slug: String!, $name: String!) { r: createSharingGroup(slug: $slug, name: $name) { __typename } }"
DRAFT = f"""mutation($slug: String!, $name: String!, $note: String!) {{
    r: draftPolicy(kind: GRANT_TEMPLATE, slug: $slug, name: $name, note: $note, document: {TEMPLATE}) {{ __typename }}
}}"""
TAG = """mutation($id: ID!, $reason: String!) {
    r: tagCase(caseId: $id, add: ["a:b=\\"c\\""], reason: $reason) { __typename }
}"""


@pytest.mark.parametrize(
    ("slug", "name"), [("x" * 41, "Circle"), ("", "Circle"), ("\x07", "Circle"), ("circle", "x" * 121), ("circle", "")]
)
def test_a_group_has_a_short_name(ask, slug, name):
    answer = ask("olga", GROUP, slug=slug, name=name)
    assert (answer.status, answer.data) == (200, {"r": {"__typename": "InvalidInput"}})


@pytest.mark.parametrize(
    ("slug", "name", "note"),
    [("x" * 41, "", ""), ("", "", ""), ("a b", "", ""), ("wide", "x" * 121, ""), ("wide", "", "x" * 501)],
)
def test_a_policy_has_a_short_name(ask, slug, name, note):
    answer = ask("olga", DRAFT, slug=slug, name=name, note=note)
    assert (answer.status, answer.data) == (200, {"r": {"__typename": "InvalidInput"}})


def test_a_long_reason_for_a_tag_is_cut(ask, world):
    answer = ask("alice", TAG, id=str(world.cases["small_2"]), reason="x" * 301)
    assert (answer.status, answer.data) == (200, {"r": {"__typename": "CaseChanged"}})


@pytest.mark.parametrize(
    ("name", "kind"), [("\0", "logs"), ("log", "\0"), ("x" * 201, "logs"), ("log", "x" * 41), ("", "logs"), ("a", " ")]
)
def test_an_uploaded_file_has_a_short_name(ask, world, name, kind):
    address = f"/cases/{world.cases['small_1']}/evidence?{urlencode({'name': name, 'kind': kind})}"
    headers = {"Authorization": f"Bearer {ask.token('alice')}"}
    answer = answered(ask.client.post(address, b"x", content_type="text/plain", headers=headers))
    assert (answer.status, answer.body["errors"][0]["extensions"]["code"]) == (422, "BAD_USER_INPUT")
