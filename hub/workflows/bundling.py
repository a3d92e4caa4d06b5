"""Export bundles: rows of the access record together with what proves them, for a machine that knows nothing of ours.

A bundle is JSON lines: a head with the signed checkpoint, a line for each row with its position and proof, and an end
that counts and hashes them. `deploy/verify_export.py` reads it.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from hub.audit.actions import AuditAction
from hub.audit.canonical import stored_json
from hub.audit.checkpoints import Checkpoint, CheckpointError, verify_note
from hub.audit.leaves import DISCLOSURE_COLUMNS, EVENT_COLUMNS
from hub.audit.proofs import (
    first_id_from,
    newest_checkpoint,
    positions_of,
    prove_growth,
    prove_inclusion,
    verifiers,
)
from hub.audit.queries import (
    DisclosureFilter,
    EventFilter,
    audits_something,
    disclosures_seen_by,
    events_seen_by,
    private_rows,
)
from hub.audit.recording import record
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import Decision, refuse
from tenants.roles import Action
from tenants.scoping import acting_as

from .exporting import ExportSubject
from .outcomes import Invalid, Refusal

FORMAT = "caseward-audit-bundle-1"
PAGE = 1_000


@dataclass(slots=True)
class Bundle:
    """A bundle that is being written: its head, how far it is, and the digest of what was written."""

    subject: ExportSubject
    size: int
    from_position: int
    head: bytes
    after: UUID | None = None
    rows: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    is_begun: bool = False
    is_whole: bool = False

    def add(self, written: bytes, count: int) -> bytes:
        """Count what is handed on."""
        self.digest.update(written)
        self.rows += count
        return written


def open_bundle(actor: Actor, *, subject: ExportSubject, since: str | None = None) -> Bundle | Refusal | Invalid:
    """Begin a bundle under the newest checkpoint; `since`, an earlier one, leaves out the rows that it covered."""
    decision = _decide(actor)
    if not decision.allowed:
        record(actor, AuditAction.AUDIT_EXPORT, f"{subject}:", decision, form="bundle")
        return Refusal(decision.basis)
    newest = newest_checkpoint()
    if newest is None:
        return Invalid.because("", "Nothing is sealed yet. Start the keeper, wait some seconds, and export again.")
    size, note, verifier = newest
    earlier: dict[str, Any] | None = None
    covered = 0
    if since is not None:
        try:
            known, known_by = _verified_since(since)
        except CheckpointError as error:
            return Invalid.because("since", f"{error} It has to be a checkpoint of this hub.")
        if not 0 < known.size <= size:
            return Invalid.because("since", f"That checkpoint speaks of {known.size} rows, the log holds {size}.")
        covered = known.size
        earlier = {
            "checkpoint": since, "verifier": known_by, "proof": _encoded(prove_growth(known.size, size))
        }  # fmt: skip
    head = {
        "type": "head",
        "format": FORMAT,
        "subject": subject.value,
        # None: the whole platform's record.
        "tenant_id": str(actor.tenant_id) if actor.tenant_id else None,
        "checkpoint": note,
        "verifier": verifier,
        "since": earlier,
    }
    return Bundle(subject, size, covered, _line(head), after=_just_before(first_id_from(covered)) if covered else None)


def reopen_bundle(lines: Iterator[bytes]) -> Bundle | Invalid:
    """Go on with a bundle whose writing was interrupted, from its complete lines; `after` is its last row."""
    head_line = next(lines, b"")
    try:
        head = orjson.loads(head_line)
        checkpoint = verify_note(head["checkpoint"], head["verifier"])
        earlier = head["since"]
        since = verify_note(earlier["checkpoint"], earlier.get("verifier", head["verifier"])).size if earlier else 0
        bundle = Bundle(ExportSubject(head["subject"]), checkpoint.size, since, head_line)
    except (ValueError, KeyError, TypeError):
        return Invalid.because("", "The file does not begin like a bundle; export to a new file.")
    bundle.add(head_line, 0)
    bundle.is_begun = True
    for line in lines:
        entry = orjson.loads(line)
        if entry["type"] == "end":
            bundle.is_whole = True
            break
        bundle.add(line, 1)
        bundle.after = UUID(entry["row"]["id"])
    return bundle


def bundle_page(
    actor: Actor, *, bundle: Bundle, with_personal: bool = False, size: int = PAGE
) -> list[bytes] | Refusal:
    """The next lines, in the order of ids, and the pull on record; moves the bundle on. No lines: it is through."""
    decision = _decide(actor)
    if not decision.allowed:
        record(actor, AuditAction.AUDIT_EXPORT, f"{bundle.subject}:", decision, form="bundle")
        return Refusal(decision.basis)
    table, columns, rows = _rows_of(actor, bundle.subject)
    if bundle.after is not None:
        rows = rows.filter(pk__gt=bundle.after)
    found = list(rows.order_by("pk").values(*columns)[:size])
    positions = {
        row_id: position
        for row_id, position in positions_of(row["id"] for row in found).items()
        if bundle.from_position <= position < bundle.size
    }
    proofs = prove_inclusion(positions.values(), bundle.size)
    kept = [row for row in found if row["id"] in positions]
    private = private_rows([row["id"] for row in kept]) if with_personal and table == "access_event" else {}
    lines = [
        _row_line(table, row, positions[row["id"]], proofs[positions[row["id"]]], private.get(row["id"]))
        for row in kept
    ]
    bundle.after = found[-1]["id"] if found else bundle.after
    bundle.is_whole = len(found) < size
    record(
        actor, AuditAction.AUDIT_EXPORT, f"{bundle.subject}:", decision,
        count=len(lines), form="bundle", checkpoint=bundle.size, personal=with_personal,
    )  # fmt: skip
    return lines


def bundle_lines(actor: Actor, *, bundle: Bundle, with_personal: bool = False) -> Iterator[bytes | Refusal]:
    """What is still to be written, piece by piece; each is committed as pulled before it is handed on."""
    if not bundle.is_begun:
        bundle.is_begun = True
        yield bundle.add(bundle.head, 0)
    while not bundle.is_whole:
        with acting_as(actor, durable=True):
            page = bundle_page(actor, bundle=bundle, with_personal=with_personal)
        if isinstance(page, Refusal):
            yield page
            return
        yield bundle.add(b"".join(page), len(page))
    yield _line({"type": "end", "rows": bundle.rows, "sha256": bundle.digest.hexdigest()})


def _verified_since(note: str) -> tuple[Checkpoint, str]:
    """What an earlier checkpoint says, and which of this log's keys has signed it; the newest key's error if none."""
    keys = verifiers()
    for key in keys[1:]:
        with suppress(CheckpointError):
            return verify_note(note, key), key
    return verify_note(note, keys[0]), keys[0]


def _decide(actor: Actor) -> Decision:
    decision = permissions.decide(actor, Action.EXPORT_AUDIT, on=None)
    return refuse("no_tenant") if decision.allowed and not audits_something(actor) else decision


def _rows_of(actor: Actor, subject: ExportSubject) -> tuple[str, Sequence[str], Any]:
    if subject is ExportSubject.EVENTS:
        return "access_event", EVENT_COLUMNS, events_seen_by(actor, EventFilter())
    return "access_disclosure", DISCLOSURE_COLUMNS, disclosures_seen_by(actor, DisclosureFilter())


def _row_line(
    table: str, row: dict[str, Any], position: int, proof: list[bytes], private: dict[str, dict[str, str]] | None
) -> bytes:
    entry: dict[str, Any] = {
        "type": "row", "table": table, "position": position, "row": row, "proof": _encoded(proof)
    }  # fmt: skip
    if private:
        entry["private"] = private
    return _line(entry)


def _line(entry: dict[str, Any]) -> bytes:
    return stored_json(entry) + b"\n"


def _encoded(proof: list[bytes]) -> list[str]:
    return [b64encode(value).decode() for value in proof]


def _just_before(row_id: UUID | None) -> UUID | None:
    return UUID(int=row_id.int - 1) if row_id is not None and row_id.int else None
