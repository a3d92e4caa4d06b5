"""Proofs for rows that leave the hub: their positions, inclusion under a checkpoint, and how the log has grown."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from . import merkle

ANY_HASH = b"\0" * 32


def newest_checkpoint() -> tuple[int, str, str] | None:
    """Size, signed note and verifier key of the newest checkpoint; None before anything was sealed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, note, verifier FROM audit.checkpoint ORDER BY size DESC LIMIT 1")
        row = cursor.fetchone()
    return (int(row[0]), row[1], row[2]) if row else None


def positions_of(row_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Where rows stand in the log; those that wait for the keeper are missing here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_id, position FROM audit.sealed_leaf WHERE row_id = ANY (%s)", [list(row_ids)])
        return dict(cursor.fetchall())


def first_id_from(position: int) -> UUID | None:
    """The smallest id among the rows that the reader may see and that stand at this position or later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(row_id::text)::uuid FROM audit.sealed_leaf WHERE position >= %s", [position])
        found: UUID | None = cursor.fetchone()[0]
        return found


def prove_inclusion(positions: Iterable[int], size: int) -> dict[int, list[bytes]]:
    """The inclusion proof of each position in the tree of `size` rows, with one statement for all of them."""
    wanted = list(positions)
    found = _proofs(lambda read: [merkle.inclusion_proof(position, size, read) for position in wanted])
    return dict(zip(wanted, found, strict=True))


def prove_growth(old_size: int, size: int) -> list[bytes]:
    """The consistency proof that the first `old_size` rows of the log are still what they were."""
    return _proofs(lambda read: [merkle.consistency_proof(old_size, size, read)])[0]


def _proofs(compute: Callable[[merkle.NodeReader], list[list[bytes]]]) -> list[list[bytes]]:
    """Computed twice: once to learn which nodes it takes, and again with all of them at hand."""
    needed: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        needed.add((level, index))
        return ANY_HASH

    compute(note)
    nodes = _nodes(needed)
    missing = needed - nodes.keys()
    if missing:
        level, index = min(missing)
        raise LookupError(f"The log has no node {level}/{index}: it was cut or tampered with.")
    return compute(lambda level, index: nodes[level, index])


def _nodes(needed: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    pairs: list[Any] = list(needed)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.level, n.index, n.hash FROM unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index)"
            " JOIN audit.tree_node n ON n.level = wanted.level AND n.index = wanted.index",
            [[level for level, _ in pairs], [index for _, index in pairs]],
        )
        return {(level, index): bytes(value) for level, index, value in cursor.fetchall()}


def checkpoints_after(size: int, limit: int) -> list[tuple[int, datetime, str, str]]:
    """Checkpoints of more rows than that, oldest first: size, when, signed note, verifier key."""
    return _checkpoints("size > %s ORDER BY size", size, limit)


def checkpoints_before(size: int | None, limit: int) -> list[tuple[int, datetime, str, str]]:
    """Checkpoints of fewer rows than that (None: any), newest first."""
    return _checkpoints("size < coalesce(%s, 9223372036854775807) ORDER BY size DESC", size, limit)


def verifiers() -> list[str]:
    """The verifier keys that checkpoints were signed with, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT verifier FROM audit.checkpoint GROUP BY verifier ORDER BY max(size) DESC")
        return [row[0] for row in cursor.fetchall()]


def _checkpoints(condition: str, size: int | None, limit: int) -> list[tuple[int, datetime, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT size, created_at, note, verifier FROM audit.checkpoint WHERE {condition} LIMIT %s", [size, limit]
        )
        return list(cursor.fetchall())
