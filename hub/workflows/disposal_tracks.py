"""What each track holds and how an item of it ends: the one place that knows every layer with something to delete."""

from collections.abc import Callable, Collection, Iterable, Iterator
from uuid import UUID

from hub.audit import personal
from hub.catalog import purging as catalog
from hub.escalation.outbox import purging as outbox
from hub.retention.rules import NO_CASE, Ending, Track
from hub.sharing.services import purging as sharing


def _with(items: str, has_summary: str = "false") -> str:
    return f"SELECT i.*, {has_summary} AS has_summary FROM ({items}) i"


ITEMS: dict[Track, str] = {
    Track.RAW_EVIDENCE: _with(catalog.RAW_EVIDENCE),
    Track.RAW_TEXT: _with(catalog.RAW_TEXT, sharing.HAS_SUMMARY),
    Track.PROJECTION: sharing.PROJECTIONS,
    Track.SUMMARY: sharing.SUMMARIES,
    Track.DELIVERY: _with(outbox.DELIVERIES),
    # A day ends once. What a clock that is days behind writes into it later goes with the partition.
    Track.ACCESS_EVENT: _with(personal.PERSONAL_VALUES)
    + " WHERE NOT EXISTS (SELECT 1 FROM retention_dispositionentry e WHERE e.id = i.item_id)",
}
# What an item holds, for the archive.
CONTENTS: dict[Track, Callable[[Collection[UUID]], Iterator[tuple[UUID, bytes]]]] = {
    Track.RAW_EVIDENCE: catalog.evidence_contents,
    Track.RAW_TEXT: catalog.text_contents,
    Track.PROJECTION: sharing.projection_contents,
    Track.SUMMARY: sharing.summary_contents,
    Track.DELIVERY: outbox.delivery_contents,
}


def cases_of(track: Track, items: Iterable[tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    """Every case that each item, given with the case that its list names, is about: a hold on any of them keeps it."""
    if track is Track.DELIVERY:
        return outbox.cases_of([item_id for item_id, _ in items])
    return {item_id: {case_id} - {NO_CASE} for item_id, case_id in items}


def dispose(
    track: Track, item_ids: Collection[UUID], case_ids: Collection[UUID], ending: str = Ending.PURGE.value
) -> None:
    """End these items of these cases; what is gone already stays gone, so a repetition does no harm.

    `archive` ends like `purge`: what was archived was so before.
    """
    match track:
        case Track.RAW_EVIDENCE:
            catalog.purge_evidence(item_ids)
            sharing.forget_analyses(case_ids)
        case Track.RAW_TEXT:
            catalog.purge_texts(item_ids)
            sharing.forget_analyses(case_ids)
        case Track.PROJECTION if ending == Ending.KEEP_SUMMARY:
            sharing.keep_summaries(item_ids)
        case Track.PROJECTION:
            sharing.purge_projections(item_ids)
        case Track.SUMMARY:
            sharing.purge_summaries(item_ids)
        case Track.DELIVERY:
            outbox.purge_deliveries(item_ids)
        case Track.ACCESS_EVENT:
            personal.forget_days(item_ids)
