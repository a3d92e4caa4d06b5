"""Many writers append events while the keeper seals them: appends a second, and how far sealing is behind."""

from __future__ import annotations

import multiprocessing
import threading
import time
from typing import Any
from uuid import UUID

import django
from django.db import connections

from hub.audit.sealing import seal, signing_key
from hub.audit.verifying import verify

OWNER, TEAM = UUID(int=1), UUID(int=2)
PAUSE = 1.0


def measure(writers: int, processes: int, seconds: float) -> None:
    """Print appends a second and the keeper's lag, then prove that what was sealed has neither gap nor fork."""
    context = multiprocessing.get_context("spawn")
    counts = context.Queue()
    started = context.Event()
    ready = context.Barrier(processes + 1)
    workers = [
        context.Process(target=_write, args=(writers // processes, seconds, ready, started, counts), daemon=True)
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    ready.wait(60)
    runs: list[tuple[int, float]] = []
    start = time.monotonic()
    started.set()
    while any(worker.is_alive() for worker in workers):
        time.sleep(PAUSE)
        _seal_all(runs)
    appended = sum(counts.get(timeout=10) for _ in workers)
    took = time.monotonic() - start
    _seal_all(runs)
    result = verify(verifier=signing_key().verifier)
    behind = _lags(runs)
    print(
        f"appends        {appended / seconds:8.0f} events/s by {writers} writers in {seconds:.0f} s ({appended} in all)"
    )
    print(f"sealing        {result.sealed_rows / took:8.0f} rows/s, {len(runs)} checkpoints while they wrote")
    print(f"behind         {max(behind):8.2f} s at most, {sorted(behind)[len(behind) // 2]:.2f} s in the middle")
    print(f"whole          {result.sealed_rows} rows in the log, findings: {result.findings or 'none'}")
    print(f"a look at rest {_timed(lambda: seal()) * 1000:8.1f} ms; at everything {_timed(_full_look) * 1000:.1f} ms")


def _seal_all(runs: list[tuple[int, float]]) -> None:
    while (sealed := seal()).checkpoint is not None:
        runs.append((sealed.checkpoint.size, time.time()))
        if not sealed.has_more:
            return


def _lags(runs: list[tuple[int, float]]) -> list[float]:
    """For each checkpoint, how long its oldest event had waited when it was signed."""
    found = []
    with connections["keeper"].cursor() as keeper:
        before = 0
        for size, moment in runs:
            keeper.execute(
                "SELECT extract(epoch FROM min(e.occurred_at)) FROM audit.sealed_leaf l"
                " JOIN audit.access_event e ON e.id = l.row_id WHERE l.position >= %s AND l.position < %s",
                [before, size],
            )
            oldest = keeper.fetchone()[0]
            if oldest is not None:
                found.append(moment - float(oldest))
            before = size
    return found or [0.0]


def _full_look() -> None:
    seal(look_at_all=True)


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _write(threads: int, seconds: float, ready: Any, started: Any, counts: Any) -> None:
    """One process of writers; each event is a transaction of its own, with a disclosure and its personal values."""
    django.setup()
    numbers = [0] * threads
    workers = [threading.Thread(target=_append, args=(index, seconds, started, numbers)) for index in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait(60)
    for worker in workers:
        worker.join()
    counts.put(sum(numbers))


def _append(index: int, seconds: float, started: Any, numbers: list[int]) -> None:
    from hub.audit.actions import AuditAction
    from hub.audit.recording import DisclosedRow, record
    from tenants.actors import Actor, ActorKind
    from tenants.decisions import allow
    from tenants.identifiers import new_id
    from tenants.scoping import acting_as

    actor = Actor(ActorKind.USER, tenant_id=new_id(), user_id=new_id(), label="A Reader", address="10.1.2.3")
    connections["default"].ensure_connection()
    started.wait(60)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with acting_as(actor, durable=True):
            record(
                actor, AuditAction.CASE_READ, "shared_case:c", allow("grant"),
                disclosed=[DisclosedRow(OWNER, TEAM, new_id(), new_id(), new_id())], fields=["title", "summary"],
            )  # fmt: skip
        numbers[index] += 1
    connections.close_all()
