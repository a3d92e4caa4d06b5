"""The background's part of an erasure: search, carry out, search once more. Kill it anywhere; rows say what is next."""

import time
from uuid import UUID

import structlog
from celery import shared_task
from django.db import DatabaseError, transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.outgoing.sealing import SecretUnavailable
from hub.retention import persons
from hub.retention.holds import holds_on
from hub.retention.models import ErasurePlace, ErasureRequest, ErasureState, PlaceDecision, PlaceMatch
from hub.retention.persons import Finder
from hub.retention.services import disposing, erasing, holding
from hub.retention.services.erasing import Found
from hub.sharing.services import erasing as sharing
from tenants.actors import SystemActor, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from . import erasure_places
from .disposition import AGAIN_AFTER, LIST_EVERY, TURN_SECONDS
from .erasure_places import Row

log = structlog.get_logger(__name__)

PROCESS = "erasure"
RUN_TASK = "erasure.run"
BATCH = 200
AT_WORK = (ErasureState.SEARCHING, ErasureState.APPROVED, ErasureState.PROVING)


def run_erasures(tenant_id: UUID) -> bool:
    """One tenant's turn; whether anything is left for another one."""
    actor = system_actor(tenant_id, PROCESS)
    with acting_as(actor, durable=True):
        # What waits for holds looks whether they have ended.
        erasing.wake(tenant_id)
        ids = list(
            ErasureRequest.objects.filter(tenant_id=tenant_id, state__in=AT_WORK).order_by("pk").values_list(
                "pk", flat=True
            )
        )  # fmt: skip
    ends_at = time.monotonic() + TURN_SECONDS
    for erasure_id in ids:
        while _take_step(actor, erasure_id):
            if time.monotonic() >= ends_at:
                return True
    with acting_as(actor, durable=True):
        return ErasureRequest.objects.filter(tenant_id=tenant_id, state__in=AT_WORK).exists()


def sweep_erasures() -> None:
    """Every tenant whose turn is noted; a fault of one leaves the others theirs."""
    with transaction.atomic(durable=True):
        due = due_work(PROCESS)
    for work in due:
        try:
            is_going_on = run_erasures(work.tenant_id)
            with acting_as(system_actor(work.tenant_id, PROCESS), durable=True):
                waits = ErasureRequest.objects.filter(tenant_id=work.tenant_id, state=ErasureState.WAITING).exists()
                if is_going_on or waits:
                    later = AGAIN_AFTER if is_going_on else LIST_EVERY
                    note_work(work.tenant_id, PROCESS, timezone.now() + later)
                clear_work(work.note_ids)
        except (DatabaseError, SecretUnavailable) as error:
            log.error("erasure_failed", tenant=str(work.tenant_id), error=type(error).__name__)


@shared_task(name="erasure.sweep", queue="governance", ignore_result=True)
def sweep_erasures_task() -> None:
    """The sweep: carries on what was killed, and looks whether holds have ended."""
    sweep_erasures()


@shared_task(name=RUN_TASK, queue="governance", ignore_result=True)
def run_erasures_task(tenant_id: str) -> None:
    """A nudge: one tenant's turn now."""
    run_erasures(UUID(tenant_id))


def _take_step(actor: SystemActor, erasure_id: UUID) -> bool:
    """One small transaction of an erasure; whether there is another one to take now."""
    with acting_as(actor, durable=True):
        row = ErasureRequest.objects.get(pk=erasure_id)
    if row.state in (ErasureState.SEARCHING, ErasureState.PROVING):
        return _search(actor, row)
    if row.state == ErasureState.APPROVED:
        return _carry_out(actor, row)
    return False


# Searching -----------------------------------------------------------------------------------------------------------


def _search(actor: SystemActor, row: ErasureRequest) -> bool:
    """Look through the next rows. Nothing is locked meanwhile: who comes second sees that the place has moved on."""
    tables = erasure_places.tables()
    table, after = row.search_table or tables[0], row.search_after
    if table not in tables:
        return _end_search(actor, row)
    with acting_as(actor, durable=True):
        rows = erasure_places.read_rows(table, row.tenant_id, after)
        keys = dict(sharing.open_keys(row.tenant_id)) if rows and rows[0].audience_id else {}
    found = _looked_through(row, rows, keys)
    following = table if rows else next((name for name in tables if name > table), "~")
    with acting_as(actor, durable=True):
        now = erasing.lock(row.pk)
        if (now.state, now.search_table, now.search_after) != (row.state, row.search_table, row.search_after):
            return True
        gone = {
            (place.kind, place.item_id)
            for place in ErasurePlace.objects.filter(request=now, erased_at__isnull=False)
            if found
        }
        # What names the person although it was erased is more than the hub can take out.
        places = [
            place
            if (place.kind, place.item_id) not in gone or place.match == PlaceMatch.UNREADABLE
            else Found(f"{erasure_places.BY_HAND}{table}", place.item_id, place.case_id, place.match)
            for place in found
        ]
        undecided = {place.kind for place in places if not erasure_places.can_be_erased(place.kind)}
        erasing.add_places(now, places, undecided=undecided)
        erasing.go_on_searching(now, following, rows[-1].after if rows else "", len(rows))
    return True


def _looked_through(row: ErasureRequest, rows: list[Row], keys: dict[UUID, bytes]) -> list[Found]:
    values = erasing.values_of(row)
    finder = Finder(values)
    found: list[Found] = []
    if any(not one.is_readable for one in rows) or finder.find([one.document for one in rows]):
        for one in rows:
            match = finder.find(one.document)
            if not match and not one.is_readable:
                match = PlaceMatch.UNREADABLE.value
            if match:
                found.append(Found(one.kind, one.item_id, one.case_id, match))
    tokens = {audience_id: persons.pseudonyms(values, key) for audience_id, key in keys.items()}
    for one in rows:
        if one.audience_id in tokens and persons.holds_token(one.document, tokens[one.audience_id]):
            found.append(Found(one.kind, one.item_id, one.case_id, PlaceMatch.PSEUDONYM.value))
            found.append(Found(erasure_places.KEY, str(one.audience_id), None, PlaceMatch.PSEUDONYM.value))
    return found


def _end_search(actor: SystemActor, row: ErasureRequest) -> bool:
    """All tables are through: add what was made from what was found, and propose; or, at the end, prove."""
    with acting_as(actor, durable=True):
        now = erasing.lock(row.pk)
        if (now.state, now.search_table) != (row.state, row.search_table):
            return True
        _forget_unreadable_elsewhere(now)
        if now.state == ErasureState.PROVING:
            return _prove(actor, now)
        _add_made_from(now)
        _propose(actor, now)
    return False


def _propose(actor: SystemActor, row: ErasureRequest) -> None:
    cases = {case_id for case_id in erasing.open_places(row).values_list("case_id", flat=True) if case_id}
    erasing.propose(row, list(holds_on(holding.lock_cases(cases))))
    record(
        actor, AuditAction.ERASURE_SEARCH, f"erasure:{row.pk}", allow(f"system:{actor.process}"),
        rows=row.searched_rows, places=row.places.count(), held=row.places.filter(is_held=True).count(),
    )  # fmt: skip


def _add_made_from(row: ErasureRequest) -> None:
    """Projections of cases whose raw names the person, and the keys of those who know him by a pseudonym."""
    names = [PlaceMatch.WHOLE, PlaceMatch.ENCODED]
    cases = row.places.filter(kind__in=["raw_text", "raw_evidence"], match__in=names).values_list("case_id", flat=True)
    made = sharing.made_from([case_id for case_id in set(cases) if case_id])
    match = PlaceMatch.MADE_FROM.value
    erasing.add_places(row, [Found("projection", str(pk), case_id, match) for pk, case_id, _ in made])
    erasing.add_places(row, [Found(erasure_places.KEY, str(key), None, match) for key in {one[2] for one in made}])


def _forget_unreadable_elsewhere(row: ErasureRequest) -> None:
    """What cannot be looked into counts only in a case that names the person."""
    named = row.places.exclude(match=PlaceMatch.UNREADABLE).exclude(case_id=None).values("case_id")
    erasing.open_places(row).filter(match=PlaceMatch.UNREADABLE, decision=PlaceDecision.OPEN).exclude(
        case_id__in=named
    ).delete()


# Carrying out --------------------------------------------------------------------------------------------------------


def _carry_out(actor: SystemActor, row: ErasureRequest) -> bool:
    """The erasing transaction. In this order: the turn, the cases, their holds, the ends, the record."""
    with acting_as(actor, durable=True):
        if not disposing.take_turn(row.tenant_id):
            return False
        now = erasing.lock(row.pk)
        if now.state != ErasureState.APPROVED:
            return True
        return _erase_batch(actor, now)


def _erase_batch(actor: SystemActor, row: ErasureRequest) -> bool:
    places = erasing.next_places(row, BATCH)
    if not places:
        if erasing.is_waiting(row):
            erasing.set_state(row, ErasureState.WAITING)
            return False
        erasing.begin_proof(row)
        return True
    held = holds_on(holding.lock_cases({place.case_id for place in places if place.case_id}))
    erasing.mark_held([place for place in places if place.case_id in held])
    places = [place for place in places if place.case_id not in held]
    if not places:
        return True
    by_kind: dict[str, list[ErasurePlace]] = {}
    for place in places:
        by_kind.setdefault(place.kind, []).append(place)
    digests: dict[str, str] = {}
    for kind, of_kind in by_kind.items():
        ids = [UUID(place.item_id) for place in of_kind]
        of_items = erasure_places.digests_of(kind, ids)
        erasure_places.erase(kind, ids, {place.case_id for place in of_kind if place.case_id}, of_items)
        digests |= {f"{kind}:{item_id}": digest for item_id, digest in of_items.items()}
    erasing.mark_erased(places, digests)
    record(
        actor, AuditAction.ERASURE_RUN, f"erasure:{row.pk}", allow(f"system:{actor.process}"),
        counts={kind: len(of_kind) for kind, of_kind in by_kind.items()}, approved_by=row.decided_by,
    )  # fmt: skip
    return True


def _prove(actor: SystemActor, row: ErasureRequest) -> bool:
    """Nothing was found that is not left on purpose: certify. Else somebody decides about what was found."""
    if erasing.open_places(row).exclude(decision=PlaceDecision.LEAVE).exists():
        _propose(actor, row)
        return False
    count, left, digest = erasing.summary(row)
    event_id = record(
        actor, AuditAction.ERASURE_PROVE, f"erasure:{row.pk}", allow(f"system:{actor.process}"),
        rows=row.searched_rows, erased=count, left=left, places_digest=digest, approved_by=row.decided_by,
    )  # fmt: skip
    erasing.certify(row, event_id)
    return False
