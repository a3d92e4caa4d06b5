"""Child processes that write to a log of their own, stop cleanly, and never outlive us."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .faults import EmbeddedError

PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class ManagedProcess:
    """A child process that we started and will stop."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 20.0

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def wait_until(self, is_healthy: Callable[[], bool], *, timeout: float = 30.0, pause: float = 0.02) -> None:
        """Wait until the probe says yes; one that ends or never becomes healthy is an error with its log's end."""
        deadline = time.monotonic() + timeout
        while not is_healthy():
            if not self.is_running:
                raise EmbeddedError(f"{self.name} ended with code {self.popen.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} did not become ready within {timeout:.0f} s:\n{self.log_tail()}")
            time.sleep(pause)

    def log_tail(self, characters: int = 1500) -> str:
        """The last lines of its log."""
        try:
            with self.log.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - characters))
                return file.read().decode("utf-8", "replace").strip() or "(its log is empty)"
        except OSError:
            return "(it wrote no log)"

    def stop(self) -> int:
        """Ask it to stop, wait, and insist after its patience ran out; returns the exit code."""
        stop_all([self])
        return int(self.popen.returncode)


def start_process(
    name: str,
    argv: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    *,
    log_folder: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    patience: float = 20.0,
    options: Mapping[str, Any] | None = None,
) -> ManagedProcess:
    """Start a program in a session of its own, so that Ctrl-C reaches us alone and we stop it in order.

    On Linux the kernel sends it `stop_signal` when we die, however we die.
    """
    log_folder.mkdir(parents=True, exist_ok=True)
    log = log_folder / f"{name}.log"
    arguments: dict[str, Any] = dict(options or {})
    if env is not None:
        arguments["env"] = dict(env)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as output:
        try:
            popen = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(stop_signal),
                **arguments,
            )
        except OSError as error:
            raise EmbeddedError(f"{name} could not be started: {error.strerror or error}.") from None
    return ManagedProcess(name, popen, log, stop_signal, patience)


def stop_all(processes: Iterable[ManagedProcess]) -> None:
    """Stop processes together, the last started first; a second Ctrl-C meanwhile does not leave any behind."""
    stopping = list(reversed(list(processes)))
    for process in stopping:
        if process.is_running:
            process.popen.send_signal(process.stop_signal)
    for process in stopping:
        deadline = time.monotonic() + process.patience
        while process.is_running:
            try:
                process.popen.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait()
            except KeyboardInterrupt:
                deadline = time.monotonic()


@dataclass(slots=True)
class ProcessGroup:
    """Several processes that stand and fall together: `with ProcessGroup() as group: group.add(start_process(…))`."""

    processes: list[ManagedProcess] = field(default_factory=list)

    def add(self, process: ManagedProcess) -> ManagedProcess:
        """Take a process into the group."""
        self.processes.append(process)
        return process

    def find_ended(self) -> ManagedProcess | None:
        """A process that ended although nobody asked it to."""
        return next((process for process in self.processes if not process.is_running), None)

    def __enter__(self) -> ProcessGroup:
        return self

    def __exit__(self, *_: object) -> None:
        stop_all(self.processes)
        self.processes.clear()


def find_running(pid: int, marks: Sequence[str]) -> bool:
    """Whether a process with this id runs and shows all of `marks` on its command line: ids are used again."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except FileNotFoundError:
        if platform.system() == "Linux":
            return False
        shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
        command = shown.stdout
    except OSError:
        return False
    return all(mark in command for mark in marks)


def end_stray(pid: int, marks: Sequence[str], stop_signal: signal.Signals, *, patience: float = 20.0) -> None:
    """End a server of ours that outlived the start it belonged to."""
    deadline = time.monotonic() + patience
    while find_running(pid, marks):
        os.kill(pid, stop_signal if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.1)


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if platform.system() != "Linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop_signal.value)
        if os.getppid() != parent:
            os._exit(1)

    return arrange
