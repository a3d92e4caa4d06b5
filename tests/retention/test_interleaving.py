"""Holds and purges in random order, each in connections of its own: nothing that is held is deleted, ever."""

from __future__ import annotations

import random
import secrets
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from hub.catalog.models import CaseText
from hub.retention.holds import holds_on
from hub.retention.services import holding
from hub.retention.services.holding import lock_cases
from tenants.actors import system_actor
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tests.sharing.stage import build_stage

pytestmark = pytest.mark.django_db(transaction=True)


class Purger:
    """One deleting transaction: careful (locks, reads holds, deletes the rest) or careless (just deletes)."""

    def __init__(self, tenant_id: UUID, case_ids: list[UUID], *, is_careful: bool, pauses: tuple[float, float]) -> None:
        self.tenant_id, self.case_ids, self.is_careful, self.pauses = tenant_id, case_ids, is_careful, pauses
        self.deleted: set[UUID] = set()
        self.was_refused = False

    def run(self) -> None:
        """Delete the raw text of the cases."""
        try:
            with acting_as(system_actor(self.tenant_id, "test")):
                wanted = list(self.case_ids)
                if self.is_careful:
                    held = holds_on(lock_cases(wanted))
                    wanted = [case_id for case_id in wanted if case_id not in held]
                _wait(self.pauses[0])
                with connection.cursor() as cursor:
                    cursor.execute("DELETE FROM catalog_casetext WHERE case_id = ANY (%s) RETURNING case_id", [wanted])
                    gone = {case_id for (case_id,) in cursor.fetchall()}
                _wait(self.pauses[1])
            self.deleted = gone
        except DatabaseError as error:
            if "legal_hold" not in str(error):
                raise
            self.was_refused = True


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


class Holder:
    """One hold on some cases, and what was still there when it had been placed."""

    def __init__(self, tenant_id: UUID, case_ids: list[UUID], pause: float) -> None:
        self.tenant_id, self.case_ids, self.pause = tenant_id, case_ids, pause
        self.kept: set[UUID] = set()

    def run(self) -> None:
        """Place the hold; from its commit on everything that is left is held."""
        with acting_as(system_actor(self.tenant_id, "test")):
            holding.place_hold(
                self.tenant_id, {"cases": [str(case_id) for case_id in self.case_ids]}, is_by_query=False,
                authority="Court", reason="Dispute", review_on=timezone.now().date() + timedelta(days=9),
                placed_by="user:one",
            )  # fmt: skip
            self.kept = set(CaseText.objects.filter(case_id__in=self.case_ids).values_list("case_id", flat=True))
            _wait(self.pause)


def interleave(count: int, seed: int) -> dict[str, int]:
    """So many rounds; what happened in them, so that it shows whether both sides won often enough."""
    draw = random.Random(seed)
    stage = build_stage()
    tenant_id = stage.cast.tenant("acme").pk
    cases = [stage.submit(title=f"Case {number}").pk for number in range(4)]
    with stage.backstage():
        texts = list(CaseText.objects.filter(case_id__in=cases).values())
    seen = {"deleted": 0, "held": 0, "refused": 0}
    for number in range(count):
        with stage.backstage():
            there = set(CaseText.objects.values_list("case_id", flat=True))
            missing = [row for row in texts if row["case_id"] not in there]
            CaseText.objects.bulk_create(CaseText(**{**row, "id": new_id()}) for row in missing)
        pauses = [draw.choice((0, 0, 0.001, 0.003, 0.008)) for _ in range(4)]
        purger = Purger(
            tenant_id, draw.sample(cases, draw.randint(1, 4)), is_careful=draw.random() < 0.6,
            pauses=(pauses[0], pauses[1]),
        )  # fmt: skip
        holder = Holder(tenant_id, draw.sample(cases, draw.randint(1, 4)), pauses[2])
        _at_once(draw.sample([purger.run, holder.run], 2), pauses[3])
        with stage.backstage():
            left = set(CaseText.objects.filter(case_id__in=cases).values_list("case_id", flat=True))
        assert holder.kept <= left, (seed, number, "something held was deleted")
        assert not purger.deleted & holder.kept, (seed, number)
        assert purger.deleted == set(cases) - left, (seed, number)
        seen["deleted"] += bool(purger.deleted)
        seen["held"] += bool(holder.kept & set(purger.case_ids))
        seen["refused"] += purger.was_refused
        _release_all(stage)
    return seen


def _at_once(runs: list[Any], offset: float) -> None:
    errors: list[BaseException] = []

    def guarded(run: Any) -> None:
        try:
            run()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guarded, args=[run]) for run in runs]
    threads[0].start()
    _wait(offset)
    threads[1].start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "two of them wait for each other"
    assert errors == []


def _release_all(stage: Any) -> None:
    with stage.backstage(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE retention_legalhold SET state = 'release_proposed', release_proposed_by = 'user:one'"
            " WHERE state = 'standing'"
        )
        cursor.execute(
            "UPDATE retention_legalhold SET state = 'released', released_by = 'user:two', released_at = now()"
            " WHERE state = 'release_proposed'"
        )


def test_sixty_interleavings_delete_nothing_that_is_held() -> None:
    seen = interleave(60, secrets.randbits(32))
    assert seen["deleted"] > 4
    assert seen["held"] > 4
    assert seen["refused"] > 0


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_ten_thousand_interleavings_delete_nothing_that_is_held() -> None:
    seen = interleave(10_000, secrets.randbits(32))
    assert min(seen["deleted"], seen["held"], seen["refused"]) > 500
