"""Submitting and editing: immutable versions, digests, evidence, and what strangers and teams see of the rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from hub.catalog import queries, services
from hub.catalog.drafts import EvidenceDraft, FactsDraft, draft_from_mapping
from hub.catalog.models import Case, CaseTag, CaseText, CaseVersion, EvidenceBody, EvidenceItem
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.catalog.samples import OWN, draft, submitted

RAW = (CaseVersion, CaseText, EvidenceItem, EvidenceBody)


def test_a_submitted_case_reads_as_it_was_written(cast: Cast) -> None:
    alice = cast["alice"]
    own = draft_from_mapping(OWN)
    with acting_as(alice):
        case = services.submit_case(
            tenant_id=cast.tenant("acme").pk, team_id=cast.team("acme/atlas").pk, draft=own, author=alice.person_key
        )
        found = queries.find_case(case.pk)
        assert found is not None
        assert (found.source, found.source_id, found.status) == ("pager", "P-17", "submitted")
        assert (found.data_class, found.tlp, found.is_restricted) == ("internal", "GREEN", False)
        assert found.created_by == f"user:{cast.user('alice').pk}"
        version = queries.current_version(found)
        assert version is not None
        assert (version.number, version.author, len(version.digest)) == (1, alice.person_key, 64)
        document = queries.raw_document(version)
        assert document == {
            "title": OWN["title"],
            "summary": OWN["summary"],
            "write_up": OWN["write_up"],
            "facts": {
                **OWN["facts"],
                "model": {**OWN["facts"]["model"], "deployer": []},
                "occurred": {"from": "2026-03-01", "to": "2026-03-31", "granularity": "month"},
                "severity": {**OWN["facts"]["severity"], "vector": ""},
            },
            "tags": ['avid:sep="P0204"'],
            "evidence": OWN["evidence"],
            "unmapped": {},
        }
        assert queries.selection_facts(found) == queries.SelectionFacts(
            frozenset({'avid:sep="P0204"', "tlp:green"}), "ticket-router", "prediction"
        )
        assert [(row.tag, row.set_by, row.reason) for row in queries.tags_of(found)] == [
            ('avid:sep="P0204"', alice.person_key, ""),
            ("tlp:green", alice.person_key, "stated by the owner"),
        ]


@pytest.mark.parametrize(
    ("who", "cases", "raw_rows"),
    [
        ("alice", 1, 1), ("bob", 1, 1), ("dana", 0, 0), ("rita", 0, 0), ("carol", 0, 0), ("trudy", 0, 0),
        ("erin", 0, 0), ("petra", 0, 0),
    ],
)  # fmt: skip
def test_raw_rows_are_open_to_the_owner_team_alone(cast: Cast, who: str, cases: int, raw_rows: int) -> None:
    submitted(cast)
    with acting_as(cast[who]):
        assert Case.objects.count() == cases
        assert [model.objects.count() for model in RAW] == [raw_rows] * 4


def test_an_officer_sees_facts_and_no_text(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["olga"]):
        assert [model.objects.count() for model in RAW] == [1, 0, 0, 0]
        found = queries.find_case(case.pk)
        assert found is not None
        version = queries.current_version(found)
        assert version is not None
        assert version.model_name == "ticket-router"
        assert queries.raw_document(version) is None


def test_a_stranger_cannot_write_into_the_team(cast: Cast) -> None:
    with acting_as(cast["dana"]), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        services.submit_case(
            tenant_id=cast.tenant("acme").pk, team_id=cast.team("acme/atlas").pk, draft=draft(), author="user:x"
        )


def test_an_edit_makes_a_version_and_leaves_the_old_one(cast: Cast) -> None:
    case = submitted(cast)
    changed = draft(title="Router sends refunds to the wrong queue")
    with acting_as(cast["alice"]):
        (first,) = queries.versions_of(case)
        version = services.edit_case(case, changed, author="user:second")
        assert version is not None
        assert (version.number, version.author, case.current_version_id) == (2, "user:second", version.pk)
        assert version.evidence_ids == first.evidence_ids
        assert [found.number for found in queries.versions_of(case)] == [2, 1]
        documents = queries.raw_documents([first, version])
        assert documents[first.pk]["title"] == "Router sends refunds to sales"
        assert documents[version.pk]["title"] == "Router sends refunds to the wrong queue"


def test_an_edit_that_says_the_same_makes_nothing(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        assert services.edit_case(case, draft(), author="user:second") is None
        assert queries.versions_of(case).count() == 1
        assert EvidenceItem.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "Changed."},
        {"write_up": {"results": "Changed."}},
        {"facts": FactsDraft(kind="bug", model_name="ticket-router", model_version="4.2")},
        {"tags": ('avid:sep="P0204"', "cwe:id=\"CWE-1\"")},
        {"evidence": ()},
        {"evidence": (EvidenceDraft("ticket", "inputs", payload={"user": "changed"}),)},
        {"unmapped": {"changed": True}},
    ],
)  # fmt: skip
def test_every_part_counts_as_a_change(cast: Cast, change: dict[str, Any]) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        version = services.edit_case(case, draft(**change), author="user:second")
        assert version is not None
        assert version.number == 2


def test_going_back_to_an_older_text_is_an_edit_but_no_import(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        services.edit_case(case, draft(summary="Second."), author="user:second")
        assert services.edit_case(case, draft(), author="user:importer", skip_known=True) is None
        version = services.edit_case(case, draft(), author="user:second")
        assert version is not None
        assert version.number == 3


def test_an_edit_replaces_tags_and_only_raises_levels(cast: Cast) -> None:
    case = submitted(cast, tags=('avid:sep="P0204"', "tlp:amber"))
    with acting_as(cast["alice"]):
        services.edit_case(case, draft(tags=("cwe:id=\"CWE-1\"", "tlp:clear")), author="user:second")  # fmt: skip
        assert (case.data_class, case.tlp) == ("internal", "AMBER")
        assert [row.tag for row in queries.tags_of(case)] == ['cwe:id="CWE-1"', "tlp:amber"]
        services.edit_case(case, draft(tags=("tlp:red", "data-class:restricted")), author="user:second")
        assert (case.data_class, case.tlp) == ("restricted", "RED")
        assert [row.tag for row in queries.tags_of(case)] == ["data-class:restricted", "tlp:red"]


def test_a_version_cannot_be_changed(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]), pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        CaseVersion.objects.filter(case=case).update(kind="bug")


def test_an_outside_identity_is_taken_once(cast: Cast) -> None:
    submitted(cast, source="pager", source_id="1")
    with pytest.raises(IntegrityError):
        submitted(cast, source="pager", source_id="1")


def test_withdrawing(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        services.withdraw_case(case)
        first = Case.objects.get(pk=case.pk).withdrawn_at
        assert (case.status, case.withdrawn_at) == ("withdrawn", first)
        assert first is not None
        services.withdraw_case(case)
        assert Case.objects.get(pk=case.pk).withdrawn_at == first


def test_many_cases_take_one_statement_a_table(cast: Cast, django_assert_num_queries: Callable[..., Any]) -> None:
    alice = cast["alice"]
    drafts = [replace(draft(), title=f"Case {number}") for number in range(50)]
    with acting_as(alice), django_assert_num_queries(8):  # six tables between savepoint and release
        cases = services.submit_cases(
            tenant_id=cast.tenant("acme").pk, team_id=cast.team("acme/atlas").pk, drafts=drafts, author="user:x"
        )
        assert len(cases) == 50
    with acting_as(alice):
        versions = list(CaseVersion.objects.all())
        with django_assert_num_queries(4):
            assert len(queries.raw_documents(versions)) == 50
        with django_assert_num_queries(2):
            assert len(queries.selection_facts_of(cases)) == 50


def test_purged_and_binary_bodies_are_marked(cast: Cast) -> None:
    evidence = (
        EvidenceDraft("photo", "inputs", "image/png", content=b"\x89PNG\x00"),
        EvidenceDraft("ticket", "inputs", payload={"a": 1}),
    )
    case = submitted(cast, evidence=evidence)
    with acting_as(system_actor(cast.tenant("acme").pk, "disposition")):
        EvidenceBody.objects.filter(item__name="ticket").delete()
    with acting_as(cast["alice"]):
        version = queries.current_version(case)
        assert version is not None
        document = queries.raw_document(version)
        assert document is not None
        assert document["evidence"] == [
            {"name": "photo", "kind": "inputs", "media_type": "image/png", "payload": {"withheld": "binary"}},
            {"name": "ticket", "kind": "inputs", "media_type": "application/json", "payload": {"withheld": "purged"}},
        ]


def test_without_its_text_there_is_no_document(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(system_actor(cast.tenant("acme").pk, "disposition")):
        CaseText.objects.all().delete()
    with acting_as(cast["alice"]):
        version = queries.current_version(case)
        assert version is not None
        assert queries.raw_document(version) is None


def test_unknown_cases(cast: Cast) -> None:
    with acting_as(cast["alice"]):
        assert queries.find_case(UUID(int=1)) is None
        assert queries.known_identities(cast.team("acme/atlas").pk, []) == {}


def test_known_identities(cast: Cast) -> None:
    one = submitted(cast, source="pager", source_id="1")
    two = submitted(cast, source="desk", source_id="1")
    submitted(cast)
    with acting_as(cast["alice"]):
        wanted = [("pager", "1"), ("desk", "1"), ("desk", "2"), ("", "")]
        assert queries.known_identities(one.team_id, wanted) == {("pager", "1"): one, ("desk", "1"): two}
        assert [len(digests) for digests in queries.known_digests([one, two]).values()] == [1, 1]
        assert CaseTag.objects.count() == 3
