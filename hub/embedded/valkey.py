"""The embedded Valkey: Celery's broker, reachable by a private socket alone."""

from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path

from .binaries import valkey_program
from .processes import ManagedProcess, end_stray, start_process
from .state import State


def start_valkey(state: State, *, is_durable: bool) -> ManagedProcess:
    """Start the broker. Its messages are only nudges: what it loses costs time and nothing else."""
    program = valkey_program(state.account, state.data / "programs")
    data, path = state.data / "valkey", socket_path(state)
    with contextlib.suppress(OSError, ValueError):
        end_stray(int((data / "valkey.pid").read_text()), ["valkey-server", str(path)], signal.SIGTERM)
    data.mkdir(parents=True, exist_ok=True)
    state.account.own(data, 0o700)
    argv: list[str | Path] = [program, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    argv += ["--dir", data, "--pidfile", data / "valkey.pid", "--daemonize", "no", "--save", ""]
    argv += ["--appendonly", "yes" if is_durable else "no", "--appendfsync", "everysec"]
    argv += ["--maxmemory", "256mb", "--maxmemory-policy", "noeviction"]
    process = start_process(
        "valkey", argv, log_folder=state.folder / "logs", options=state.account.process_options(data)
    )
    try:
        process.wait_until(lambda: _answers(path), timeout=15)
    except BaseException:
        process.stop()
        raise
    return process


def broker_url(state: State) -> str:
    """How Celery connects."""
    return f"redis+socket://{socket_path(state)}"


def socket_path(state: State) -> Path:
    """Where the broker listens."""
    return state.sockets / "valkey.sock"


def _answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
