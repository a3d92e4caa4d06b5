"""Runs pg_dump and pg_restore for the commands: passwords stay off the command line, and messages say what to do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from psycopg import sql

from hub.embedded.binaries import client_program
from hub.embedded.faults import EmbeddedError

OWNER, KEEPER, APP = "caseward_owner", "caseward_keeper", "caseward_app"
# roles.sql makes these as superuser, before anything is restored.
MADE_BEFORE = ("SCHEMA", "EXTENSION", "COMMENT", "DATABASE", "DATABASE PROPERTIES", "ACL - SCHEMA")
# Rights that new tables get by themselves. While tables are restored they must not: a right that was taken away from
# one table would come back with it.
DEFAULT_RIGHTS = (
    (OWNER, "public", "caseward_app, caseward_backup"),
    (KEEPER, "audit", "caseward_backup"),
)


def connection_of(alias: str, variable: str) -> dict[str, Any]:
    """The connection of a role, or the sentence that it is not given."""
    found: dict[str, Any] | None = settings.DATABASES.get(alias)
    if found is None:
        raise CommandError(f"Set {variable}: this command connects with it.", returncode=2)
    return found


def dump(connection: dict[str, Any], file: Path) -> None:
    """Write a dump in PostgreSQL's custom format, complete or not at all, readable by us alone."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    try:
        run(
            "pg_dump",
            ["--format=custom", "--schema=public", "--schema=audit", "--no-password", f"--file={unfinished}"],
            connection,
        )
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def contents(file: Path, connection: dict[str, Any]) -> dict[str, list[str]]:
    """The lines of a dump's table of contents, by the role that has to restore them."""
    by_role: dict[str, list[str]] = {OWNER: [], KEEPER: []}
    for line in run("pg_restore", ["--list", str(file)], connection).splitlines():
        if line.startswith(";") or not line.strip():
            continue
        # "3485; 1259 16389 TABLE public tenants_user caseward_owner"
        description = line.split(" ", 3)[-1]
        if description.startswith(MADE_BEFORE):
            continue
        role = line.rsplit(" ", 1)[-1]
        if role not in by_role:
            raise CommandError(f"The dump holds something that belongs to neither {OWNER} nor {KEEPER}: {description}")
        by_role[role].append(line)
    return by_role


def restore(file: Path, connection: dict[str, Any], lists: dict[str, Path]) -> None:
    """Restore what each role owns, as that role, into an empty database."""
    with psycopg.connect(conninfo(connection)) as owner:
        for role, schema, grantees in DEFAULT_RIGHTS:
            owner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            for kind in ("TABLES", "SEQUENCES"):
                owner.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON {kind} FROM {grantees}")
    for role in (OWNER, KEEPER):
        arguments = ["--exit-on-error", "--single-transaction", "--no-password", f"--role={role}"]
        arguments += [f"--use-list={lists[role]}", f"--dbname={connection['NAME']}", str(file)]
        run("pg_restore", arguments, connection)


def let_connect(connection: dict[str, Any], *, is_let: bool) -> None:
    """Let the hub's own login connect to the database, or let it not."""
    verb = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}" if is_let else "REVOKE CONNECT ON DATABASE {} FROM {}")
    with psycopg.connect(conninfo(connection)) as owner:
        owner.execute(verb.format(sql.Identifier(str(connection["NAME"])), sql.Identifier(APP)))


def find_tables(connection: dict[str, Any]) -> int:
    """How many tables the hub's schemas hold."""
    with psycopg.connect(conninfo(connection)) as owner:
        row = owner.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p')"
        ).fetchone()
    return int(row[0]) if row else 0


def conninfo(connection: dict[str, Any]) -> str:
    """libpq's connection string; for psycopg only, never for a command line."""
    return psycopg.conninfo.make_conninfo(
        host=connection["HOST"] or None,
        port=connection["PORT"] or None,
        user=connection["USER"] or None,
        password=connection["PASSWORD"] or None,
        dbname=connection["NAME"],
    )


def run(program: str, arguments: list[str], connection: dict[str, Any]) -> str:
    """Run a client program of PostgreSQL, with the connection in its environment."""
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {name: str(connection[key]) for name, key in named.items() if connection[key]}
    try:
        path = client_program(program)
    except EmbeddedError as error:
        raise CommandError(str(error)) from None
    done = subprocess.run(
        [str(path), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        # The first line names the fault; a later one may quote a row.
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise CommandError(f"{program} failed: {lines[0]}")
    return done.stdout
