"""Attaching and removing evidence: new versions, caps, refusals before anything is read."""

import io
from typing import Any

import pytest

from hub.catalog import queries as catalog
from hub.catalog.models import EvidenceItem
from hub.workflows import evidence
from hub.workflows.outcomes import CaseSubmitted, Invalid, Refusal
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.case_steps import (
    STEPS,
    noted,
    uploaded,
    withdrawn,
)
from tests.workflows.submitting import (
    last_event,
    state_of,
    submitted,
)


@pytest.mark.parametrize("name", ["changed", "noted", "uploaded"])
def test_a_withdrawn_case_is_not_written_on(cast: Cast, name: str) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        withdrawn(alice, case_id)
        before = state_of(cast, case_id)
        assert STEPS[name](alice, case_id) == Invalid.because("", "the case has been withdrawn")
    assert state_of(cast, case_id) == before


def test_evidence_is_attached_and_removed(cast: Cast) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        assert noted(alice, case_id) == CaseSubmitted(case_id, 2)
        assert uploaded(alice, case_id) == CaseSubmitted(case_id, 3)
        item = EvidenceItem.objects.get(name="note")
        assert evidence.remove_evidence(alice, case_id=case_id, item_id=item.pk) == CaseSubmitted(case_id, 4)
        gone = evidence.remove_evidence(alice, case_id=case_id, item_id=item.pk)
        assert gone == Invalid.because("item_id", "is no evidence of the case as it is now")
        case = catalog.find_case(case_id)
        assert case is not None
        version = catalog.current_version(case)
        assert version is not None
        document = catalog.raw_document(version)
        assert document is not None
        assert [entry["name"] for entry in document["evidence"]] == ["ticket", "worker.log", "log"]


def test_an_upload_is_capped_by_the_settings(cast: Cast, settings: Any) -> None:
    settings.CASEWARD_EVIDENCE_MAX_BYTES = 2048
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        answer = evidence.upload_evidence(
            alice, case_id=case_id, name="log", kind="logs", media_type="text/plain", stream=io.BytesIO(b"x" * 2049)
        )
    assert answer == Invalid.because("file", "The file is larger than 2 KB, the largest that is taken.")
    assert last_event(cast)[:2] == ("evidence.add", "failed")


def test_nothing_is_read_of_an_upload_that_is_refused(cast: Cast) -> None:
    case_id = submitted(cast)
    stream = io.BytesIO(b"secret")
    bob = cast["bob"]
    with acting_as(bob):
        answer = evidence.upload_evidence(
            bob, case_id=case_id, name="log", kind="logs", media_type="text/plain", stream=stream
        )
    assert answer == Refusal("no_role")
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("payload", "path", "message"),
    [
        (None, "payload", "has no payload"),
        ({"a": "\x00"}, "payload.a", "contains a NUL character; remove it or attach the material as a binary file"),
        ([2**70], "payload[0]", "a whole number beyond 64 bits; write it as a string"),
    ],
)
def test_bad_evidence(cast: Cast, payload: Any, path: str, message: str) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        answer = evidence.add_evidence(alice, case_id=case_id, name="n", kind="notes", payload=payload)
    assert answer == Invalid.because(path, message)
