"""Building projections, as a reconciler: it looks for rows that are not yet as they should be; kill it anywhere."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, connection, transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import queries as catalog
from hub.catalog.levels import CLASS_RANKS, is_level_tag
from hub.catalog.models import Case
from hub.catalog.services.levels import raise_sensitivity
from hub.sharing import reasons
from hub.sharing.background import BUILD_TASK, PROJECTIONS
from hub.sharing.keys import KeyUnavailable
from hub.sharing.locks import share_serving
from hub.sharing.models import Projection
from hub.sharing.services import leasing, projecting, serving
from hub.sharing.services.audiences import key_of
from hub.sharing.services.levels import follow_case
from hub.sharing.services.projecting import Unbuilt
from redaction import class_for, engine_fingerprint
from tenants.actors import SystemActor, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from .building import Job, Target, build
from .nudging import nudge

log = structlog.get_logger(__name__)

BATCH = 32
HEARTBEAT_SECONDS = 10.0
# A builder that holds on longer than this is stuck, and its rows go to another.
LONGEST_BUILD_SECONDS = 300.0
# After this long a tenant makes room for the next one and queues up again.
TURN_SECONDS = 20.0


def sweep_projections() -> int:
    """Build whatever is due, tenant by tenant; how many rows were stored. A nudge and the beat come to the same."""
    with transaction.atomic(durable=True):
        due = due_work(PROJECTIONS)
    return sum(build_projections(work.tenant_id, work.note_ids) for work in due)


def build_projections(tenant_id: UUID, note_ids: tuple[int, ...] | None = None) -> int:
    """One tenant's turn: build until nothing is free, settle what is in force, then tidy up the notes read before."""
    actor = system_actor(tenant_id, PROJECTIONS)
    if note_ids is None:
        with transaction.atomic(durable=True):
            note_ids = next((work.note_ids for work in due_work(PROJECTIONS) if work.tenant_id == tenant_id), ())
    fingerprint = engine_fingerprint()
    stored, ends_at = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at:
        worker = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:16]}"
        jobs = _lease(actor, worker, fingerprint)
        if not jobs:
            break
        with _heartbeat(actor, jobs, worker):
            build(jobs, fingerprint)
        stored += sum(_store_safely(actor, job, worker, fingerprint) for job in jobs)
    _settle(actor)
    _tidy(actor, note_ids, is_interrupted=time.monotonic() >= ends_at)
    return stored


def _lease(actor: SystemActor, worker: str, fingerprint: str) -> list[Job]:
    """The first short transaction: take rows, read the raw documents and what was found in them before."""
    tenant_id = _tenant(actor)
    with acting_as(actor, durable=True):
        leasing.drop_superseded(tenant_id)
        _give_up(actor)
        rows = leasing.lease_pending(tenant_id, worker, BATCH)
        by_version: dict[UUID, list[Projection]] = {}
        for row in rows:
            by_version.setdefault(row.version_id, []).append(row)
        documents = catalog.raw_documents([of_version[0].version for of_version in by_version.values()])
        return [
            _job(of_version, documents.get(version_id), fingerprint) for version_id, of_version in by_version.items()
        ]


def _job(rows: list[Projection], document: dict[str, Any] | None, fingerprint: str) -> Job:
    """One version's work. Levels are shown from the case as it is, so their tags are no part of the document."""
    if document is not None:
        document["tags"] = [tag for tag in document["tags"] if not is_level_tag(tag)]
    job = Job(
        case_id=rows[0].case_id,
        version_id=rows[0].version_id,
        document=document,
        document_digest=projecting.digest_of(document) if document is not None else "",
        recorded_on=rows[0].case.created_at.date(),
        targets=[_target(row) for row in rows],
    )
    if document is None:
        job.withheld = reasons.RAW_UNAVAILABLE
        return job
    analysis = projecting.find_analysis(job.version_id, fingerprint, job.document_digest)
    if analysis is not None and analysis.is_complete:
        job.findings = projecting.findings_of(analysis)
    elif analysis is not None:
        job.withheld = analysis.reason
    return job


def _target(row: Projection) -> Target:
    is_own = row.audience.recipient_tenant_id == row.tenant_id and row.audience.recipient_team_id == row.team_id
    return Target(row.pk, row.policy_version.document, _key(row), row.stale_since, is_own)


def _key(projection: Projection) -> bytes | None:
    try:
        return key_of(projection.audience)
    except KeyUnavailable:
        return None


def _store_safely(actor: SystemActor, job: Job, worker: str, fingerprint: str) -> int:
    """Store one version's projections in a transaction of their own; a fault leaves them to a later attempt."""
    try:
        with acting_as(actor, durable=True):
            return _store(actor, job, worker, fingerprint)
    except DatabaseError as error:
        log.error("projection_not_stored", version=str(job.version_id), error=type(error).__name__)
        with acting_as(actor, durable=True):
            for row in leasing.lock_leased(job.results, worker):
                leasing.postpone(row, worker)
        return 0


def _store(actor: SystemActor, job: Job, worker: str, fingerprint: str) -> int:
    """The last short transaction: what is still ours and still wanted is stored, put in force and recorded."""
    profile_ids = Projection.objects.filter(pk__in=job.results).values_list("profile_id", flat=True)
    # Always in this order: the serving locks, the case, its projections.
    share_serving(list(profile_ids))
    case = Case.objects.select_for_update().get(pk=job.case_id)
    rows = leasing.lock_leased(job.results, worker)
    if not rows:
        return 0
    if case.current_version_id != job.version_id:
        leasing.release(job.results, worker)
        leasing.drop_superseded(case.tenant_id)
        return 0
    _keep_analysis(actor, job, case, rows[0], fingerprint)
    stale = {target.projection_id: target.stale_since for target in job.targets}
    stored = 0
    for row in rows:
        result = job.results[row.pk]
        if result is None:
            leasing.postpone(row, worker)
            continue
        if isinstance(result, Unbuilt):
            _withhold(actor, row, result, fingerprint)
        else:
            projecting.store_ready(row, result)
            record(
                actor, AuditAction.PROJECTION_BUILD, f"projection:{row.pk}", allow(f"system:{actor.process}"),
                case=row.case_id, version=row.version_id, policy_version=row.policy_version_id,
                audience=row.audience_id, counts=dict(result.counts),
            )  # fmt: skip
        projecting.end_staleness(row, stale[row.pk])
        projecting.put_in_force(row.case_id, row.profile_id, row.audience_id)
        stored += 1
    return stored


def _keep_analysis(actor: SystemActor, job: Job, case: Case, row: Projection, fingerprint: str) -> None:
    """Keep what was found, once for all audiences, and raise the case's class where the findings ask for it."""
    if job.new_analysis is None:
        if job.withheld and job.withheld != reasons.RAW_UNAVAILABLE:
            projecting.store_failed_analysis(row, job.document_digest, fingerprint, job.withheld)
        return
    if not projecting.store_analysis(row, job.document_digest, job.new_analysis):
        return
    record(
        actor, AuditAction.ANALYSIS_BUILD, f"version:{job.version_id}", allow(f"system:{actor.process}"),
        case=job.case_id, findings=len(job.new_analysis.findings), engine=fingerprint,
    )  # fmt: skip
    implied = class_for(job.new_analysis.findings).value
    if CLASS_RANKS[implied] > CLASS_RANKS[case.data_class]:
        raise_sensitivity(case, data_class=implied, set_by=actor.key, reason="findings")
        follow_case(case)
        record(
            actor, AuditAction.CASE_SENSITIVITY, f"case:{case.pk}", allow(f"system:{actor.process}"),
            data_class=implied, because="findings",
        )  # fmt: skip


def _give_up(actor: SystemActor) -> None:
    """Withhold what five builders have begun and none has finished: officers see it, readers get nothing."""
    for row in leasing.exhausted(_tenant(actor)):
        _withhold(actor, row, Unbuilt(reasons.ATTEMPTS_EXHAUSTED), row.fingerprint)
        projecting.end_staleness(row, row.stale_since)
        if row.version_id == row.case.current_version_id:
            projecting.put_in_force(row.case_id, row.profile_id, row.audience_id)


def _withhold(actor: SystemActor, row: Projection, unbuilt: Unbuilt, fingerprint: str) -> None:
    projecting.store_withheld(row, unbuilt.reason, fingerprint, unbuilt.places)
    record(
        actor, AuditAction.PROJECTION_WITHHOLD, f"projection:{row.pk}", allow(f"system:{actor.process}"),
        case=row.case_id, version=row.version_id, policy_version=row.policy_version_id,
        audience=row.audience_id, reason=unbuilt.reason,
    )  # fmt: skip


def _settle(actor: SystemActor) -> None:
    """Put in force what is ready and wanted, take out what is not wanted, and switch policies that are complete."""
    with acting_as(actor, durable=True):
        serving.retire_uncovered(_tenant(actor))
        rows = serving.unsettled(_tenant(actor))
        share_serving([row.profile_id for row in rows])
        for row in rows:
            projecting.put_in_force(row.case_id, row.profile_id, row.audience_id)
        waiting = serving.waiting_profiles(_tenant(actor))
    for profile_id in waiting:
        with acting_as(actor, durable=True):
            version = serving.switch_serving_version(profile_id)
            if version is not None:
                record(
                    actor, AuditAction.POLICY_SWITCH, f"profile:{profile_id}", allow(f"system:{actor.process}"),
                    policy_version=version.pk, number=version.number,
                )  # fmt: skip


def _tidy(actor: SystemActor, note_ids: tuple[int, ...], *, is_interrupted: bool) -> None:
    """Clear the notes that were read; while anything waits, here or with another builder, one note stays behind."""
    tenant_id = _tenant(actor)
    with acting_as(actor, durable=True):
        is_waiting = leasing.is_waiting(tenant_id) or bool(serving.waiting_profiles(tenant_id))
        if is_waiting and note_ids:
            note_work(tenant_id, PROJECTIONS)
        clear_work(note_ids)
    if is_interrupted and is_waiting:
        nudge(BUILD_TASK, tenant_id)


@contextmanager
def _heartbeat(actor: SystemActor, jobs: list[Job], worker: str) -> Iterator[None]:
    """Extend the lease from a thread of its own while building takes long; a killed worker's thread dies with it."""
    projection_ids = [target.projection_id for job in jobs for target in job.targets]
    finished = threading.Event()

    def beat() -> None:
        gives_up_at = time.monotonic() + LONGEST_BUILD_SECONDS
        try:
            while not finished.wait(HEARTBEAT_SECONDS) and time.monotonic() < gives_up_at:
                with acting_as(actor, durable=True):
                    leasing.extend_lease(projection_ids, worker)
        except DatabaseError as error:
            log.warning("lease_not_extended", error=type(error).__name__)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="projection-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def _tenant(actor: SystemActor) -> UUID:
    if actor.tenant_id is None:
        raise ValueError("Projections are built in one tenant at a time.")
    return actor.tenant_id
