"""Starts the embedded servers for as long as they are needed, or joins the ones that already run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .account import choose_account
from .faults import EmbeddedError
from .postgres import login_urls, start_postgres, superuser_url
from .processes import ManagedProcess, ProcessGroup, find_running
from .state import State, read_record, state_folder, write_private
from .valkey import broker_url, start_valkey

RECORD = "servers.json"


@dataclass(frozen=True, slots=True)
class Services:
    """Running servers. `urls` are the environment variables that the settings read."""

    urls: dict[str, str]
    superuser_url: str
    folder: Path
    is_own: bool
    servers: tuple[ManagedProcess, ...] = ()


@contextlib.contextmanager
def services(
    folder: Path | None = None, *, is_durable: bool = True, patience: float = 60.0, is_quiet: bool = False
) -> Iterator[Services]:
    """PostgreSQL and Valkey for the duration of the block.

    One process per state folder supervises; others join it. It waits for them at its own regular end, and stops at
    once when it is interrupted.
    """
    state = State(folder or state_folder(), choose_account())
    state.prepare()
    deadline = time.monotonic() + patience
    while True:
        with contextlib.ExitStack() as stack:
            if _locked(stack, state.folder / "supervisor.lock", fcntl.LOCK_EX):
                yield from _supervise(state, is_durable=is_durable, is_quiet=is_quiet)
                return
            # Joined first and looked second: a supervisor that is about to leave waits for whoever has joined.
            if _locked(stack, state.folder / "joined.lock", fcntl.LOCK_SH):
                record = read_record(state.folder / RECORD)
                if record is not None:
                    yield Services(record["urls"], record["superuser_url"], state.folder, is_own=False)
                    return
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Another process holds {state.folder / 'supervisor.lock'} but its servers did not become ready "
                f"within {patience:.0f} s. Stop it, or name another state folder in CASEWARD_STATE."
            )
        time.sleep(0.05)


def find_running_services(folder: Path | None = None) -> dict[str, str] | None:
    """The URLs of servers that run right now, or None."""
    record = read_record((folder or state_folder()) / RECORD)
    if record is None or not find_running(record["pid"], []):
        return None
    urls: dict[str, str] = record["urls"]
    return urls


def discard(folder: Path) -> None:
    """Remove the state of throw-away servers that have stopped."""
    state = State(folder, choose_account())
    for path in {state.folder, state.data, state.sockets}:
        shutil.rmtree(path, ignore_errors=True)


def _supervise(state: State, *, is_durable: bool, is_quiet: bool) -> Iterator[Services]:
    record = state.folder / RECORD
    record.unlink(missing_ok=True)
    with ProcessGroup() as group:
        group.add(start_postgres(state, is_durable=is_durable))
        group.add(start_valkey(state, is_durable=is_durable))
        urls = login_urls(state) | {"BROKER_URL": broker_url(state)}
        superuser = superuser_url(state)
        write_private(record, json.dumps({"pid": os.getpid(), "urls": urls, "superuser_url": superuser}))
        try:
            yield Services(urls, superuser, state.folder, is_own=True, servers=tuple(group.processes))
            _wait_for_joined(state.folder / "joined.lock", is_quiet=is_quiet)
        finally:
            record.unlink(missing_ok=True)


def _wait_for_joined(path: Path, *, is_quiet: bool) -> None:
    with open(path, "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not is_quiet:
                print("Waiting for other commands that use these servers (Ctrl-C stops them) …", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)


def _locked(stack: contextlib.ExitStack, path: Path, kind: int) -> bool:
    try:
        file = stack.enter_context(path.open("a"))
        os.set_inheritable(file.fileno(), False)
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:
        raise EmbeddedError(
            f"{path.parent} belongs to another user. Name a state folder of your own in CASEWARD_STATE."
        ) from None
    return True
