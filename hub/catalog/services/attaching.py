"""Evidence that is attached on its own: a value, or a file that comes as a stream."""

import hashlib
import tempfile
from collections.abc import Iterable
from typing import IO
from uuid import UUID

from django.db import transaction

from ..documents import evidence_digest, facts_of
from ..drafts import CaseDraft, EvidenceDraft
from ..limits import MAX_EVIDENCE_ITEMS, MEDIA_TYPE, DraftError, check_text, check_tree
from ..models import Case, CaseTag, CaseText, CaseVersion, EvidenceItem
from ..strict_json import JsonError, parse_json
from .editing import next_number, take_version
from .writing import NewRows, add_item, add_version, current_of, items_of, lock_case

CHUNK = 64 * 1024
MAX_NAME, MAX_KIND = 200, 40


class UploadError(Exception):
    """Why a file was not taken; the message quotes nothing of it."""


def add_evidence(case: Case, evidence: EvidenceDraft, *, author: str) -> CaseVersion:
    """A new version that has one more piece of evidence. Later edits keep it."""
    digest, size = evidence_digest(evidence)
    return _attach(case, evidence, digest, size, author)


def add_upload(
    case: Case,
    *,
    name: str,
    kind: str,
    media_type: str,
    stream: IO[bytes] | Iterable[bytes],
    size_limit: int,
    author: str,
    expected_digest: str = "",
) -> CaseVersion:
    """A new version with a file attached: hashed while it is streamed to a temporary file, compared, then stored.

    JSON and text are decoded strictly and analysed like everything else; any other file is kept as bytes, and
    redaction withholds it.
    """
    for value, where, longest in ((name, "name", MAX_NAME), (kind, "kind", MAX_KIND)):
        _check_word(value, where, longest)
    with tempfile.TemporaryFile() as file:
        digest, size = _receive(stream, file, size_limit)
        _compare(digest, expected_digest)
        file.seek(0)
        evidence = _decode(name, kind, media_type, file.read(), size_limit)
    return _attach(case, evidence, digest, size, author)


def remove_evidence(case: Case, item_id: UUID, *, author: str) -> CaseVersion | None:
    """A new version without one piece of evidence; None when the current version does not have it."""
    with transaction.atomic():
        locked = lock_case(case.pk)
        current = current_of(locked)
        if item_id not in current.evidence_ids:
            return None
        return _follow(case, locked, current, NewRows(), [i for i in items_of(current) if i.pk != item_id], author)


def _attach(case: Case, evidence: EvidenceDraft, digest: str, size: int, author: str) -> CaseVersion:
    with transaction.atomic():
        locked = lock_case(case.pk)
        current = current_of(locked)
        rows = NewRows()
        items = items_of(current)
        if len(items) >= MAX_EVIDENCE_ITEMS:
            raise UploadError(f"The case has {MAX_EVIDENCE_ITEMS} evidence items already; open another case.")
        items.append(add_item(rows, locked, evidence, author=author, digest=digest, size=size, is_added=True))
        return _follow(case, locked, current, rows, items, author)


def _follow(
    case: Case, locked: Case, current: CaseVersion, rows: NewRows, items: list[EvidenceItem], author: str
) -> CaseVersion:
    """The next version: what the current one says, with this evidence."""
    text = CaseText.objects.filter(version_id=current.pk).first()
    if text is None:
        raise UploadError("The text of this case was deleted when its retention ended; open another case.")
    tags = CaseTag.objects.filter(case_id=locked.pk).values_list("tag", flat=True)
    draft = CaseDraft(
        title=text.title,
        summary=text.summary,
        write_up=text.write_up,
        unmapped=text.unmapped,
        facts=facts_of(current),
        tags=tuple(sorted(tags)),
    )
    version = add_version(rows, locked, draft, number=next_number(locked), author=author, kept=items)
    rows.insert()
    take_version(case, locked, version)
    return version


def _check_word(value: str, where: str, longest: int) -> None:
    try:
        check_text(value, where)
    except DraftError as error:
        raise UploadError(f"The {where} {error.problem}.") from None
    if not value.strip() or len(value) > longest:
        raise UploadError(f"Give a {where} of 1 to {longest} characters.")


def _receive(stream: IO[bytes] | Iterable[bytes], file: IO[bytes], size_limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    chunks = iter(lambda: stream.read(CHUNK), b"") if hasattr(stream, "read") else stream
    for chunk in chunks:
        size += len(chunk)
        if size > size_limit:
            raise UploadError(f"The file is larger than {size_limit // 1024} KB, the largest that is taken.")
        digest.update(chunk)
        file.write(chunk)
    if size == 0:
        raise UploadError("The file is empty.")
    return digest.hexdigest(), size


def _compare(digest: str, expected: str) -> None:
    wanted = expected.strip().lower().removeprefix("sha256:")
    if wanted and wanted != digest:
        raise UploadError("The file's SHA-256 is not the one announced: it was changed or cut on its way.")


def _decode(name: str, kind: str, media_type: str, data: bytes, size_limit: int) -> EvidenceDraft:
    essence = media_type.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(essence):
        raise UploadError("The media type must be like text/plain or image/png.")
    try:
        if essence == "application/json" or essence.endswith("+json"):
            payload = parse_json(data)
            if payload is None:
                raise UploadError("The JSON value is null: there is nothing to keep.")
            check_tree(payload, path="file", max_bytes=size_limit)
            return EvidenceDraft(name, kind, essence, payload)
        if essence.startswith("text/") or essence in {"application/x-ndjson", "application/jsonl"}:
            text = data.decode()
            check_text(text, "file")
            return EvidenceDraft(name, kind, essence, text)
    except JsonError as error:
        raise UploadError(f"The file, sent as {essence}, {error}.") from None
    except DraftError as error:
        place = "" if error.path == "file" else f"at {error.path} is "
        raise UploadError(f"The file, sent as {essence}, {place}{error.problem}.") from None
    except UnicodeDecodeError as error:
        raise UploadError(f"The file, sent as {essence}, is not UTF-8 (byte {error.start + 1}).") from None
    return EvidenceDraft(name, kind, essence, content=data)
