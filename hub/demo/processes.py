"""The hub's own processes as the demo runs them: web, worker, keeper and beat, each with the rights it needs."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import httpx

from hub.embedded.processes import ManagedProcess, ProcessGroup, start_process

# What a process does not need it is not given.
PRIVILEGED = ("OWNER_DATABASE_URL", "KEEPER_DATABASE_URL", "AUDITOR_DATABASE_URL", "BACKUP_DATABASE_URL")
QUEUES = "default,redaction,delivery,governance"


def free_port(wished: int) -> int:
    """The wished port, or another one when it is taken."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def start_hub(group: ProcessGroup, *, port: int, log_folder: Path) -> ManagedProcess:
    """Start all processes and wait until the web server answers; returns the worker."""
    web = group.add(
        start_process(
            "web",
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
             "--workers", "1", "--blocking-threads", "4", "--no-ws", "hub.wsgi:application"],
            _environment("web"),
            log_folder=log_folder,
        )
    )  # fmt: skip
    worker = group.add(start_celery("worker", log_folder, "-Q", QUEUES, "--concurrency", "2", process="worker"))
    group.add(start_celery("keeper", log_folder, "-Q", "keeper", "--concurrency", "1", process="keeper"))
    group.add(start_celery("beat", log_folder, process="beat"))

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    web.wait_until(answers, timeout=60, pause=0.1)
    return worker


def start_celery(name: str, log_folder: Path, *arguments: str, process: str) -> ManagedProcess:
    """A worker of some queues, or beat."""
    verb = "beat" if process == "beat" else "worker"
    settings = ["--without-gossip", "--without-mingle", "--hostname", f"{name}@%h"] if verb == "worker" else []
    return start_process(
        name,
        [sys.executable, "-m", "celery", "-A", "hub.celery", verb, "--loglevel", "WARNING", *settings, *arguments],
        _environment(process),
        log_folder=log_folder,
        patience=30,
    )


def _environment(process: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in PRIVILEGED}
    if process == "keeper":
        environment["KEEPER_DATABASE_URL"] = os.environ["KEEPER_DATABASE_URL"]
    return environment | {"CASEWARD_PROCESS": process, "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
