"""Real background processes for tests: a broker that may be stopped, workers that may be killed, and what they did."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connections

from hub.celery import app
from hub.demo.processes import QUEUES, start_celery
from hub.embedded.account import choose_account
from hub.embedded.processes import ManagedProcess, stop_all
from hub.embedded.state import State
from hub.embedded.valkey import broker_url, socket_path, start_valkey


@dataclass
class Background:
    """A broker of this test's own, and the processes that listen to it."""

    state: State
    logs: Path
    broker: ManagedProcess | None = None
    processes: list[ManagedProcess] = field(default_factory=list)
    started: int = 0

    def start_broker(self) -> None:
        """Let it run; what was in it before is gone."""
        self.broker = start_valkey(self.state, is_durable=False)

    def stop_broker(self) -> None:
        """Let nobody reach it."""
        assert self.broker is not None
        self.broker.stop()

    def lose_messages(self) -> int:
        """Empty the broker; how many keys there were."""
        with redis.Redis(unix_socket_path=str(socket_path(self.state))) as client:
            count = int(client.dbsize())
            client.flushall()
        return count

    def dump(self) -> bytes:
        """Every key and value of the broker."""
        with redis.Redis(unix_socket_path=str(socket_path(self.state))) as client:
            return b"\n".join(part for key in client.keys("*") for part in (key, *_values(client, key)))

    def start_worker(self, concurrency: int = 1) -> ManagedProcess:
        """A worker of all queues but the keeper's."""
        self.started += 1
        return self._start(f"worker-{self.started}", "-Q", QUEUES, "--concurrency", str(concurrency), process="worker")

    def start_beat(self) -> ManagedProcess:
        """The clock of the sweeps."""
        return self._start("beat", process="beat")

    def start_keeper(self) -> ManagedProcess:
        """The worker of the access record."""
        return self._start("keeper", "-Q", "keeper", "--concurrency", "1", process="keeper")

    def tails(self) -> str:
        """The ends of all logs, for the message of a failing test."""
        return "\n".join(f"-- {path.name}\n{path.read_text()[-1500:]}" for path in sorted(self.logs.glob("*.log")))

    def stop(self) -> None:
        """Stop all processes in order."""
        stop_all(self.processes)
        self.processes.clear()

    def kill(self, process: ManagedProcess) -> None:
        """End a process and all its children at once, as the machine would: nothing in them runs any more."""
        os.killpg(process.popen.pid, signal.SIGKILL)
        process.popen.wait()
        self.processes.remove(process)

    def _start(self, name: str, *arguments: str, process: str) -> ManagedProcess:
        started = start_celery(name, self.logs, *arguments, process=process)
        self.processes.append(started)
        return started


def _values(client: Any, key: bytes) -> list[bytes]:
    """What stands under a key, as it was sent: a dump of the key would be compressed, and hide what is looked for."""
    match client.type(key):
        case b"list":
            return list(client.lrange(key, 0, -1))
        case b"set":
            return list(client.smembers(key))
        case b"zset":
            return list(client.zrange(key, 0, -1))
        case b"hash":
            return [part for pair in client.hgetall(key).items() for part in pair]
    return [client.get(key) or b""]


@contextmanager
def background(folder: Path) -> Iterator[Background]:
    """A broker of one's own for the block; the application, and what is started here, use it."""
    state = State(folder, choose_account())
    state.prepare()
    here = Background(state, folder / "process-logs")
    before = os.environ["BROKER_URL"]
    use_broker(broker_url(state))
    here.start_broker()
    try:
        yield here
    finally:
        here.stop()
        if here.broker is not None and here.broker.is_running:
            here.broker.stop()
        use_broker(before)


def use_broker(url: str) -> None:
    """Send the application's nudges there."""
    os.environ["BROKER_URL"] = settings.CELERY_BROKER_URL = app.conf.broker_url = url
    # Connections that were made before lead to the former one.
    app._after_fork()


def wait_until(is_so: Callable[[], bool], *, seconds: float, what: Callable[[], str], pause: float = 0.1) -> float:
    """Wait for something; how long it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() < began + seconds, f"not within {seconds:.0f} s: {what()}"
        time.sleep(pause)
    return time.monotonic() - began


def owner_rows(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows as the migration role sees them: those of all tenants."""
    with connections["owner"].cursor() as owner:
        owner.execute(statement, parameters or [])
        return owner.fetchall()


def unfinished() -> int:
    """How many projections are still to be built."""
    return int(
        owner_rows(
            "SELECT count(*) FROM sharing_projection"
            " WHERE state = 'pending' OR leased_by <> '' OR stale_since IS NOT NULL"
        )[0][0]
    )
