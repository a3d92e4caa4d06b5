"""The embedded PostgreSQL: made once, started for as long as it is needed, reachable by a private socket alone."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from .binaries import client_program, postgres_programs
from .faults import EmbeddedError
from .processes import ManagedProcess, end_stray, start_process
from .state import ROOT, State

PORT = 5432
DATABASE = "caseward"
SUPERUSER = "postgres"
# URL in the environment -> role that it logs in as.
LOGINS = {
    "DATABASE_URL": "caseward_app",
    "OWNER_DATABASE_URL": "caseward_owner",
    "KEEPER_DATABASE_URL": "caseward_keeper",
    "AUDITOR_DATABASE_URL": "caseward_auditor",
    "BACKUP_DATABASE_URL": "caseward_backup",
}
ROLES_FILE = ROOT / "deploy" / "postgres" / "roles.sql"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "jit": "off",
    # The server's log must never hold a statement or a parameter: case text travels in both.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
# For tests, whose data nobody misses.
VOLATILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1min",
}


def start_postgres(state: State, *, is_durable: bool) -> ManagedProcess:
    """Start the server, making its data folder and roles first when they are not there."""
    programs = postgres_programs(state.account, state.data / "programs")
    data = state.data / "postgres"
    _end_earlier_server(data)
    if not (data / "ready").exists():
        _make_cluster(state, programs, data, is_durable=is_durable)
    settings = SETTINGS | {"port": str(PORT), "unix_socket_directories": str(state.sockets)}
    if not is_durable:
        settings |= VOLATILE
    argv: list[str | Path] = [programs / "postgres", "-D", data]
    argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    process = start_process(
        "postgres",
        argv,
        log_folder=state.folder / "logs",
        stop_signal=signal.SIGINT,  # a fast shutdown: connections are ended, nothing is lost
        options=state.account.process_options(data),
    )
    try:
        process.wait_until(lambda: _answers(state))
        apply_roles(superuser_url(state), passwords={name: state.secret(name) for name in LOGINS.values()})
    except BaseException:
        process.stop()
        raise
    return process


def superuser_url(state: State, database: str = DATABASE) -> str:
    """How the superuser of the embedded server connects; only set-up and tests ever do."""
    return _url(state, SUPERUSER, state.secret("postgres"), database)


def login_urls(state: State, database: str = DATABASE) -> dict[str, str]:
    """The environment variables with which the hub, the keeper and the rest connect."""
    return {name: _url(state, role, state.secret(role), database) for name, role in LOGINS.items()}


def apply_roles(url: str, *, passwords: dict[str, str], database: str = DATABASE) -> None:
    """Run deploy/postgres/roles.sql as superuser; it can run any number of times."""
    environment = dict(os.environ)
    environment |= {f"{role.upper()}_PASSWORD": password for role, password in passwords.items()}
    environment |= {"CASEWARD_DATABASE": database, "PGOPTIONS": "-c client_min_messages=warning"}
    base, _, options = url.partition("?")
    start = base.rsplit("/", 1)[0] + "/postgres" + (f"?{options}" if options else "")
    done = subprocess.run(
        [str(client_program("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", start, "-f", str(ROLES_FILE)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise EmbeddedError(f"deploy/postgres/roles.sql failed:\n{done.stderr.strip()[-1500:]}")


def _url(state: State, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{quote(password)}@/{database}?host={quote(str(state.sockets))}&port={PORT}"


def _make_cluster(state: State, programs: Path, data: Path, *, is_durable: bool) -> None:
    # A folder without the mark is what an interrupted first start left behind; nothing was stored in it yet.
    subprocess.run(["rm", "-rf", str(data)], check=True)
    data.mkdir()
    state.account.own(data, 0o700)
    password_file = state.sockets / "initial-password"
    password_file.touch(mode=0o600)
    password_file.write_text(state.secret("postgres"))
    state.account.own(password_file, 0o600)
    argv = [programs / "initdb", "-D", data, "-U", SUPERUSER, "--encoding=UTF8", "--locale=C.UTF-8"]
    argv += [
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
    ]
    argv += [] if is_durable else ["--no-sync", "--no-data-checksums"]
    try:
        made = subprocess.run(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **state.account.process_options(data),
        )
    finally:
        password_file.unlink()
    if made.returncode != 0:
        raise EmbeddedError(f"PostgreSQL could not make its data folder {data}:\n{made.stderr.strip()[-1500:]}")
    (data / "ready").touch()


def _end_earlier_server(data: Path) -> None:
    """A server that lost its supervisor shuts down by itself on Linux; elsewhere it is asked to."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    end_stray(pid, ["postgres", str(data)], signal.SIGINT)


def _answers(state: State) -> bool:
    import psycopg

    try:
        with psycopg.connect(superuser_url(state, "postgres"), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
