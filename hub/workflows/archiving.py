"""Archiving before purging: what a rule archives goes to the store first, and only what is there may be deleted."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.db import DatabaseError

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.retention import queries, reasons
from hub.retention.judging import Judged, judge
from hub.retention.models import DispositionRun
from hub.retention.rules import Ending, Track
from hub.retention.services import archiving, disposing
from tenants.actors import SystemActor
from tenants.decisions import allow
from tenants.scoping import acting_as

from .disposal_tracks import CONTENTS, ITEMS

log = structlog.get_logger(__name__)

# Objects to a transaction: a killed worker puts so many a second time at most.
CHUNK = 50


def archive_due(
    actor: SystemActor, run: DispositionRun, track: Track, after: tuple[UUID, UUID] | None, limit: int
) -> int:
    """Put what the next batch would have to find in the archive there; how many items went.

    The first that the store does not take ends it: the deleting transaction finds what is missing, and keeps it.
    """
    try:
        with acting_as(actor, durable=True):
            waiting = _waiting(run, track, after, limit)
        done = 0
        for start in range(0, len(waiting), CHUNK):
            with acting_as(actor, durable=True):
                done += _archive(actor, run, track, waiting[start : start + CHUNK])
        return done
    except (archiving.ArchiveFailed, DatabaseError) as error:
        log.error("archive_failed", run=str(run.pk), track=track.value, error=type(error).__name__)
        return 0


def _waiting(run: DispositionRun, track: Track, after: tuple[UUID, UUID] | None, limit: int) -> list[Judged]:
    rules = queries.rules_in_force(run.tenant_id)
    if queries.control_of(run.tenant_id).is_paused or not archiving.is_configured():
        return []
    if not any(rule.spec.track is track and rule.spec.then is Ending.ARCHIVE for rule in rules):
        return []
    ids = [item.item_id for item in disposing.next_items(run, track, after, limit)]
    return [
        found for found in judge(ITEMS, run.tenant_id, track, rules, ids) if found.kept_because == reasons.NOT_ARCHIVED
    ]


def _archive(actor: SystemActor, run: DispositionRun, track: Track, found: Sequence[Judged]) -> int:
    """One transaction: an object each, its key in its row, and one event."""
    by_id = {item.item_id: item for item in found}
    count = size = 0
    for item_id, content in CONTENTS[track](list(by_id)):
        item = by_id[item_id]
        archiving.archive(run.tenant_id, track, archiving.ToArchive(item_id, item.case_id, item.digest, content))
        count, size = count + 1, size + len(content)
    record(
        actor, AuditAction.DISPOSITION_ARCHIVE, f"disposition_run:{run.pk}", allow(f"system:{actor.process}"),
        track=track.value, count=count, size_bytes=size,
    )  # fmt: skip
    return count
