"""Evidence that comes on its own: hashed, compared, decoded strictly, kept by later edits."""

import hashlib
import io
from collections.abc import Iterator

import pytest

from hub.catalog import queries, services
from hub.catalog.drafts import EvidenceDraft
from hub.catalog.models import Case, CaseVersion, EvidenceBody, EvidenceItem
from hub.catalog.services import UploadError
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.catalog.samples import draft, submitted

NUL = "contains a NUL character; remove it or attach the material as a binary file"
CUT_OFF = "is not JSON (character 2: Expecting property name enclosed in double quotes)"
DEEP = "nested deeper than 32 levels; flatten it or attach it as a file"


def upload(case: Case, data: bytes, media_type: str = "text/plain", digest: str = "", limit: int = 1000) -> CaseVersion:
    return services.add_upload(
        case, name="file", kind="logs", media_type=media_type, stream=io.BytesIO(data), expected_digest=digest,
        size_limit=limit, author="user:adder",
    )  # fmt: skip


def body_of(version: CaseVersion) -> tuple[object, bytes | None]:
    body = EvidenceBody.objects.get(item_id=version.evidence_ids[-1])
    return body.payload, None if body.content is None else bytes(body.content)


@pytest.mark.parametrize(
    ("_case", "data", "media_type", "payload", "content"),
    [
        ("text", "späte Züge\n".encode(), "text/plain; charset=utf-8", "späte Züge\n", None),
        ("JSON", b'{"b": [1, 2.5]}', "application/json", {"b": [1, 2.5]}, None),
        ("JSON by suffix", b"[true]", "Application/Vnd.Acme+JSON", [True], None),
        ("lines", b"{}\n{}\n", "application/x-ndjson", "{}\n{}\n", None),
        ("picture", b"\x89PNG\x00\xff", "image/png", None, b"\x89PNG\x00\xff"),
        ("no type for text", b"plain", "application/octet-stream", None, b"plain"),
    ],
)
def test_a_file_is_kept_as_what_it_is(
    cast: Cast, _case: str, data: bytes, media_type: str, payload: object, content: bytes | None
) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        digest = hashlib.sha256(data).hexdigest()
        version = upload(case, data, media_type, f"sha256:{digest.upper()}")
        assert (version.number, version.author, case.current_version_id) == (2, "user:adder", version.pk)
        assert body_of(version) == (payload, content)
        item = EvidenceItem.objects.get(pk=version.evidence_ids[-1])
        assert (item.size_bytes, item.digest, item.is_added) == (len(data), digest, True)
        assert item.media_type == media_type.partition(";")[0].lower()


@pytest.mark.parametrize(
    ("_case", "data", "media_type", "digest", "message"),
    [
        ("empty", b"", "text/plain", "", "The file is empty."),
        ("too large", b"x" * 2049, "text/plain", "", "The file is larger than 2 KB, the largest that is taken."),
        ("changed on the way", b"x", "text/plain", "0" * 64,
         "The file's SHA-256 is not the one announced: it was changed or cut on its way."),
        ("not UTF-8", b"ab\xff", "text/plain", "", "The file, sent as text/plain, is not UTF-8 (byte 3)."),
        ("NUL in a text", b"a\x00", "text/plain", "",
         f"The file, sent as text/plain, {NUL}."),
        ("no JSON", b"{", "application/json", "", f"The file, sent as application/json, {CUT_OFF}."),
        ("null", b"null", "application/json", "", "The JSON value is null: there is nothing to keep."),
        ("deep", b"[" * 40 + b"]" * 40, "application/json", "",
         f"The file, sent as application/json, at file{'[0]' * 32} is {DEEP}."),
        ("media type", b"x", "png", "", "The media type must be like text/plain or image/png."),
    ],
)  # fmt: skip
def test_a_bad_file_changes_nothing(
    cast: Cast, _case: str, data: bytes, media_type: str, digest: str, message: str
) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        with pytest.raises(UploadError) as error:
            upload(case, data, media_type, digest, limit=2048)
        assert str(error.value) == message
        assert queries.versions_of(case).count() == 1
        assert EvidenceItem.objects.count() == 1


def test_an_endless_stream_is_left_at_the_limit(cast: Cast) -> None:
    case = submitted(cast)
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1000

    with acting_as(cast["alice"]), pytest.raises(UploadError, match="larger than 9 KB"):
        services.add_upload(
            case, name="f", kind="logs", media_type="text/plain", stream=endless(), size_limit=10_000, author="user:x"
        )
    assert sent == 11


def test_added_evidence_survives_an_edit_and_an_import(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        added = services.add_evidence(case, EvidenceDraft("note", "notes", "text/plain", "seen"), author="user:adder")
        assert services.edit_case(case, draft(), author="user:second") is None
        assert services.edit_case(case, draft(), author="user:importer", skip_known=True) is None
        version = services.edit_case(case, draft(evidence=(), summary="New."), author="user:second")
        assert version is not None
        assert version.evidence_ids == added.evidence_ids[-1:]
        document = queries.raw_document(version)
        assert document is not None
        assert document["evidence"] == [
            {"name": "note", "kind": "notes", "media_type": "text/plain", "payload": "seen"}
        ]


def test_the_new_version_says_what_the_old_one_said(cast: Cast) -> None:
    case = submitted(cast, tags=('avid:sep="P0204"', "tlp:red"), unmapped={"old": [1.5]})
    with acting_as(cast["alice"]):
        (first,) = queries.versions_of(case)
        second = services.add_evidence(case, EvidenceDraft("n", "notes", payload={"a": 1}), author="user:adder")
        documents = queries.raw_documents([first, second])
        before, after = documents[first.pk], documents[second.pk]
        assert after["evidence"] == [
            *before["evidence"],
            {"name": "n", "kind": "notes", "media_type": "application/json", "payload": {"a": 1}},
        ]
        assert {**after, "evidence": None} == {**before, "evidence": None}


def test_removing(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        added = services.add_evidence(case, EvidenceDraft("n", "notes", payload={"a": 1}), author="user:adder")
        version = services.remove_evidence(case, added.evidence_ids[0], author="user:second")
        assert version is not None
        assert (version.number, version.evidence_ids) == (3, added.evidence_ids[1:])
        assert services.remove_evidence(case, added.evidence_ids[0], author="user:second") is None
        assert EvidenceItem.objects.count() == 2
