"""A hostile receiver on 127.0.0.1: it verifies with the reference library, and answers badly as often as it is told."""

from __future__ import annotations

import collections
import contextlib
import random
import threading
import time

from standardwebhooks.webhooks import Webhook

from tests.outgoing.listening import cut, listening, reply

FAULTS = ("500", "503", "429", "hang", "cut", "302", "lost")


class HostileReceiver:
    """What it has taken, by message id, and whatever a sender did wrong."""

    def __init__(self, secret: str, *, share: float, seed: int = 1, hang_seconds: float = 3.0) -> None:
        self.webhook = Webhook(secret)
        self.share, self.random, self.hang_seconds = share, random.Random(seed), hang_seconds
        self.effects: collections.Counter[str] = collections.Counter()
        self.bodies: dict[str, bytes] = {}
        self.lost: set[str] = set()
        self.counts: collections.Counter[str] = collections.Counter()
        self.lock = threading.Lock()

    def __call__(self, handler) -> None:
        body = handler.given
        self.counts["attempts"] += 1
        if handler.path == "/stolen":
            self.counts["followed"] += 1
        try:
            self.webhook.verify(body, dict(handler.headers))
        except Exception:
            self.counts["bad_signature"] += 1
            return reply(handler, 400)
        name = handler.headers["webhook-id"]
        with self.lock:
            if self.bodies.setdefault(name, body) != body:
                self.counts["changed_body"] += 1
            fault = self.random.choice(FAULTS) if self.random.random() < self.share else ""
            self.counts[fault or "taken"] += 1
            if fault in {"", "lost"}:
                self.effects[name] += 1
            if fault == "lost":
                self.lost.add(name)
        if fault in {"cut", "lost"}:
            return cut(handler)
        if fault == "hang":
            time.sleep(self.hang_seconds)
            return cut(handler)
        if fault == "302":
            return reply(handler, 302, location="/stolen")
        if fault:
            return reply(handler, int(fault), retry_after="1")
        return reply(handler, 204)

    @property
    def duplicates(self) -> set[str]:
        """Messages that had an effect more than once although no answer of ours was lost."""
        return {name for name, times in self.effects.items() if times > 1 and name not in self.lost}


@contextlib.contextmanager
def receiving(receiver: HostileReceiver):
    """Start it; the listener's `url` is where it is."""
    with listening() as listener:
        listener.answer = receiver
        yield listener
