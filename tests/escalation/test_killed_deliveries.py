"""SIGKILL around deliveries: whoever sends may die at any line, and every message arrives, with one id and one body."""

import os
import random
import secrets
import signal
import threading
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hub.escalation.outbox.models import Delivery
from hub.escalation.outbox.queueing import DELIVER_TASK
from hub.outgoing.signing import BadSignature, new_secret, verify
from hub.workflows import delivery, destinations
from hub.workflows.nudging import nudge
from tests.outgoing.listening import listening, reply
from tests.promises.background import background, wait_until

AT_A_TIME = 3


class Receiver:
    """Takes its time, and keeps what came under which id; it verifies with whichever secret it has just now."""

    def __init__(self, secret, draw):
        self.secret, self.draw = secret, draw
        self.bodies, self.attempts, self.unsigned = defaultdict(set), defaultdict(int), 0
        self.lock = threading.Lock()

    def __call__(self, handler):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self.lock:
            try:
                message_id = verify(headers, handler.given, [self.secret])
            except BadSignature:
                self.unsigned += 1
                return reply(handler, 400)
            self.bodies[message_id].add(handler.given)
            self.attempts[message_id] += 1
            pause = self.draw.uniform(0, 0.1)
        time.sleep(pause)
        return reply(handler, 204)


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def holding(outbox):
    """The processes that hold a lease."""
    leased = outbox.rows(state="pending")
    return {int(row.leased_by.split(":")[1]) for row in leased if row.leased_by}


def kill_and_deliver(outbox, folder, kills):
    seed = secrets.randbits(32)
    draw = random.Random(seed)
    print(f"seed {seed}")
    former, present = new_secret(), new_secret()
    receiver = Receiver(former, random.Random(seed + 1))
    queued, held = [], 0
    with listening() as listener, background(folder) as here:
        listener.answer = receiver
        destination_id = outbox.active(url=listener.url(), secret=former)
        worker = here._start("worker", "-Q", "delivery", "--concurrency", "1", process="worker")
        wait_until(lambda: bool(children_of(worker.popen.pid)), seconds=120, what=here.tails)
        for number in range(kills):
            if number == kills // 2:
                # In the middle, with messages pending, the secret is replaced here first and then over there.
                outbox.do("olga", destinations.rotate_secret, destination_id=destination_id, secret=present)
                receiver.secret = present
            queued += [str(outbox.queue(destination_id, (number, one))) for one in range(AT_A_TIME)]
            nudge(DELIVER_TASK, outbox.tenant_id)
            seen = time.monotonic() + 20
            children = children_of(worker.popen.pid)
            while not holding(outbox) & set(children) and time.monotonic() < seen:
                time.sleep(0.005)
                children = children_of(worker.popen.pid)
            time.sleep(draw.uniform(0, 0.25))
            victim = draw.choice(children_of(worker.popen.pid))
            held += victim in holding(outbox)
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda dead=victim: set(children_of(worker.popen.pid)) - {dead}, seconds=60, what=here.tails)
            # What the dead one held is free once its lease is over; the clock is put forward instead of waited for.
            with outbox.stage.backstage():
                Delivery.objects.filter(state="pending", leased_by__contains=f":{victim}:").update(
                    leased_until=timezone.now() - timedelta(seconds=1)
                )
        here.stop()
        outbox.update(Delivery, next_attempt_at=timezone.now() - timedelta(seconds=1))
        with outbox.stage.backstage():
            Delivery.objects.filter(state="pending").update(leased_until=timezone.now() - timedelta(seconds=1))
        delivery.deliver(outbox.tenant_id)
    print(f"{kills} kills, {held} of them while a lease was held; {sum(receiver.attempts.values())} requests")
    return receiver, queued, held


def assert_nothing_lost(outbox, receiver, queued):
    rows = outbox.rows()
    assert [row.state for row in rows] == ["delivered"] * len(queued)
    assert {str(row.pk) for row in rows} == set(queued) == set(receiver.bodies)
    assert {len(bodies) for bodies in receiver.bodies.values()} == {1}
    assert {str(row.pk): {row.body.encode()} for row in rows} == dict(receiver.bodies)
    assert receiver.unsigned == 0
    for row in rows:
        # Each attempt was on record before its bytes left, and no request was made that was not an attempt.
        sent = outbox.events(action="delivery.send", object_id=str(row.pk))
        assert [event.detail["attempt"] for event in sent] == list(range(1, row.attempts + 1))
        assert receiver.attempts[str(row.pk)] <= row.attempts


def test_five_killed_workers_lose_nothing(outbox, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("OUTGOING_ALLOWED_HOSTS", "127.0.0.1")
    receiver, queued, held = kill_and_deliver(outbox, tmp_path_factory.mktemp("killed"), 5)
    assert_nothing_lost(outbox, receiver, queued)
    assert held >= 1


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_hundred_killed_workers_lose_nothing(outbox, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("OUTGOING_ALLOWED_HOSTS", "127.0.0.1")
    receiver, queued, held = kill_and_deliver(outbox, tmp_path_factory.mktemp("killed"), 100)
    assert_nothing_lost(outbox, receiver, queued)
    assert held >= 25


def test_a_secret_is_replaced_while_messages_wait_for_a_receiver_that_is_away(outbox):
    former, present = new_secret(), new_secret()
    with listening() as listener:
        listener.answer = lambda handler: reply(handler, 503)
        destination_id = outbox.active(url=listener.url(), secret=former)
        queued = [str(outbox.queue(destination_id, number)) for number in range(6)]
        assert delivery.deliver(outbox.tenant_id) == 0
        outbox.do("olga", destinations.rotate_secret, destination_id=destination_id, secret=present)
        receiver = Receiver(former, random.Random(1))
        listener.answer = receiver
        outbox.update(Delivery, next_attempt_at=timezone.now() - timedelta(seconds=1))
        with outbox.stage.backstage():
            Delivery.objects.filter(pk__in=queued[3:]).update(next_attempt_at=timezone.now() + timedelta(hours=1))
        assert delivery.deliver(outbox.tenant_id) == 3
        # Now the receiver has the new one as well, and forgets the former.
        receiver.secret = present
        outbox.update(Delivery, next_attempt_at=timezone.now() - timedelta(seconds=1))
        assert delivery.deliver(outbox.tenant_id) == 3
    assert [row.state for row in outbox.rows()] == ["delivered"] * len(queued)
    assert (set(receiver.bodies), receiver.unsigned) == (set(queued), 0)
    assert [row.attempts for row in outbox.rows()] == [2] * len(queued)
