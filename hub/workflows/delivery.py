"""Sending what the outbox holds, as a reconciler: kill it anywhere, run it any number of times, and nothing is lost."""

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import DisclosedRow, record
from hub.catalog.models import Case
from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import Message, NotAccepted, Sent, Target
from hub.escalation.outbox import leasing
from hub.escalation.outbox.mirroring import MIRRORS
from hub.escalation.outbox.models import Delivery, Destination, SecretUse, TicketMirror
from hub.escalation.outbox.queueing import DELIVERIES
from hub.escalation.outbox.secrets import live_secrets
from hub.outgoing.faults import OutgoingFault
from hub.outgoing.schedule import RetrySchedule
from hub.outgoing.sealing import SecretUnavailable
from tenants.actors import SystemActor, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from .outgoing import NotReady, content_for

log = structlog.get_logger(__name__)

# After this long a tenant makes room for the next one.
TURN_SECONDS = 30.0
THREADS = 8
# How long a message waits that cannot be made yet: a projection is being built, or a ticket opened over there.
NOT_YET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt, complete: the thread that sends it touches no database."""

    delivery_id: UUID
    destination_id: UUID
    connector: str
    message: Message
    target: Target


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended; without `sent`, why."""

    job: Job
    sent: Sent | None = None
    code: str = ""
    status: int | None = None
    retry_after: float | None = None
    is_final: bool = False


def schedule() -> RetrySchedule:
    """When failed deliveries are tried again."""
    return RetrySchedule(first_seconds=float(settings.CASEWARD_DELIVERY_FIRST_WAIT_SECONDS))


def sweep_deliveries() -> int:
    """Send whatever is due, tenant by tenant; how many were delivered."""
    with transaction.atomic(durable=True):
        due = due_work(DELIVERIES)
    return sum(deliver(work.tenant_id, work.note_ids) for work in due)


def deliver(tenant_id: UUID, note_ids: tuple[int, ...] | None = None) -> int:
    """One tenant's turn: lease, send, settle, until nothing is due; then tidy up the notes that were read before."""
    actor = system_actor(tenant_id, "deliveries")
    if note_ids is None:
        with transaction.atomic(durable=True):
            note_ids = next((work.note_ids for work in due_work(DELIVERIES) if work.tenant_id == tenant_id), ())
    delivered, ends_at = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at:
        worker = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:16]}"
        with acting_as(actor, durable=True):
            destinations = leasing.due_destinations(tenant_id)
        jobs = [job for destination_id in destinations for job in _lease(actor, destination_id, worker)]
        if not jobs:
            break
        with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="delivery") as pool:
            for finished in as_completed([pool.submit(attempt, job) for job in jobs]):
                delivered += _settle(actor, finished.result(), worker)
    _tidy(actor, tenant_id, note_ids)
    return delivered


def _lease(actor: SystemActor, destination_id: UUID, worker: str) -> list[Job]:
    """The first short transaction: take rows, freeze their bodies, and record what is about to leave."""
    with acting_as(actor, durable=True):
        destination, rows = leasing.lease_due(destination_id, worker)
        if destination is None or not rows:
            return []
        try:
            secrets = live_secrets(destination.pk, SecretUse.OUTGOING)
        except SecretUnavailable:
            secrets = ()
            log.error("destination_secret_unavailable", destination=str(destination.pk))
        if CONNECTORS[destination.kind].secret_label and not secrets:
            for row in rows:
                leasing.hold_back(row, worker, 60.0, "secret_missing")
            return []
        jobs = [_prepare(actor, destination, row, secrets, worker) for row in rows]
        return [job for job in jobs if job is not None]


def _prepare(
    actor: SystemActor, destination: Destination, row: Delivery, secrets: tuple[str, ...], worker: str
) -> Job | None:
    connector = CONNECTORS[destination.kind]
    if row.body is None:
        content = content_for(destination, row)
        if isinstance(content, NotReady):
            leasing.hold_back(row, worker, NOT_YET_SECONDS, "projection_pending")
            return None
        leasing.freeze(row, connector.render(content, destination.settings))
    mirrored = TicketMirror.objects.filter(destination=destination)
    mirror = mirrored.filter(ticket_id=row.ticket_id).first() if row.ticket_id else None
    record(
        actor, AuditAction.DELIVERY_SEND, f"delivery:{row.pk}", allow(f"system:{actor.process}"),
        disclosed=_disclosed(row), fields=["title", "summary", "severity", "tlp"] if row.case_id else [],
        destination=destination.pk, kind=row.kind, attempt=row.attempts,
    )  # fmt: skip
    message = Message(
        id=str(row.pk), kind=row.kind, body=row.body or "", attempt=row.attempts + row.replays,
        sent_at=timezone.now(), ticket=str(row.ticket_id or ""), queued_at=row.created_at,
    )  # fmt: skip
    target = Target(
        settings=destination.settings, secrets=secrets, external_id=mirror.external_id if mirror else "",
        seconds=float(min(60, settings.CASEWARD_DELIVERY_TIMEOUT_SECONDS)),
    )  # fmt: skip
    return Job(row.pk, destination.pk, destination.kind, message, target)


def _disclosed(row: Delivery) -> list[DisclosedRow]:
    case = Case.objects.filter(pk=row.case_id).only("tenant_id", "team_id").first() if row.case_id else None
    return [DisclosedRow(case.tenant_id, case.team_id, case.pk)] if case else []


def attempt(job: Job) -> Result:
    """Send once, outside any transaction. Whatever happens is a result: nothing else may end a worker's turn."""
    try:
        return Result(job, sent=CONNECTORS[job.connector].send(job.message, job.target))
    except OutgoingFault as fault:
        return Result(job, code=fault.code.value)
    except NotAccepted as answer:
        return Result(job, code=answer.code, status=answer.status, retry_after=answer.retry_after,
                      is_final=answer.is_final)  # fmt: skip
    except Exception as error:  # a connector's own mistake costs its message an attempt and no other anything
        log.error("delivery_fault", delivery=str(job.delivery_id), error=type(error).__name__)
        return Result(job, code="fault")


def _settle(actor: SystemActor, result: Result, worker: str) -> int:
    """The last short transaction: what is still ours is stored and recorded; 1 where it was delivered."""
    with acting_as(actor, durable=True):
        row = leasing.lock_leased(result.job.delivery_id, worker)
        if row is None:
            return 0
        basis = allow(f"system:{actor.process}")
        if result.sent is not None:
            leasing.store_delivered(row, result.sent.status)
            leasing.close_breaker(row.destination_id)
            _keep_mirror(row, result.sent)
            record(actor, AuditAction.DELIVERY_ACCEPT, f"delivery:{row.pk}", basis, attempt=row.attempts,
                   status=result.sent.status or 0)  # fmt: skip
            return 1
        wait = None if result.is_final else schedule().delay(row.attempts, retry_after=result.retry_after)
        leasing.store_failed(row, result.code, result.status, wait)
        if not result.is_final:
            leasing.count_failure(row.destination_id)
        if wait is None:
            record(actor, AuditAction.DELIVERY_DEAD, f"delivery:{row.pk}", basis, reason=result.code,
                   attempts=row.attempts, status=result.status or 0)  # fmt: skip
        return 0


def _keep_mirror(row: Delivery, sent: Sent) -> None:
    """Remember which ticket it is over there, and what both sides agree on now."""
    if row.ticket_id is None or not sent.external_id:
        return
    state = sent.external_state or str(row.payload.get("state") or "open")
    told = {"external_url": sent.external_url, "external_version": sent.external_version}
    TicketMirror.objects.update_or_create(
        tenant_id=row.tenant_id, destination_id=row.destination_id, ticket_id=row.ticket_id,
        defaults={"external_id": sent.external_id, "agreed_state": state}
        | {name: value for name, value in told.items() if value},
    )  # fmt: skip
    note_work(row.tenant_id, MIRRORS, timezone.now() + timedelta(seconds=settings.CASEWARD_MIRROR_COMPARE_SECONDS))


def _tidy(actor: SystemActor, tenant_id: UUID, note_ids: tuple[int, ...]) -> None:
    """Clear the notes that were read; while anything is pending, one note says when to look again."""
    with acting_as(actor, durable=True):
        seconds = leasing.next_due(tenant_id)
        if seconds is not None:
            note_work(tenant_id, DELIVERIES, timezone.now() + timedelta(seconds=max(1.0, seconds)))
        clear_work(note_ids)
