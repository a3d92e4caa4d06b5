"""Ends whole months of the access record: the rows go, their hashes in the log stay, and what went is written down.

An expired range names its month, how many rows went and the hash of their leaves. The event that announces it is sealed
like any other, so that nobody can call a removal an expiry afterwards: see `verifying.py`. The keeper's work alone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from .partitions import PARTITIONED, Month

LOCK = "pg_advisory_xact_lock(hashtext('caseward.audit.partitions'))"
REFUSAL_DAYS = 90


class NotExpirable(Exception):
    """Why a month has to stay; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What one table's month holds: how many rows, SHA-256 over their leaf hashes in order, and the size of the log
    that covers them."""

    rows: int
    hash: str
    size: int


@dataclass(slots=True)
class ExpiredRange:
    """A month of one table that went, and what was counted while the rows of the log were walked through again."""

    source: str
    lower: UUID
    upper: UUID
    rows: int
    hash: str
    event_id: UUID
    missing: int = 0
    seen: Any = field(default_factory=hashlib.sha256)

    def covers(self, source: str, row_id: UUID) -> bool:
        """Whether a row of the log belongs to it."""
        return source == self.source and self.lower <= row_id < self.upper


def months_on_record(using: str = "keeper") -> list[Month]:
    """The months that have partitions, oldest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT right(c.relname, 7) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace"
            " WHERE n.nspname = 'audit' AND p.relname = ANY (%s) AND c.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1",
            [list(PARTITIONED)],
        )
        return [Month(int(name[:4]), int(name[5:])) for (name,) in cursor.fetchall()]


def database_now(using: str = "keeper") -> datetime:
    """The clock that decides."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def measure(month: Month, *, witnessed: int, using: str = "keeper") -> dict[str, Contents]:
    """What a month holds, by table; raises NotExpirable while a row is not sealed, or its seal is nowhere else.

    `witnessed` is the size of the newest checkpoint that was handed out of the database.
    """
    found = {}
    with connections[using].cursor() as cursor:
        for source in PARTITIONED:
            found[source] = _contents(cursor, source, month)
    if max(contents.size for contents in found.values()) > witnessed:
        raise NotExpirable("no checkpoint that covers it was handed to the witness file")
    return found


def expire(month: Month, announced: Mapping[str, Contents], *, event_id: UUID, using: str = "keeper") -> None:
    """Drop a month's partitions and the personal values of its events, and keep down what went; all or nothing.

    `event_id` is the event that has announced exactly this.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"SELECT {LOCK}")
        cursor.execute(
            "DELETE FROM audit.event_private WHERE event_id >= %s AND event_id < %s", [month.lower, month.upper]
        )
        for source in PARTITIONED:
            table = month.table(source)
            cursor.execute(f"LOCK TABLE audit.{source} IN ACCESS EXCLUSIVE MODE")
            contents = _contents(cursor, source, month)
            if contents != announced[source]:
                raise NotExpirable("it changed after it was announced")
            cursor.execute(
                "INSERT INTO audit.expired_range (source, lower, upper, rows, hash, event_id)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [source, month.lower, month.upper, contents.rows, contents.hash, event_id],
            )
            cursor.execute(f"ALTER TABLE audit.{source} DETACH PARTITION audit.{table}")
            cursor.execute(f"DROP TABLE audit.{table}")


def forget_refusal_counts(using: str = "keeper") -> int:
    """Drop counts of unknown callers that are older than ninety days; how many went."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "DELETE FROM audit.refusal_count WHERE minute < statement_timestamp() - make_interval(days => %s)",
            [REFUSAL_DAYS],
        )
        return int(cursor.rowcount)


def expired_ranges(using: str) -> list[ExpiredRange]:
    """What has gone so far, oldest first."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT source, lower, upper, rows, hash, event_id FROM audit.expired_range ORDER BY lower")
        return [ExpiredRange(*row) for row in cursor.fetchall()]


def check(ranges: list[ExpiredRange], details: Mapping[UUID, Mapping[str, Any]]) -> list[str]:
    """Findings about expired ranges, after the log was walked through; `details` are the announcing events' own."""
    findings = []
    for found in ranges:
        name = f"The expiry of {found.rows} rows of {found.source}"
        if (found.missing, found.seen.hexdigest()) != (found.rows, found.hash):
            findings.append(f"{name} does not fit the log: {found.missing} rows are gone that it covers.")
        announced = details.get(found.event_id, {}).get(found.source)
        # An event that announced one may itself have expired since, with its own month.
        is_expired = any(other.covers("access_event", found.event_id) for other in ranges if other is not found)
        if announced != {"rows": found.rows, "hash": found.hash} and not (is_expired and announced is None):
            findings.append(f"{name} is announced by no event of the record: they were removed.")
    return findings


def _contents(cursor: Any, source: str, month: Month) -> Contents:
    cursor.execute(
        f"SELECT count(*), count(l.position), coalesce(max(l.position) + 1, 0),"
        f" encode(sha256(coalesce(string_agg(l.hash, ''::bytea ORDER BY l.position), ''::bytea)), 'hex')"
        f" FROM audit.{source} r LEFT JOIN audit.sealed_leaf l ON l.row_id = r.id WHERE r.id >= %s AND r.id < %s",
        [month.lower, month.upper],
    )
    rows, sealed, size, digest = cursor.fetchone()
    if rows != sealed:
        raise NotExpirable(f"{rows - sealed} rows of {source} are not sealed")
    return Contents(rows, digest, size)
