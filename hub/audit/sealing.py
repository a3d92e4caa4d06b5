"""Seals the access record: gap-free positions, a Merkle log over them, signed checkpoints. The keeper's work alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from .checkpoints import Checkpoint, SigningKey
from .leaves import TABLES, leaf_of
from .merkle import completed_nodes, leaf_hash, root_of

LOCK = "pg_try_advisory_xact_lock(hashtext('caseward.audit.sealing'))"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one run has sealed, and the checkpoint it ended with (None: nothing was new, or another keeper is at it)."""

    rows: int
    checkpoint: Checkpoint | None = None
    note: str = ""


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


def seal(limit: int = 5_000, *, using: str = "keeper") -> Sealed:
    """Give up to `limit` finished rows their positions, extend the log and sign it, all in one transaction.

    Rows of transactions that are still open are not there to be read yet; they come with a later run, in whatever
    position is next then. So appending never waits for sealing.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {LOCK}")
        if not cursor.fetchone()[0]:
            return Sealed(0)
        rows = list(_unsealed(cursor, limit))
        if not rows:
            return Sealed(0)
        size = _size(cursor)
        nodes = Nodes(cursor)
        leaves = []
        for position, (table, row) in enumerate(rows, start=size):
            digest = leaf_hash(leaf_of(table, row))
            leaves.append((position, table, row["id"], digest))
            for level, index, value in completed_nodes(position, digest, nodes):
                nodes.fresh[level, index] = value
        cursor.executemany(
            "INSERT INTO audit.sealed_leaf (position, source, row_id, hash) VALUES (%s, %s, %s, %s)", leaves
        )
        cursor.executemany(
            "INSERT INTO audit.tree_node (level, index, hash) VALUES (%s, %s, %s)",
            [(level, index, value) for (level, index), value in nodes.fresh.items()],
        )
        size += len(rows)
        checkpoint = Checkpoint(settings.CASEWARD_ORIGIN, size, root_of(size, nodes))
        note = signing_key().sign(checkpoint)
        cursor.execute(
            "INSERT INTO audit.checkpoint (size, root, note, verifier) VALUES (%s, %s, %s, %s)",
            [size, checkpoint.root, note, signing_key().verifier],
        )
        return Sealed(len(rows), checkpoint, note)


def _size(cursor: Any) -> int:
    cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM audit.sealed_leaf")
    return int(cursor.fetchone()[0])


def _unsealed(cursor: Any, limit: int) -> Iterable[tuple[str, dict[str, Any]]]:
    """Rows without a position, oldest id first, events before the disclosures that belong to them."""
    for table, columns in TABLES.items():
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM audit.{table} r"
            " WHERE NOT EXISTS (SELECT 1 FROM audit.sealed_leaf l WHERE l.row_id = r.id)"
            " ORDER BY id LIMIT %s",
            [limit],
        )
        for values in cursor.fetchall():
            yield table, _row(columns, values)


def _row(columns: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))


def stored_rows(cursor: Any, source: str, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """The rows of one table by id, for checking them against their leaves."""
    columns = TABLES[source]
    cursor.execute(f"SELECT {', '.join(columns)} FROM audit.{source} WHERE id = ANY (%s)", [ids])
    return {row["id"]: row for row in (_row(columns, values) for values in cursor.fetchall())}
