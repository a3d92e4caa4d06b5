"""Trusted documents: named by hash, required by a tenant that wants it, changed by officers, refusals on record."""

import hashlib

import pytest
from django.db import connections
from django.test import Client

from hub.workflows.documents import require_documents, retire_document, trust_document
from hub.workflows.outcomes import Done, Invalid, Refusal
from tenants.scoping import acting_as
from tests.api.conftest import answered
from tests.api.test_reading import last_event

TEXT = "query Mine($first: Int) { cases(first: $first) { totalCount } }"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
BY_ID = {"documentId": f"sha256:{DIGEST}", "variables": {"first": 1}}
PERSISTED = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}}


@pytest.fixture(autouse=True)
def _nothing_trusted(world):
    yield
    with connections["owner"].cursor() as owner:
        owner.execute("DELETE FROM tenants_trusteddocument")
        owner.execute("UPDATE tenants_tenant SET requires_trusted_documents = false")


def as_officer(world, do, who="olga", **given):
    actor = world.cast[who]
    with acting_as(actor):
        return do(actor, **given)


def test_a_trusted_document_is_sent_by_its_hash(ask, world):
    unknown = ask.post("alice", BY_ID)
    assert (unknown.status, unknown.codes) == (400, ["UNKNOWN_DOCUMENT"])
    assert last_event(world, "alice") == ("document.ask", "refused", "not_trusted")
    assert isinstance(as_officer(world, trust_document, name="Mirror", text=TEXT), Done)
    by_text = ask("alice", TEXT, first=1)
    assert ask.post("alice", BY_ID).content == by_text.content
    assert ask.post("alice", PERSISTED).data == by_text.data
    headers = {"Authorization": f"Bearer {ask.token('alice')}"}
    by_get = answered(ask.client.get("/graphql", {"documentId": f"sha256:{DIGEST}"}, headers=headers))
    assert by_get.data == by_text.data
    # What one tenant trusts is nothing to another.
    assert ask.post("carol", BY_ID).codes == ["UNKNOWN_DOCUMENT"]


@pytest.mark.parametrize(
    "named", ["sha256:xyz", f"sha256:{DIGEST.upper()}", f"md5:{DIGEST[:32]}", 7, "", ["sha256"], {"a": 1}],
    ids=["short", "upper case", "md5", "number", "empty", "list", "map"],
)  # fmt: skip
def test_a_hash_has_one_form(ask, named):
    answer = ask.post("alice", {"documentId": named})
    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])


def test_a_tenant_can_require_them_from_the_next_request_on(ask, world):
    as_officer(world, trust_document, name="Mirror", text=TEXT)
    assert isinstance(as_officer(world, require_documents, is_required=True), Done)
    assert last_event(world, "olga") == ("document.require", "allowed", "role:officer")
    for who in ("alice", "bob", "dana"):
        refused = ask(who, "{ viewer { name } }")
        assert (refused.status, refused.codes) == (400, ["TRUSTED_DOCUMENT_REQUIRED"])
        assert "data" not in refused.body
        assert last_event(world, who) == ("document.ask", "refused", "not_trusted")
    assert ask.post("alice", BY_ID).data == ask("alice", TEXT, first=1).data
    assert ask("carol", "{ __typename }").data == {"__typename": "Query"}

    document = ask_for_document(world)
    as_officer(world, retire_document, document_id=document)
    assert ask.post("alice", BY_ID).codes == ["UNKNOWN_DOCUMENT"]
    assert ask("alice", TEXT, first=1).codes == ["TRUSTED_DOCUMENT_REQUIRED"]
    as_officer(world, trust_document, name="Mirror", text=TEXT)
    assert ask.post("alice", BY_ID).data == {"cases": {"totalCount": 14}}

    as_officer(world, require_documents, is_required=False)
    assert ask("alice", "{ __typename }").data == {"__typename": "Query"}


def ask_for_document(world):
    with connections["owner"].cursor() as owner:
        owner.execute("SELECT id FROM tenants_trusteddocument WHERE digest = %s", [DIGEST])
        return owner.fetchone()[0]


def test_officers_who_are_signed_in_may_always_ask(ask, world):
    as_officer(world, require_documents, is_required=True)
    browser = Client(raise_request_exception=False)
    for who, codes in (("olga", []), ("alice", ["TRUSTED_DOCUMENT_REQUIRED"])):
        browser.force_login(world.cast.user(who), backend="tenants.authentication.LoginBackend")
        answer = answered(
            browser.post(
                "/graphql", {"query": "{ __typename }"}, content_type="application/json",
                headers={"GraphQL-Require-Preflight": "1"},
            )
        )  # fmt: skip
        assert answer.codes == codes
    # A token of an officer's is a client like any other.
    assert ask("olga", "{ __typename }").codes == ["TRUSTED_DOCUMENT_REQUIRED"]


def test_officers_alone_say_what_is_trusted(world):
    for who in ("alice", "rita", "erin"):
        assert isinstance(as_officer(world, trust_document, who, name="x", text=TEXT), Refusal)
        assert last_event(world, who)[:2] == ("document.trust", "refused")
        assert isinstance(as_officer(world, require_documents, who, is_required=True), Refusal)
        assert last_event(world, who)[:2] == ("document.require", "refused")
    for name, text in (("", TEXT), ("n", " "), ("n", "x" * 20_001), ("n", "\0")):
        assert isinstance(as_officer(world, trust_document, name=name, text=text), Invalid)
    with connections["owner"].cursor() as owner:
        owner.execute("SELECT count(*) FROM tenants_trusteddocument")
        assert owner.fetchone()[0] == 0
