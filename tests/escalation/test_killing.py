"""Workers that die at any statement, and messages that come three times: one ticket for each pattern, told once."""

import os
import random
import secrets
import signal
from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest
from celery import current_app
from django.db import connection, connections

from hub.audit.models import AccessEvent
from hub.escalation.models import ReleasePause, RemediationTicket, RuleMatch, TicketCase, TicketEvent, Trigger
from hub.escalation.outbox.models import Delivery
from hub.workflows import tasks  # noqa: F401 - registers the tasks
from hub.workflows.escalation import run_escalation
from hub.workflows.tasks import run_escalation_task
from tests.outgoing.listening import listening
from tests.workflows.submitting import submitted

from .conftest import Outbox
from .rule_documents import govern, rule, severe

pytestmark = pytest.mark.django_db(transaction=True)

RULE = rule(
    actions=[{"do": "open_ticket"}, {"do": "pause_release"}, {"do": "notify", "destination": "oncall"}],
    storm_limit=1000,
)  # fmt: skip
# Whose messages are delivered again and again.
TASKS = ("escalation.", "mirrors.")


class Counted:
    """Counts statements, and ends the process at one of them: before it is sent, or when it has been executed."""

    def __init__(self, die_at: int = 0, *, before: bool = True) -> None:
        self.number, self.die_at, self.before = 0, die_at, before

    def __call__(self, execute: Callable[..., Any], *given: Any) -> Any:
        self.number += 1
        if self.number == self.die_at and self.before:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = execute(*given)
        if self.number == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def in_a_process(work: Callable[[], Any], *, counted: Counted | None = None) -> int:
    """A worker's process of its own; its id."""
    # A connection that two processes share belongs to neither.
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        if counted is None:
            work()
        else:
            with connection.execute_wrapper(counted):
                work()
    finally:
        os._exit(0)


def ended_by(pid: int) -> int:
    """The signal that a process died of; 0 where it ended by itself."""
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


def pattern(outbox: Outbox, number: int) -> None:
    """A severe failure of a model of its own, above every ceiling: told by ids, it needs no projection."""
    facts = severe(number, model={"name": f"model-{number}", "version": "1"})
    submitted(outbox.stage.cast, **facts | {"tags": ["tlp:red"]})


def state(outbox: Outbox) -> dict[str, list[Any]]:
    """Everything that rules write, in an order that does not depend on ids."""
    with outbox.stage.backstage():
        return {
            "tickets": list(RemediationTicket.objects.order_by("number").values_list("number", "state", "cluster")),
            "events": sorted(TicketEvent.objects.values_list("ticket__number", "kind")),
            "links": sorted(TicketCase.objects.values_list("ticket__number", "case_id")),
            "matches": sorted(RuleMatch.objects.values_list("trigger__position", "outcome", "ticket__number")),
            "positions": list(Trigger.objects.order_by("position").values_list("position", flat=True)),
            "pauses": sorted(ReleasePause.objects.values_list("model_name", "ticket__number")),
            "deliveries": sorted(Delivery.objects.values_list("kind", "state", "attempts")),
            "opened": [AccessEvent.objects.filter(action="ticket.open").count()],
        }


@pytest.mark.parametrize("points", [5, pytest.param(100, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])])
def test_a_worker_killed_at_any_statement_leaves_exactly_one_ticket(outbox: Outbox, points: int) -> None:
    seed = secrets.randbits(32)
    draw = random.Random(seed)
    print(f"seed {seed}")
    outbox.active(slug="oncall", url="https://hooks.example.org/a")
    govern(outbox.stage.cast, RULE)
    pattern(outbox, 0)
    with connection.execute_wrapper(counter := Counted()):
        run_escalation(outbox.tenant_id)
    killed = 0
    for number in range(1, points + 1):
        pattern(outbox, number)
        counted = Counted(draw.randint(1, counter.number), before=draw.random() < 0.5)
        victim = in_a_process(lambda: run_escalation(outbox.tenant_id), counted=counted)
        killed += ended_by(victim) == signal.SIGKILL
        # Two others come at once, as a sweep and a nudge do, and one of them twice.
        others = [in_a_process(lambda: run_escalation(outbox.tenant_id)) for _ in range(2)]
        assert [ended_by(pid) for pid in others] == [0, 0]
        run_escalation(outbox.tenant_id)
    print(f"{killed} of {points} killed at one of {counter.number} statements")
    assert killed == points
    everything = range(1, points + 2)
    found = state(outbox)
    assert [(number, kind) for number, kind, _ in found["tickets"]] == [(number, "open") for number in everything]
    assert len({cluster for *_, cluster in found["tickets"]}) == points + 1
    assert found["events"] == [(number, "opened") for number in everything]
    assert [ticket for ticket, _ in found["links"]] == list(everything)
    assert found["matches"] == [(number, "opened", number) for number in everything]
    assert found["positions"] == list(everything)
    assert sorted(ticket for _, ticket in found["pauses"]) == list(everything)
    assert found["deliveries"] == [("notification", "pending", 0)] * (points + 1)
    assert found["opened"] == [points + 1]


def test_every_message_three_times_is_the_same_state_and_told_once(outbox: Outbox) -> None:
    names = sorted(name for name in current_app.tasks if name.startswith(TASKS))
    assert {"escalation.run", "escalation.deliver", "mirrors.reconcile"} < set(names)

    def deliver_all() -> None:
        for name in names:
            task = current_app.tasks[name]
            # Some are about one tenant, and the sweeps look after every one.
            given = [str(outbox.tenant_id)] if signature(task.run).parameters else []
            task.apply(args=given, throw=True)

    with listening() as listener:
        outbox.active(slug="oncall", url=listener.url())
        govern(outbox.stage.cast, RULE)
        for number in range(3):
            pattern(outbox, number)
        run_escalation_task(str(outbox.tenant_id))
        deliver_all()
        after_once = state(outbox)
        assert after_once["deliveries"] == [("notification", "delivered", 1)] * 3
        for _ in range(2):
            deliver_all()
        assert state(outbox) == after_once
        assert len(listener.asked) == 3
        assert len({asked.headers["webhook-id"] for asked in listener.asked}) == 3
