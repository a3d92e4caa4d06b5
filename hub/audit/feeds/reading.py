"""What a feed is to send next, read in the order of the log: late rows come at their place, and none is passed over.

Each push is itself on record, and so would bring about the next one for ever. Such rows are quiet: they leave along
with others, and by themselves only once they have waited for an hour. Checkpoints of nothing else are marked likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from ..actions import QUIET
from ..leaves import DISCLOSURE_COLUMNS, EVENT_COLUMNS
from ..models import AccessEvent, Disclosure
from .models import Feed, FeedContent

# Rows or checkpoints in one batch; positions of the log that are looked through at a time, and how often in a row.
BATCH = 200
WINDOW = 250
WINDOWS = 20
QUIET_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the record (with its table) or a checkpoint, at its place; `quiet` as said above."""

    position: int
    moment: datetime
    kind: str
    values: dict[str, Any]
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What lies from `start` to before `end`; without items there is nothing of this tenant's between them."""

    start: int
    end: int
    items: tuple[Item, ...] = ()


def newest_size() -> int:
    """How many rows the newest checkpoint speaks of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(size), 0) FROM audit.checkpoint")
        return int(cursor.fetchone()[0])


def next_batch(feed: Feed, size: int) -> Batch | None:
    """What to send after the feed's position, in a log of `size` rows; None while there is nothing worth sending."""
    start = feed.position or 0
    if start >= size:
        return None
    batch = (
        _checkpoints(start) if feed.content == FeedContent.CHECKPOINTS else _rows(feed.tenant_id, start, size, WINDOWS)
    )
    is_cut = len(batch.items) == BATCH or batch.end - start >= WINDOW * WINDOWS
    if batch.items and all(item.is_quiet for item in batch.items) and not is_cut:
        return batch if batch.items[0].moment < timezone.now() - QUIET_FOR else None
    return batch


def batch_under_way(feed: Feed) -> Batch:
    """The batch that was begun before, exactly as it was."""
    start, end = feed.position or 0, feed.sending_to or 0
    if feed.content == FeedContent.CHECKPOINTS:
        return Batch(start, end, _checkpoints(start, end).items)
    # As many windows as it takes: it was cut at its end when it was begun.
    return Batch(start, end, _all_rows(feed.tenant_id, start, end))


def _checkpoints(start: int, end: int | None = None) -> Batch:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT size, created_at, note, verifier, is_quiet FROM audit.checkpoint"
            " WHERE size > %s AND (%s::bigint IS NULL OR size <= %s) ORDER BY size LIMIT %s",
            [start, end, end, BATCH],
        )
        items = tuple(
            Item(size, moment, "checkpoint", {"size": size, "note": note, "verifier": verifier}, is_quiet)
            for size, moment, note, verifier, is_quiet in cursor.fetchall()
        )
    return Batch(start, items[-1].position if items else start, items)


def _rows(tenant_id: UUID, start: int, size: int, windows: int) -> Batch:
    """Own rows from `start` on, window by window, until some of them are worth sending or enough was looked through."""
    items: list[Item] = []
    end = start
    for _ in range(windows):
        begin, end = end, min(size, end + WINDOW)
        items += _own_rows(tenant_id, begin, end)
        if end == size or len(items) >= BATCH or not all(item.is_quiet for item in items):
            break
    if len(items) >= BATCH:
        items = items[:BATCH]
        end = items[-1].position + 1
    return Batch(start, end, tuple(items))


def _all_rows(tenant_id: UUID, start: int, end: int) -> tuple[Item, ...]:
    windows = ((begin, min(end, begin + WINDOW)) for begin in range(start, end, WINDOW))
    return tuple(item for begin, stop in windows for item in _own_rows(tenant_id, begin, stop))


def _own_rows(tenant_id: UUID, begin: int, end: int) -> list[Item]:
    with connection.cursor() as cursor:
        # Written out, so that PostgreSQL sees how few they are: it looks up each leaf's row, and does not read all.
        cursor.execute(
            "SELECT position, source, row_id FROM audit.sealed_leaf"
            f" WHERE position >= {int(begin)} AND position < {int(end)} ORDER BY position"
        )
        leaves = cursor.fetchall()
    found = {"access_event": _own_events(tenant_id, leaves), "access_disclosure": _own_disclosures(tenant_id, leaves)}
    return [
        Item(position, row["occurred_at"], source, row, row.get("action") in QUIET)
        for position, source, row_id in leaves
        if (row := found[source].get(row_id))
    ]


def _own_events(tenant_id: UUID, leaves: Sequence[tuple[int, str, UUID]]) -> dict[UUID, dict[str, Any]]:
    ids = [row_id for _, source, row_id in leaves if source == "access_event"]
    rows = AccessEvent.objects.filter(tenant_id=tenant_id, pk__in=ids).order_by().values(*EVENT_COLUMNS)
    return {row["id"]: row for row in rows}


def _own_disclosures(tenant_id: UUID, leaves: Sequence[tuple[int, str, UUID]]) -> dict[UUID, dict[str, Any]]:
    ids = [row_id for _, source, row_id in leaves if source == "access_disclosure"]
    rows = Disclosure.objects.filter(owner_tenant_id=tenant_id, pk__in=ids).order_by().values(*DISCLOSURE_COLUMNS)
    return {row["id"]: row for row in rows}
