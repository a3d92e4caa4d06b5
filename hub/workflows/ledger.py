"""The ledger outside the database: written line by line as things end, and played again after a restore."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.retention.ledger_lines import LedgerLine, insert_rows, line_of, read_lines
from hub.retention.models import ErasurePlace, ErasureRequest, ErasureState, HoldState, LedgerNote, LegalHold
from hub.retention.rules import Track
from tenants.actors import system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from . import erasure_places
from .disposal_tracks import dispose

log = structlog.get_logger(__name__)

PROCESS = "ledger"
BATCH = 200
VALUES_LOST = "The backup that was restored is older than this request, and the values are lost: ask again."
END_OF_REQUEST = (
    "state", "decided_by", "decided_at", "decline_reason", "erased_count", "left_count", "places_digest", "proof_rows",
    "proven_at", "event_id",
)  # fmt: skip


def write_down() -> int:
    """Append what has changed to CASEWARD_LEDGER_FILE, tenant by tenant; how many lines. Without the file: nothing."""
    if not settings.CASEWARD_LEDGER_FILE:
        return 0
    with transaction.atomic(durable=True):
        due = due_work(PROCESS)
    written = 0
    for work in due:
        try:
            while count := _write_down_batch(work.tenant_id):
                written += count
            with acting_as(system_actor(work.tenant_id, PROCESS), durable=True):
                if LedgerNote.objects.filter(tenant_id=work.tenant_id).exists():
                    note_work(work.tenant_id, PROCESS)
                clear_work(work.note_ids)
        except (DatabaseError, OSError) as error:
            log.error("ledger_not_written", tenant=str(work.tenant_id), error=type(error).__name__)
    return written


@shared_task(name="ledger.sweep", queue="governance", ignore_result=True)
def write_down_task() -> None:
    """The sweep: what a killed worker has not written is written now, at worst twice."""
    write_down()


def _write_down_batch(tenant_id: UUID) -> int:
    """The lines are on disk before the notes go: a crash in between writes them once more, which changes nothing."""
    with acting_as(system_actor(tenant_id, PROCESS), durable=True):
        notes = list(
            LedgerNote.objects.filter(tenant_id=tenant_id).order_by("pk").select_for_update(skip_locked=True)[:BATCH]
        )
        objects = dict.fromkeys((note.kind, note.object_id) for note in notes)
        append_lines(line_of(kind, object_id, tenant_id) for kind, object_id in objects)
        LedgerNote.objects.filter(pk__in=[note.pk for note in notes]).delete()
    return len(objects)


def append_lines(lines: Iterable[str]) -> None:
    """Append whole lines and wait until they are on disk; one writer at a time."""
    path = Path(settings.CASEWARD_LEDGER_FILE)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # A line that a crash has torn must not swallow the one that follows.
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write("".join(lines).encode())
        os.fsync(file.fileno())


# After a restore ----------------------------------------------------------------------------------------------------


def replay(path: Path) -> dict[str, int]:
    """Let everything end again that the file says has ended, and every hold stand that stands; counts by kind.

    Runs as the owner of the tables, in one transaction, on a database that nobody else can connect to. Releases come
    first and new holds last, so that no hold stands in the way of what had ended before it was placed.
    """
    with path.open(encoding="utf-8") as file:
        lines = read_lines(file)
    done: Counter[str] = Counter()
    with _as_owner(), transaction.atomic():
        for line in lines:
            if line.kind == "hold":
                done["releases"] += _release(line)
        for line in lines:
            with acting_as(system_actor(line.tenant_id, PROCESS)):
                if line.kind == "disposition":
                    done["dispositions"] += _dispose_again(line)
                elif line.kind == "erasure":
                    done["erasures"] += _erase_again(line)
        for line in lines:
            if line.kind == "hold":
                insert_rows("holds", line.rows["holds"])
                insert_rows("held_cases", line.rows["held_cases"])
                done["holds"] += line.rows["holds"][0]["state"] != HoldState.RELEASED
        _record(lines, done)
        with connection.cursor() as cursor:
            # What was played again is written down already.
            cursor.execute("DELETE FROM retention_ledgernote")
    return dict(done)


@contextmanager
def _as_owner() -> Iterator[None]:
    """Everything in the block that asks the database asks as the owner of the tables, whose policies see all rows."""
    before = connections["default"]
    connections["default"] = connections.create_connection("owner")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


@contextmanager
def _as_keeper() -> Iterator[None]:
    """The record is the keeper's, whose role the owner may take."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE caseward_keeper")
        yield
        cursor.execute("RESET ROLE")


def _release(line: LedgerLine) -> int:
    """A hold that was released stands in the way of nothing; as it was done: proposed by one, released by another."""
    given = line.rows["holds"][0]
    if given["state"] != HoldState.RELEASED:
        return 0
    rows = LegalHold.objects.filter(pk=line.object_id).exclude(state=HoldState.RELEASED)
    proposal = {key: given[key] for key in ("release_proposed_by", "release_proposed_at", "release_reason")}
    rows.filter(state=HoldState.RELEASE_PROPOSED).update(
        state=HoldState.STANDING, release_proposed_by="", release_proposed_at=None
    )
    rows.update(state=HoldState.RELEASE_PROPOSED, **proposal)
    return rows.update(
        state=HoldState.RELEASED, released_by=given["released_by"], released_at=given["released_at"]
    )  # fmt: skip


def _dispose_again(line: LedgerLine) -> int:
    insert_rows("runs", line.rows["runs"])
    insert_rows("batches", line.rows["batches"])
    insert_rows("archived", line.rows.get("archived", []))
    by_end: dict[tuple[Track, str], list[dict[str, Any]]] = {}
    for entry in line.rows["entries"]:
        by_end.setdefault((Track(entry["track"]), entry["ending"]), []).append(entry)
    for (track, ending), entries in by_end.items():
        with _as_keeper() if track is Track.ACCESS_EVENT else nullcontext():
            dispose(
                track, [UUID(entry["id"]) for entry in entries], {UUID(entry["case_id"]) for entry in entries}, ending
            )
    return insert_rows("entries", line.rows["entries"])


def _erase_again(line: LedgerLine) -> int:
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for place in line.rows["places"]:
        by_kind.setdefault(place["kind"], []).append(place)
    for kind, places in by_kind.items():
        digests = {UUID(place["item_id"]): place["digest"] for place in places}
        cases = {UUID(place["case_id"]) for place in places if place["case_id"]}
        erasure_places.erase(kind, list(digests), cases, digests)
    ErasurePlace.objects.filter(pk__in=[place["id"] for place in line.rows["places"]], erased_at=None).delete()
    _bring_request(line)
    return insert_rows("places", line.rows["places"])


def _bring_request(line: LedgerLine) -> None:
    """What the backup had of a request gives way to its end; one that it had not, and that goes on, lost its values."""
    given = dict(line.rows["requests"][0])
    has_ended = given["state"] in (ErasureState.PROVEN, ErasureState.DECLINED)
    rows = ErasureRequest.objects.filter(pk=line.object_id)
    if not rows.exists():
        if not has_ended:
            given |= {"state": ErasureState.DECLINED.value, "decline_reason": VALUES_LOST}
        insert_rows("requests", [given])
    elif has_ended:
        ended = rows.exclude(state__in=[ErasureState.PROVEN, ErasureState.DECLINED])
        ended.update(**{name: given[name] for name in END_OF_REQUEST}, sealed_values=None)


def _record(lines: list[LedgerLine], done: Counter[str]) -> None:
    """One event a tenant, written as the keeper, who owns the record."""
    for tenant_id in sorted({line.tenant_id for line in lines}):
        actor = system_actor(tenant_id, PROCESS)
        with acting_as(actor), _as_keeper():
            record(
                actor, AuditAction.LEDGER_REPLAY, f"ledger:{tenant_id}", allow(f"system:{PROCESS}"),
                lines=sum(line.tenant_id == tenant_id for line in lines),
            )  # fmt: skip
