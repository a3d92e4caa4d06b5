"""The ledger as lines of a file outside the database: each with its own digest, the last one about an object counts."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

# For each kind: the row itself, and what belongs to it, as (name, table, condition on the row's id).
_PARTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "disposition": (
        ("runs", "retention_dispositionrun",
         "t.id = (SELECT run_id FROM retention_dispositionbatch WHERE id = %(id)s)"),
        ("batches", "retention_dispositionbatch", "t.id = %(id)s"),
        ("entries", "retention_dispositionentry", "t.batch_id = %(id)s"),
        # Where archived items are, and the sealed keys without which nobody reads them again.
        ("archived", "retention_archiveditem",
         "t.id IN (SELECT id FROM retention_dispositionentry WHERE batch_id = %(id)s AND ending = 'archive')"),
    ),
    "hold": (
        ("holds", "retention_legalhold", "t.id = %(id)s"),
        ("held_cases", "retention_heldcase", "t.hold_id = %(id)s"),
    ),
    "erasure": (
        ("requests", "retention_erasurerequest", "t.id = %(id)s"),
        ("places", "retention_erasureplace", "t.request_id = %(id)s AND t.erased_at IS NOT NULL"),
    ),
}  # fmt: skip
TABLES = {name: table for parts in _PARTS.values() for name, table, _ in parts}


class LedgerFault(Exception):
    """A line of the file is not as it was written; the message says which."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What one object of the ledger was when the line was written."""

    kind: str
    object_id: UUID
    tenant_id: UUID
    rows: Mapping[str, list[dict[str, Any]]]


def line_of(kind: str, object_id: UUID, tenant_id: UUID) -> str:
    """The line about one object, as it is now. What is sealed stays in the database."""
    rows = {}
    with connection.cursor() as cursor:
        for name, table, condition in _PARTS[kind]:
            cursor.execute(
                f"SELECT coalesce(jsonb_agg(to_jsonb(t) - 'sealed_values' ORDER BY t.id), '[]')::text"
                f" FROM {table} t WHERE {condition}",
                {"id": object_id},
            )
            found = cursor.fetchone()
            rows[name] = orjson.loads(found[0]) if found else []
    content = orjson.dumps({"kind": kind, "id": object_id, "tenant": tenant_id, "rows": rows}).decode()
    return f"{hashlib.sha256(content.encode()).hexdigest()} {content}\n"


def read_lines(lines: Iterable[str]) -> list[LedgerLine]:
    """The last line about each object, in the order in which objects came to their ends; raises LedgerFault."""
    last: dict[tuple[str, str], LedgerLine] = {}
    for number, line in enumerate(lines, start=1):
        digest, _, content = line.rstrip("\n").partition(" ")
        if not line.strip():
            continue
        if hashlib.sha256(content.encode()).hexdigest() != digest:
            raise LedgerFault(
                f"Line {number} is not as it was written. If a crash has torn it, take it out: what it said was "
                "written again on a later line."
            )
        given = orjson.loads(content)
        last.pop((given["kind"], given["id"]), None)
        last[given["kind"], given["id"]] = LedgerLine(
            given["kind"], UUID(given["id"]), UUID(given["tenant"]), given["rows"]
        )
    return list(last.values())


def insert_rows(name: str, rows: list[dict[str, Any]]) -> int:
    """Put rows back that are not there any more; how many were missing. Columns that are newer get their defaults."""
    if not rows:
        return 0
    table = TABLES[name]
    columns = ", ".join(f'"{column}"' for column in rows[0])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns}"
            f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) ON CONFLICT DO NOTHING",
            [orjson.dumps(rows).decode()],
        )
        return int(cursor.rowcount)
