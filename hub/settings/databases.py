"""The connections: one per database role that a process was given."""

from __future__ import annotations

from typing import Any

from . import environment, values

ALIASES = {
    "owner": "OWNER_DATABASE_URL",
    "keeper": "KEEPER_DATABASE_URL",
    "auditor": "AUDITOR_DATABASE_URL",
    "backup": "BACKUP_DATABASE_URL",
}


def databases(process: str) -> dict[str, dict[str, Any]]:
    """`default` logs in as the application; the others exist only where their URL was given."""
    found = {"default": _connection(environment.read("DATABASE_URL"), process, is_app=True)}
    for alias, name in ALIASES.items():
        parsed = environment.read_or_none(name)
        if parsed is not None:
            found[alias] = _connection(parsed, process, is_app=False)
    return found


def nowhere() -> dict[str, dict[str, Any]]:
    """A database that cannot be reached, for commands that work on files alone."""
    # A socket folder that is not there: the attempt fails at once instead of finding somebody's server.
    parsed = values.database("postgresql:///caseward?host=/nonexistent/caseward-has-no-database")
    return {"default": _connection(parsed, "command", is_app=True)}


def _connection(parsed: dict[str, Any], process: str, *, is_app: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        **parsed["OPTIONS"],
        "server_side_binding": True,
        "prepare_threshold": 1,
        "application_name": f"caseward-{process}",
        "connect_timeout": int(parsed["OPTIONS"].get("connect_timeout", 10)),
    }
    connection: dict[str, Any] = {**parsed, "OPTIONS": options, "ATOMIC_REQUESTS": False}
    if is_app and process == "web":
        options["pool"] = {"min_size": 1, "max_size": environment.read("DATABASE_POOL_SIZE"), "timeout": 10}
    else:
        # A worker connects after its fork and keeps the connection; a pool would be copied into every child.
        connection |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    if is_app and process == "web":
        options["options"] = f"-c statement_timeout={environment.read('STATEMENT_TIMEOUT_SECONDS')}s"
    # The test suite makes and clones its databases itself (tests/conftest.py); Django must never try.
    connection["TEST"] = {"NAME": parsed["NAME"], "MIGRATE": False}
    return connection
