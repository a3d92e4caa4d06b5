"""What each track holds and how an item of it ends: the one place that knows every layer with something to delete."""

from collections.abc import Callable, Collection, Iterator
from uuid import UUID

from hub.catalog import purging as catalog
from hub.retention.rules import Ending, Track
from hub.sharing.services import purging as sharing


def _raw(items: str, has_summary: str = "false") -> str:
    return f"SELECT i.*, {has_summary} AS has_summary FROM ({items}) i"


ITEMS: dict[Track, str] = {
    Track.RAW_EVIDENCE: _raw(catalog.RAW_EVIDENCE),
    Track.RAW_TEXT: _raw(catalog.RAW_TEXT, sharing.HAS_SUMMARY),
    Track.PROJECTION: sharing.PROJECTIONS,
    Track.SUMMARY: sharing.SUMMARIES,
}
# What an item holds, for the archive.
CONTENTS: dict[Track, Callable[[Collection[UUID]], Iterator[tuple[UUID, bytes]]]] = {
    Track.RAW_EVIDENCE: catalog.evidence_contents,
    Track.RAW_TEXT: catalog.text_contents,
    Track.PROJECTION: sharing.projection_contents,
    Track.SUMMARY: sharing.summary_contents,
}


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
