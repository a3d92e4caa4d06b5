"""What each track holds and how an item of it ends: the one place that knows every layer with something to delete."""

from collections.abc import Collection
from uuid import UUID

from hub.catalog import purging as catalog
from hub.retention.rules import Track
from hub.sharing.services import purging as sharing

ITEMS: dict[Track, str] = {
    Track.RAW_EVIDENCE: catalog.RAW_EVIDENCE,
    Track.RAW_TEXT: catalog.RAW_TEXT,
    Track.PROJECTION: sharing.PROJECTIONS,
}


def dispose(track: Track, item_ids: Collection[UUID], case_ids: Collection[UUID]) -> None:
    """End these items of these cases; what is gone already stays gone, so a repetition does no harm."""
    match track:
        case Track.RAW_EVIDENCE:
            catalog.purge_evidence(item_ids)
            sharing.forget_analyses(case_ids)
        case Track.RAW_TEXT:
            catalog.purge_texts(item_ids)
            sharing.forget_analyses(case_ids)
        case Track.PROJECTION:
            sharing.purge_projections(item_ids)
