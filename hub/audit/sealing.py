"""Seals the access record: gap-free positions, a Merkle log over them, signed checkpoints. The keeper's work alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from .actions import QUIET
from .checkpoints import Checkpoint, SigningKey
from .leaves import TABLES, leaf_of
from .merkle import completed_nodes, leaf_hash, root_of

LOCK = "pg_try_advisory_xact_lock(hashtext('caseward.audit.sealing'))"
LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one run has sealed, and the checkpoint it ended with (None: nothing was new, or another keeper is at it).

    `has_more` says that the limit ended the run, and `found_late` how many rows only a look at everything could find.
    """

    rows: int
    checkpoint: Checkpoint | None = None
    note: str = ""
    has_more: bool = False
    found_late: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows to be sealed, in the order of their transactions, and the horizon after them."""

    rows: list[tuple[str, dict[str, Any]]]
    horizon: int
    has_more: bool
    found_late: int


class Nodes:
    """Reads complete subtrees, those of the present run from memory."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.fresh: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree."""
        if (level, index) in self.fresh:
            return self.fresh[level, index]
        self._cursor.execute("SELECT hash FROM audit.tree_node WHERE level = %s AND index = %s", [level, index])
        row = self._cursor.fetchone()
        if row is None:
            raise LookupError(f"The log has no node {level}/{index}: it was cut or tampered with.")
        return bytes(row[0])


def signing_key() -> SigningKey:
    """The keeper's key, from the settings."""
    return SigningKey.from_seed(settings.CASEWARD_ORIGIN, bytes.fromhex(settings.AUDIT_SIGNING_SEED))


def last_verifier(using: str = "keeper") -> str:
    """The verifier key of the newest checkpoint; empty before anything was sealed."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT verifier FROM audit.checkpoint ORDER BY size DESC LIMIT 1")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def seal(limit: int = LIMIT, *, look_at_all: bool = False, using: str = "keeper") -> Sealed:
    """Give up to `limit` finished rows their positions, extend the log and sign it, all in one transaction.

    Rows of transactions that are still open are not there to be read yet; they come with a later run, in whatever
    position is next then. So appending never waits for sealing. A run looks at what was appended since the last
    checkpoint's horizon; `look_at_all` looks at every row there is, and finds what was slipped in behind it.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {LOCK}")
        if not cursor.fetchone()[0]:
            return Sealed(0)
        waiting = _waiting(cursor, limit, look_at_all)
        if not waiting.rows:
            return Sealed(0)
        size = _size(cursor)
        nodes = Nodes(cursor)
        leaves = []
        for position, (table, row) in enumerate(waiting.rows, start=size):
            digest = leaf_hash(leaf_of(table, row))
            leaves.append((position, table, row["id"], digest))
            for level, index, value in completed_nodes(position, digest, nodes):
                nodes.fresh[level, index] = value
        _insert(cursor, "sealed_leaf (position, source, row_id, hash)", ("bigint", "text", "uuid", "bytea"), leaves)
        _insert(
            cursor, "tree_node (level, index, hash)", ("smallint", "bigint", "bytea"),
            [(level, index, value) for (level, index), value in nodes.fresh.items()],
        )  # fmt: skip
        size += len(waiting.rows)
        checkpoint = Checkpoint(settings.CASEWARD_ORIGIN, size, root_of(size, nodes))
        key = signing_key()
        note = key.sign(checkpoint)
        cursor.execute(
            "INSERT INTO audit.checkpoint (size, root, note, verifier, horizon, is_quiet)"
            " VALUES (%s, %s, %s, %s, %s::text::xid8, %s)",
            [size, checkpoint.root, note, key.verifier, str(waiting.horizon), _is_quiet(waiting)],
        )
        return Sealed(len(waiting.rows), checkpoint, note, waiting.has_more, waiting.found_late)


def _size(cursor: Any) -> int:
    cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM audit.sealed_leaf")
    return int(cursor.fetchone()[0])


def _waiting(cursor: Any, limit: int, look_at_all: bool) -> Waiting:
    """Rows without a position in the order of their transactions, events before the disclosures that belong to them.

    Every transaction before the oldest open one has ended, so a look that starts there next time misses nothing.
    """
    cursor.execute(
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
        " (SELECT horizon::text::bigint FROM audit.checkpoint ORDER BY size DESC LIMIT 1)"
    )
    oldest_open, known = cursor.fetchone()
    # Counters that ran backwards mean that the record was restored into another database.
    start = 0 if known is None or known > oldest_open else known
    found: list[tuple[int, int, str, dict[str, Any]]] = []
    was_cut = False
    raw = _plain_values(cursor)
    for order, (table, columns) in enumerate(TABLES.items()):
        raw.execute(
            f"SELECT appended_in::text::bigint, {', '.join(columns)} FROM audit.{table} r"
            " WHERE appended_in >= %s::text::xid8"
            " AND NOT EXISTS (SELECT 1 FROM audit.sealed_leaf l WHERE l.row_id = r.id)"
            " ORDER BY appended_in, id LIMIT %s",
            ["0" if look_at_all else str(start), limit],
        )
        rows = raw.fetchall()
        was_cut |= len(rows) == limit
        found += [(values[0], order, table, _row(columns, values[1:])) for values in rows]
    found.sort(key=lambda entry: (entry[0], entry[1], entry[3]["id"]))
    has_more = was_cut or len(found) > limit
    found = found[:limit]
    horizon = min(oldest_open, found[-1][0]) if found and has_more else oldest_open
    late = sum(1 for appended_in, *_ in found if appended_in < start)
    return Waiting([(table, row) for _, _, table, row in found], max(horizon, start), has_more, late)


def _is_quiet(waiting: Waiting) -> bool:
    """Whether nothing has happened but that the record was pushed: no reason to tell a witness at once."""
    return all(row.get("action") in QUIET for _, row in waiting.rows)


def _insert(cursor: Any, target: str, types: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """All rows in one statement, a column at a time."""
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(f"INSERT INTO audit.{target} SELECT * FROM unnest({arrays})", columns)


def _row(columns: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))


def stored_rows(cursor: Any, source: str, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """The rows of one table by id, for checking them against their leaves."""
    columns = TABLES[source]
    raw = _plain_values(cursor)
    raw.execute(f"SELECT {', '.join(columns)} FROM audit.{source} WHERE id = ANY (%s)", [ids])
    return {row["id"]: row for row in (_row(columns, values) for values in raw.fetchall())}


def _plain_values(cursor: Any) -> Any:
    """A cursor that gives JSON as the values it holds, not as text, and reads everything in the quicker binary form."""
    return cursor.connection.cursor(binary=True)
