"""Builders compete for rows under leases; one that dies leaves its rows to the next, and no row is made twice."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from hub.sharing.models import Projection
from hub.sharing.services import leasing
from hub.workflows import building, projection
from redaction import engine_fingerprint
from tenants.actors import system_actor
from tenants.models import TenantWork
from tests.sharing.stage import Stage, build_stage, in_days

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(work: Callable[[], Any]) -> Any:
    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=60)


def lease(stage: Stage, worker: str) -> list[building.Job]:
    actor = system_actor(stage.cast.tenant("acme").pk, "projections")
    return projection._lease(actor, worker, engine_fingerprint())


def test_two_builders_share_the_rows_and_store_each_once() -> None:
    stage = build_stage()
    cases = [stage.submit(title=f"Case {number}") for number in range(40)]
    stage.grant()
    gate = threading.Barrier(2)

    def build() -> int:
        try:
            gate.wait(10)
            return projection.build_projections(stage.cast.tenant("acme").pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        stored = [future.result(timeout=120) for future in [pool.submit(build), pool.submit(build)]]
    assert sum(stored) == 80
    rows = stage.rows()
    assert len(rows) == 80
    assert {(row.state, row.is_in_force) for row in rows} == {("ready", True)}
    assert {(row.leased_by, row.leased_until) for row in rows} == {("", None)}
    assert stage.count_events(action="projection.build") == 80
    assert stage.count_events(action="analysis.build") == len(cases)
    assert len(stage.seen("carol")) == 40


def test_rows_of_a_running_lease_are_skipped_not_waited_for() -> None:
    stage = build_stage()
    stage.submit()
    assert len(lease(stage, "one")) == 1
    began = time.monotonic()
    assert in_a_thread(lambda: lease(stage, "two")) == []
    assert time.monotonic() - began < 5


def test_a_dead_builders_rows_go_to_the_next_after_the_lease() -> None:
    stage = build_stage()
    case = stage.submit()
    lease(stage, "dead")
    assert stage.build() == 0
    # Its note stays, so that the sweep comes back when the lease has run out.
    assert TenantWork.objects.filter(kind="projections").count() == 1
    stage.end_pauses()
    assert stage.build() == 1
    assert [(row.state, row.attempts) for row in stage.rows(case=case)] == [("ready", 0)]
    assert TenantWork.objects.filter(kind="projections").count() == 0


def test_a_builder_that_lost_its_lease_stores_nothing() -> None:
    stage = build_stage()
    actor = system_actor(stage.cast.tenant("acme").pk, "projections")
    stage.submit()
    (slow,) = lease(stage, "slow")
    stage.end_pauses()
    (quick,) = lease(stage, "quick")
    fingerprint = engine_fingerprint()
    for job in (slow, quick):
        building.build([job], fingerprint)
    assert projection._store_safely(actor, slow, "slow", fingerprint) == 0
    assert stage.rows()[0].leased_by == "quick"
    assert projection._store_safely(actor, quick, "quick", fingerprint) == 1
    assert stage.count_events(action="projection.build") == 1


def test_a_version_that_was_edited_meanwhile_is_not_stored() -> None:
    stage = build_stage()
    actor = system_actor(stage.cast.tenant("acme").pk, "projections")
    case = stage.submit(title="Old words")
    (job,) = lease(stage, "slow")
    stage.edit(case, title="New words")
    building.build([job], engine_fingerprint())
    assert projection._store_safely(actor, job, "slow", engine_fingerprint()) == 0
    stage.build()
    assert [(row.title, row.is_in_force) for row in stage.rows(case=case)] == [("New words", True)]


def test_five_dead_builders_are_enough() -> None:
    stage = build_stage()
    case = stage.submit()
    for number in range(leasing.MAX_ATTEMPTS):
        assert len(lease(stage, f"dead {number}")) == 1
        stage.end_pauses()
    assert stage.build() == 0
    assert [(row.state, row.reason) for row in stage.rows(case=case)] == [("withheld", "attempts_exhausted")]


def test_a_row_that_ended_two_builders_is_built_alone() -> None:
    stage = build_stage()
    suspect, *_ = [stage.submit(title=f"Case {number}") for number in range(3)]
    with stage.backstage():
        Projection.objects.filter(case=suspect).update(attempts=leasing.ALONE_FROM)
    assert len(lease(stage, "one")) == 2
    assert [job.case_id for job in lease(stage, "two")] == [suspect.pk]


def test_a_long_build_extends_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "HEARTBEAT_SECONDS", 0.05)
    stage = build_stage()
    stage.submit()
    actor = system_actor(stage.cast.tenant("acme").pk, "projections")
    jobs = lease(stage, "long")
    with stage.backstage():
        Projection.objects.update(leased_until=timezone.now())
    with projection._heartbeat(actor, jobs, "long"):
        deadline = time.monotonic() + 20
        while stage.rows()[0].leased_until <= timezone.now() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert stage.rows()[0].leased_until > timezone.now()


def test_tags_that_change_while_a_row_is_built_have_it_built_again() -> None:
    stage = build_stage()
    actor = system_actor(stage.cast.tenant("acme").pk, "projections")
    case = stage.submit()
    (job,) = lease(stage, "slow")
    building.build([job], engine_fingerprint())
    with stage.backstage():
        leasing.rebuild_case(case)
    assert projection._store_safely(actor, job, "slow", engine_fingerprint()) == 1
    assert stage.rows(case=case)[0].stale_since is not None
    assert stage.build() == 1
    assert stage.rows(case=case)[0].stale_since is None


def test_a_grant_and_a_case_of_the_same_moment_find_each_other() -> None:
    """Neither transaction sees the other's row; without the locks on coverage the case would stay unshared."""
    stage = build_stage()
    is_submitted, is_granted = threading.Event(), threading.Event()

    def issue() -> None:
        try:
            assert is_submitted.wait(20)
            stage.grant(expires_at=in_days(9))
            is_granted.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        issuing = pool.submit(issue)
        with stage.backstage():
            stage.submit()
            is_submitted.set()
            # The case is not committed yet: the grant has to wait for it, or it would never know of it.
            assert not is_granted.wait(1.5)
        issuing.result(timeout=60)
    stage.build()
    assert len(stage.seen("carol")) == 1
