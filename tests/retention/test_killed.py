"""SIGKILL at random points of a disposition run: every item ends in exactly one disposition, none twice, none lost."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import time
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from hub.audit.models import AccessEvent
from hub.retention.models import DispositionBatch, DispositionEntry, DispositionRun, ListedItem
from hub.workflows import disposition
from tests.platform.servers import TestServers, with_database
from tests.retention.many import copy_case
from tests.retention.test_disposition import confirm, dry_run, govern, seen_by_system
from tests.world import World


def killed_after(tenant_id: UUID, seconds: float) -> bool:
    """A worker of its own that disposes, and is killed; whether it was at work when it was."""
    connections.close_all()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            disposition.dispose_of_due(tenant_id, now=True)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def dispose_killed(
    world: World, servers: TestServers, monkeypatch: pytest.MonkeyPatch, *, kills: int, cases: int, evidence: int
) -> tuple[int, int]:
    """Kill so many runs over as many items; how many were killed at work, and how many items there were."""
    monkeypatch.setattr(disposition, "BATCH", 5)
    draw = random.Random(secrets.randbits(32))
    tenant = world.cast.tenant("acme").pk
    url = with_database(servers.superuser_url, str(settings.DATABASES["default"]["NAME"]))
    with psycopg.connect(url) as superuser:
        copy_case(superuser, world.cases["atlas"], cases=cases, evidence=evidence, age="2 months")
    for track in ("raw_evidence", "raw_text"):
        govern(world, track, track=track, keep="P1M")
    made = dry_run(world)
    confirm(world, made.run_id)
    assert made.due == cases * (evidence + 1)
    killed = 0
    for _ in range(kills * 20):
        if killed >= kills or is_finished(world, made.run_id):
            break
        killed += killed_after(tenant, draw.uniform(0.0, 0.25))
    monkeypatch.setattr(disposition, "BATCH", 500)
    deadline = time.monotonic() + 300
    while not is_finished(world, made.run_id) and time.monotonic() < deadline:
        # A turn ends after a while, and what was killed may hold its own until PostgreSQL has noticed.
        if disposition.dispose_of_due(tenant, now=True).stopped_because:
            time.sleep(0.1)
    check(world, made.run_id, made.due)
    return killed, made.due


def is_finished(world: World, run_id: UUID) -> bool:
    with seen_by_system(world):
        return bool(DispositionRun.objects.get(pk=run_id).state == "finished")


def check(world: World, run_id: UUID, due: int) -> None:
    """Each item is in the ledger once, in one certificate, whose event has the same count and digest."""
    with seen_by_system(world):
        run = DispositionRun.objects.get(pk=run_id)
        entries = DispositionEntry.objects.filter(batch__run=run)
        assert (run.state, run.disposed_count, run.difference_count) == ("finished", due, 0)
        assert entries.count() == due
        assert not ListedItem.objects.filter(run=run, kept_because="").exists()
        batches = list(DispositionBatch.objects.filter(run=run))
        assert sum(batch.count for batch in batches) == due
        events = {event.pk: event.detail for event in AccessEvent.objects.filter(action="disposition.run")}
        assert {batch.event_id for batch in batches} == set(events)
        for batch in batches:
            assert events[batch.event_id]["count"] == batch.count == entries.filter(batch=batch).count()
            assert events[batch.event_id]["items_digest"] == batch.items_digest
        raw: Any = connections["owner"]
        with raw.cursor() as owner:
            for table, column in (("catalog_evidencebody", "item_id"), ("catalog_casetext", "version_id")):
                owner.execute(f"SELECT count(*) FROM {table} b JOIN retention_dispositionentry e ON e.id = b.{column}")
                assert owner.fetchone() == (0,)


def test_killed_runs_end_each_item_once(
    kept: World, servers: TestServers, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    killed, due = dispose_killed(kept, servers, monkeypatch, kills=5, cases=60, evidence=9)
    assert due == 600
    assert killed >= 2


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_hundred_killed_runs_end_each_item_once(
    kept: World, servers: TestServers, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    killed, due = dispose_killed(kept, servers, monkeypatch, kills=100, cases=800, evidence=9)
    print(f"{killed} runs killed at work over {due} items: each ended once.")
    assert killed == 100
