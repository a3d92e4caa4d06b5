"""Checks the access record against its log and signed checkpoints: nothing changed, removed, reordered or cut off."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections

from . import expiring
from .checkpoints import Checkpoint, CheckpointError, verify_note
from .leaves import leaf_of
from .merkle import completed_nodes, leaf_hash, root_of
from .sealing import stored_rows

BATCH = 2_000
SEALING_GRACE = timedelta(minutes=10)
# No request or task keeps its transaction open for so long.
LATE_GRACE = timedelta(hours=1)
UNREADABLE = b"\0" * 32
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Verification:
    """What was checked, and every finding in words. No finding means that the record is whole."""

    sealed_rows: int = 0
    checkpoints: int = 0
    waiting_rows: int = 0
    late_rows: int = 0
    expired_rows: int = 0
    findings: list[str] = field(default_factory=list)


class Peaks:
    """The complete subtrees of a growing log that are not yet part of larger ones: all that the next root needs."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of one of them."""
        return self._nodes[level, index]

    def append(self, position: int, digest: bytes) -> None:
        """Add a leaf; subtrees that it completes take the places of their halves."""
        *halves, (level, index, value) = completed_nodes(position, digest, self)
        for half_level, half_index, _ in halves:
            del self._nodes[half_level, half_index - 1]
        self._nodes[level, index] = value


def verify(
    *, verifier: str, former: Sequence[str] = (), outside_notes: list[str] | None = None, using: str = "keeper"
) -> Verification:
    """Hash every sealed row again, rebuild the tree and hold it against every checkpoint, inside and outside ones.

    `former` are the verifier keys that came before, oldest first: what each has signed holds up to the first checkpoint
    of a later key, and no further.

    Somebody who owns the database can rewrite rows, tree and checkpoints together; a checkpoint that was kept outside
    (`outside_notes`) still shows it.
    """
    result = Verification()
    with connections[using].cursor() as cursor:
        expected = _checkpoints(cursor, [*former, verifier], outside_notes or [], result)
        expired = expiring.expired_ranges(using)
        peaks = Peaks()
        size, rewritten, newest = 0, False, EPOCH
        for position, source, row_id, stored, found in _leaves(cursor):
            if position != size:
                result.findings.append(f"Position {size} is missing: the log jumps to {position}.")
                return result
            digest = leaf_hash(leaf_of(source, found)) if found else None
            gone = next((entry for entry in expired if entry.covers(source, row_id)), None) if digest is None else None
            if gone is not None:
                # The hash in the log stands for the row; the roots below tell whether it is still the one signed.
                gone.missing += 1
                gone.seen.update(stored)
            elif digest is None:
                result.findings.append(f"Row {row_id} of {source} at position {position} was removed.")
            elif digest != stored:
                result.findings.append(f"Row {row_id} of {source} at position {position} was changed.")
            moment = moment_of(row_id)
            if moment < newest - LATE_GRACE and not result.late_rows:
                result.findings.append(
                    f"Row {row_id} of {source} at position {position} carries the time {moment:%Y-%m-%d %H:%M} UTC, an"
                    " hour or more before rows that were sealed earlier: it was slipped in, or a clock was wrong."
                )
            result.late_rows += moment < newest - LATE_GRACE
            newest = max(newest, moment)
            peaks.append(position, digest or stored)
            size += 1
            for checkpoint in expected.pop(size, []):
                # Once one fails, every later one fails for the same reason; the first tells from where on.
                if not rewritten and root_of(size, peaks) != checkpoint.root:
                    result.findings.append(f"The checkpoint of {size} rows does not fit: they were rewritten.")
                    rewritten = True
        result.sealed_rows = size
        result.expired_rows = sum(entry.missing for entry in expired)
        announced = stored_rows(cursor, "access_event", [entry.event_id for entry in expired])
        result.findings += expiring.check(expired, {row_id: row["detail"] for row_id, row in announced.items()})
        for missing in sorted(expected):
            result.findings.append(
                f"A checkpoint speaks of {missing} rows, the record holds {size}: its end was cut off."
            )
        result.waiting_rows = _late_rows(cursor, result)
    return result


def _digest(source: str, row: dict[str, Any] | None) -> bytes | None:
    """The leaf of a row as it stands now; a row that this program could not have written has none that fits."""
    try:
        return leaf_hash(leaf_of(source, row)) if row else None
    except (TypeError, ValueError):
        return UNREADABLE


def _checkpoints(
    cursor: Any, verifiers: Sequence[str], outside: list[str], result: Verification
) -> dict[int, list[Checkpoint]]:
    cursor.execute("SELECT note FROM audit.checkpoint ORDER BY size")
    notes = [note for (note,) in cursor.fetchall()]
    if not notes and not outside:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM audit.sealed_leaf)")
        if cursor.fetchone()[0]:
            result.findings.append("There are sealed rows, and no checkpoint: they were removed.")
    expected: dict[int, list[Checkpoint]] = {}
    signed: list[tuple[int, int]] = []
    for note in [*notes, *outside]:
        try:
            key, checkpoint = _verified(note, verifiers)
        except CheckpointError as error:
            result.findings.append(f"A checkpoint does not hold: {error}")
            continue
        result.checkpoints += 1
        signed.append((checkpoint.size, key))
        expected.setdefault(checkpoint.size, []).append(checkpoint)
    newest = 0
    for size, key in sorted(signed):
        if key < newest:
            # Whoever came by a key that was replaced could sign with it whatever he likes.
            result.findings.append(f"The checkpoint of {size} rows is signed with a key that was replaced before it.")
        newest = max(newest, key)
    return expected


def _verified(note: str, verifiers: Sequence[str]) -> tuple[int, Checkpoint]:
    """Which of the keys has signed the note, and what it says; the newest key's error when none has."""
    for key, verifier in enumerate(verifiers[:-1]):
        with suppress(CheckpointError):
            return key, verify_note(note, verifier)
    return len(verifiers) - 1, verify_note(note, verifiers[-1])


def _leaves(cursor: Any) -> Iterator[tuple[int, str, Any, bytes, dict[str, Any] | None]]:
    last = -1
    while True:
        cursor.execute(
            "SELECT position, source, row_id, hash FROM audit.sealed_leaf WHERE position > %s"
            " ORDER BY position LIMIT %s",
            [last, BATCH],
        )
        leaves = cursor.fetchall()
        if not leaves:
            return
        rows: dict[Any, dict[str, Any]] = {}
        for source in {source for _, source, _, _ in leaves}:
            rows |= stored_rows(cursor, source, [row_id for _, named, row_id, _ in leaves if named == source])
        for position, source, row_id, stored in leaves:
            yield position, source, row_id, bytes(stored), rows.get(row_id)
        last = leaves[-1][0]


def _late_rows(cursor: Any, result: Verification) -> int:
    """Rows that wait for their position; one that waits longer than the grace was slipped in or the keeper is away."""
    total = 0
    now = datetime.now(UTC)
    for table in ("access_event", "access_disclosure"):
        cursor.execute(
            f"SELECT count(*), min(id::text)::uuid FROM audit.{table} r"
            " WHERE NOT EXISTS (SELECT 1 FROM audit.sealed_leaf l WHERE l.row_id = r.id)"
        )
        count, oldest = cursor.fetchone()
        total += count
        if count and moment_of(oldest) < now - SEALING_GRACE:
            result.findings.append(
                f"{count} rows of {table} are not sealed, the oldest of {moment_of(oldest):%Y-%m-%d %H:%M} UTC:"
                " the keeper was away, or rows were inserted later with an old id."
            )
    return total


def moment_of(row_id: Any) -> datetime:
    """The time that a UUIDv7 carries."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC)


__all__ = ["Verification", "moment_of", "verify"]
