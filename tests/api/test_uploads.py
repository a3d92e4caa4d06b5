"""Evidence by upload: streamed, capped, compared with its digest; refused like everything else."""

import base64
import hashlib
from typing import Any

import pytest
from django.db import connections

from tests.api.conftest import Asker, answered

LOG = b"2026-03-04 10:11:12 ERROR router: timeout after 3000 ms\n"


def upload(ask: Asker, who: str | None, case_id: Any, body: bytes = LOG, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if who:
        named["Authorization"] = f"Bearer {ask.token(who)}"
    address = f"/cases/{case_id}/evidence?name=router.log&kind=logs"
    return answered(ask.client.post(address, body, content_type="text/plain", headers=named))


def stored(case_id: Any) -> int:
    with connections["owner"].cursor() as owner:
        owner.execute("SELECT count(*) FROM catalog_evidenceitem WHERE case_id = %s AND name = 'router.log'", [case_id])
        return int(owner.fetchone()[0])


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def test_a_file_becomes_evidence_of_a_new_version(ask, world):
    case_id = world.cases["small_0"]
    answer = upload(ask, "alice", case_id, Content_Digest=digest(LOG))
    assert (answer.status, answer.body) == (201, {"caseId": str(case_id), "version": 2})
    raw = ask("alice", "query($id: ID!) { rawCase(id: $id) { ... on RawCase { version document } } }", id=str(case_id))
    document = raw.data["rawCase"]["document"]
    assert raw.data["rawCase"]["version"] == 2
    assert [(item["name"], item["payload"]) for item in document["evidence"]][-1] == ("router.log", LOG.decode())


@pytest.mark.parametrize(
    ("_case", "body", "headers", "status", "told"),
    [
        ("another digest", LOG, {"Content_Digest": digest(b"other")}, 422, "SHA-256 is not the one announced"),
        ("no digest of ours", LOG, {"Content_Digest": "md5=:abc=:"}, 400, "RFC 9530"),
        ("not UTF-8", b"\xff\xfe\x00bad", {}, 422, "UTF-8"),
        ("empty", b"", {}, 422, "empty"),
        ("too large", b"x" * 2_000_000, {}, 422, "larger than"),
    ],
)
def test_what_cannot_be_taken_says_why_and_leaves_nothing(ask, world, settings, _case, body, headers, status, told):
    settings.CASEWARD_EVIDENCE_MAX_BYTES = 1_000_000
    case_id = world.cases["small_1"]
    answer = upload(ask, "alice", case_id, body, **headers)
    assert answer.status == status
    assert told in answer.content.decode()
    assert stored(case_id) == 0


@pytest.mark.parametrize("who", ["carol", "dana", "olga", "erin", "bob"])
def test_whoever_may_not_attach_is_answered_as_if_there_were_no_case(ask, world, who):
    there = upload(ask, who, world.cases["small_2"])
    nowhere = upload(ask, who, "01890000-0000-7000-8000-000000000000")
    assert (there.status, there.content) == (nowhere.status, nowhere.content)
    assert there.status == 404
    assert stored(world.cases["small_2"]) == 0


def test_strangers_and_browsers_without_the_header_are_refused(ask, world):
    assert upload(ask, None, world.cases["small_3"]).status == 401
    answer = ask.client.get(
        f"/cases/{world.cases['small_3']}/evidence", headers={"Authorization": f"Bearer {ask.token('alice')}"}
    )
    assert answer.status_code == 405
    assert stored(world.cases["small_3"]) == 0
