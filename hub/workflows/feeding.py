"""Pushing the access record to its receivers, as a reconciler: at least once, in order, from each position on."""

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.feeds import leasing
from hub.audit.feeds.models import Feed, FeedState, FeedTransport
from hub.audit.feeds.reading import Batch, batch_under_way, newest_size, next_batch
from hub.audit.feeds.secrets import live_secrets
from hub.audit.feeds.sending import NotTaken, Parcel, pack, pack_test, send_parcel
from hub.audit.recording import record
from hub.outgoing.faults import OutgoingFault
from hub.outgoing.schedule import RetrySchedule
from hub.outgoing.sealing import SecretUnavailable
from tenants.actors import SystemActor, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

log = structlog.get_logger(__name__)

# The kind of note that leads the sweep to a tenant, and the task to nudge.
FEEDS = "feeds"
PUSH_TASK = "feeds.push"
# After this long a tenant makes room for the next one; while it has feeds, it is looked at again after the pause.
TURN_SECONDS = 30.0
LOOK_AGAIN = timedelta(seconds=4)
THREADS = 8
# What a feed waits that cannot be sent for a reason of ours.
HELD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt, complete: the thread that sends it touches no database. Without a count it is a test."""

    feed_id: UUID
    parcel: Parcel
    secrets: tuple[str, ...]
    seconds: float
    items: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended; without a code, well."""

    job: Job
    code: str = ""
    status: int | None = None
    retry_after: float | None = None


def schedule() -> RetrySchedule:
    """When a batch that was not taken comes again: never given up, and at least every ten minutes."""
    first = float(settings.CASEWARD_DELIVERY_FIRST_WAIT_SECONDS)
    return RetrySchedule(first_seconds=first, longest_seconds=600.0, attempts=2**31)


def sweep_feeds() -> int:
    """Push whatever is due, tenant by tenant; how many batches were taken."""
    with transaction.atomic(durable=True):
        due = due_work(FEEDS)
    return sum(push_feeds(work.tenant_id, work.note_ids) for work in due)


def push_feeds(tenant_id: UUID, note_ids: tuple[int, ...] | None = None) -> int:
    """One tenant's turn: lease, send, settle, until every feed is up to date or waits."""
    actor = system_actor(tenant_id, "feeds")
    if note_ids is None:
        with transaction.atomic(durable=True):
            note_ids = next((work.note_ids for work in due_work(FEEDS) if work.tenant_id == tenant_id), ())
    taken, ends_at = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends_at:
        worker = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:16]}"
        with acting_as(actor, durable=True):
            feed_ids = leasing.due_feeds(tenant_id)
        jobs = [job for feed_id in feed_ids if (job := _lease(actor, feed_id, worker, ends_at))]
        if not jobs:
            break
        with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="feed") as pool:
            for finished in as_completed([pool.submit(attempt, job) for job in jobs]):
                taken += _settle(actor, finished.result(), worker)
    with acting_as(actor, durable=True):
        if leasing.has_feeds(tenant_id):
            note_work(tenant_id, FEEDS, timezone.now() + LOOK_AGAIN)
        clear_work(note_ids)
    return taken


def _lease(actor: SystemActor, feed_id: UUID, worker: str, ends_at: float) -> Job | None:
    """Find what the feed is to send; each stretch of the log is looked through in a short transaction of its own."""
    while time.monotonic() < ends_at:
        with acting_as(actor, durable=True):
            feed = leasing.lock_due(feed_id)
            if feed is None:
                return None
            secrets = _secrets(feed)
            if secrets is None:
                leasing.hold_back(feed, HELD_SECONDS, "secret_missing")
                return None
            if feed.test_wanted_at is not None:
                return _test(actor, feed, secrets, worker)
            if feed.state != FeedState.ACTIVE:
                return None
            batch = _batch(feed)
            if batch is None:
                return None
            if batch.items:
                return _prepare(actor, feed, batch, secrets, worker)
            leasing.pass_over(feed, batch)
    return None


def _secrets(feed: Feed) -> tuple[str, ...] | None:
    """What signs the feed's messages; None where it cannot be had."""
    if feed.transport == FeedTransport.SYSLOG:
        return ()
    try:
        return live_secrets(feed.pk) or None
    except SecretUnavailable:
        log.error("feed_secret_unavailable", feed=str(feed.pk))
        return None


def _batch(feed: Feed) -> Batch | None:
    if feed.sending_to is not None:
        return batch_under_way(feed)
    size = newest_size()
    if size < (feed.position or 0) - 1:
        # A log that is shorter than what was told was put back from a copy, or cut: people have to look at it.
        leasing.hold_back(feed, HELD_SECONDS, "log_is_shorter")
        return None
    return next_batch(feed, size)


def _prepare(actor: SystemActor, feed: Feed, batch: Batch, secrets: tuple[str, ...], worker: str) -> Job:
    """Keep the batch's bounds and record what is about to leave, before a byte of it does."""
    parcel = pack(feed, batch, feed.tenant.slug)
    leasing.lease(feed, worker, batch)
    record(
        actor, AuditAction.FEED_PUSH, f"feed:{feed.pk}", allow(f"system:{actor.process}"), message=parcel.id,
        first=batch.start, next=batch.end, count=len(batch.items), attempt=feed.attempts, content=feed.content,
        sha256=sha256(b"".join(parcel.messages)).hexdigest(),
    )  # fmt: skip
    return Job(feed.pk, parcel, secrets, _seconds(), len(batch.items))


def _test(actor: SystemActor, feed: Feed, secrets: tuple[str, ...], worker: str) -> Job:
    parcel = pack_test(feed, feed.tenant.slug, feed.test_wanted_at or timezone.now())
    leasing.lease(feed, worker, None)
    record(
        actor, AuditAction.FEED_PUSH, f"feed:{feed.pk}", allow(f"system:{actor.process}"), message=parcel.id,
        count=0, content="test",
    )  # fmt: skip
    return Job(feed.pk, parcel, secrets, _seconds())


def attempt(job: Job) -> Result:
    """Send once, outside any transaction. Whatever happens is a result: nothing else may end a worker's turn."""
    try:
        status = send_parcel(job.parcel, job.secrets, now=timezone.now(), seconds=job.seconds)
    except OutgoingFault as fault:
        return Result(job, fault.code.value)
    except NotTaken as answer:
        return Result(job, answer.code, answer.status, answer.retry_after)
    except Exception as error:  # our own mistake costs this feed an attempt and no other anything
        log.error("feed_fault", feed=str(job.feed_id), error=type(error).__name__)
        return Result(job, "fault")
    return Result(job, status=status)


def _settle(actor: SystemActor, result: Result, worker: str) -> int:
    """The last short transaction: what is still ours is stored and recorded; 1 where a batch was taken."""
    with acting_as(actor, durable=True):
        feed = leasing.lock_leased(result.job.feed_id, worker)
        if feed is None:
            return 0
        if result.job.items is None:
            leasing.store_tested(feed, result.code)
            return 0
        if result.code:
            wait = schedule().delay(feed.attempts, retry_after=result.retry_after)
            leasing.store_failed(feed, result.code, result.status, wait or 0.0)
            return 0
        leasing.store_delivered(feed, result.job.items, result.status)
        record(
            actor, AuditAction.FEED_ACCEPT, f"feed:{feed.pk}", allow(f"system:{actor.process}"),
            message=result.job.parcel.id, count=result.job.items, attempt=feed.attempts, status=result.status or 0,
        )  # fmt: skip
        return 1


def _seconds() -> float:
    return float(min(60, settings.CASEWARD_DELIVERY_TIMEOUT_SECONDS))
