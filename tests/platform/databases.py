"""Test databases: migrated once and emptied by the owner, cloned for each worker, used as the application."""

from __future__ import annotations

import os
from collections.abc import Mapping

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql

from hub.embedded.postgres import LOGINS, apply_roles
from hub.settings import databases as database_settings

from .servers import TestServers, password_of, with_database

# Where the rows that migrations bring stand, for putting them back after a test that committed.
REFERENCE = "test_reference"


def make_template(servers: TestServers, name: str) -> None:
    """A migrated database, made the way an operator makes one: roles.sql by the superuser, migrations by the owner."""
    passwords = {LOGINS[variable]: password_of(servers.urls[variable]) for variable in LOGINS}
    apply_roles(servers.superuser_url, passwords=passwords, database=name)
    use_servers(servers.for_database(name))
    call_command("migrate", database="owner", verbosity=0, interactive=False, skip_checks=True)
    connections.close_all()
    _keep_reference(with_database(servers.superuser_url, name))


def clone_template(servers: TestServers, template: str, name: str) -> dict[str, str]:
    """A copy of the template; returns the variables with which to connect to it."""
    with psycopg.connect(with_database(servers.superuser_url, "postgres"), autocommit=True) as superuser:
        superuser.execute("SELECT pg_advisory_lock(hashtext('caseward.test.clone'))")  # one copy at a time
        superuser.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER caseward_owner").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        # A test keeps one transaction open while models are loaded, which takes long where many tests run at once.
        superuser.execute(
            sql.SQL("ALTER ROLE caseward_app IN DATABASE {} SET idle_in_transaction_session_timeout = '15min'").format(
                sql.Identifier(name)
            )
        )
    return servers.for_database(name)


def drop_databases(servers: TestServers, *names: str) -> None:
    """Remove test databases, whoever is still connected."""
    connections.close_all()
    with psycopg.connect(with_database(servers.superuser_url, "postgres"), autocommit=True) as superuser:
        for name in names:
            superuser.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def use_servers(urls: Mapping[str, str]) -> None:
    """Point Django, Celery and every process that a test starts at these servers."""
    from hub.celery import app

    os.environ.update(urls)
    connections.close_all()
    settings.DATABASES = database_settings.databases(settings.PROCESS)
    # Settings were loaded before there were servers, so the connections are made anew from them.
    connections.__dict__.pop("settings", None)
    connections.__dict__.pop("databases", None)
    connections._settings = None
    for alias in settings.DATABASES:
        if hasattr(connections._connections, alias):
            del connections[alias]
    settings.CELERY_BROKER_URL = urls["BROKER_URL"]
    app.conf.broker_url = urls["BROKER_URL"]


def assert_application_login() -> None:
    """Every query of a test must meet the walls that a request meets."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, session_user, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole,"
            " (SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER'))"
            " FROM pg_roles WHERE rolname = current_user"
        )
        found = cursor.fetchone()
    connections["default"].close()
    assert found == ("caseward_app", "caseward_app", False, False, False, False, 0), (
        f"Tests must run as caseward_app, who owns and may nothing; this connection is {found}."
    )


def empty_database() -> None:
    """Remove what a test committed, as the owner, and put the rows back that migrations had brought."""
    connections.close_all()
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner:
        owner.execute("SET lock_timeout = '15s'")
        reference = _tables(owner, REFERENCE)
        _release_holds(owner)
        _truncate(owner, "public", [table for table in _tables(owner, "public") if table not in reference])
        # Truncating cascades, and tests write reference rows too: whether any changed shows in their row versions.
        if _versions(owner, reference) != _known_versions.get(owner.info.dbname):
            _restore(owner, reference)
            _known_versions[owner.info.dbname] = _versions(owner, reference)
        owner.execute("SET ROLE caseward_keeper")
        _truncate(owner, "audit", _tables(owner, "audit"))


_known_versions: dict[str, list[tuple[int, int]]] = {}


def _release_holds(owner: psycopg.Connection) -> None:
    """A table with held rows is not emptied by anybody: what a test has placed is released first, by two people."""
    for step in (
        "state = 'release_proposed', release_proposed_by = 'user:one' WHERE state = 'standing'",
        "state = 'released', released_by = 'user:two', released_at = now() WHERE state = 'release_proposed'",
    ):
        owner.execute(f"UPDATE retention_legalhold SET {step}")
        # A row that was changed twice in one transaction has its keys checked at the end, and cannot be truncated.
        owner.commit()


def _truncate(owner: psycopg.Connection, schema: str, tables: list[str]) -> None:
    """Empty those tables that hold rows: truncating an empty one costs new files for nothing."""
    if not tables:
        return
    question = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(schema, table))
        for table in tables
    )
    filled = [table for (table,) in owner.execute(question).fetchall()]
    if filled:
        owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(_listed(schema, filled)))


def _versions(owner: psycopg.Connection, tables: list[str]) -> list[tuple[int, int]]:
    """How many rows each table has, and the latest transaction that wrote one of them."""
    return [
        owner.execute(
            sql.SQL("SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM {}").format(
                sql.Identifier("public", name)
            )
        ).fetchone()
        or (0, 0)
        for name in tables
    ]


def _restore(owner: psycopg.Connection, tables: list[str]) -> None:
    owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(_listed("public", tables)))
    for table in tables:
        columns = sql.SQL(", ").join(map(sql.Identifier, _columns(owner, table)))
        kept = sql.Identifier(REFERENCE, table)
        owner.execute(
            sql.SQL("INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {}").format(
                sql.Identifier("public", table), kept, columns=columns
            )
        )


def install_flush() -> None:
    """Tests that commit are cleaned up after by `empty_database`; Django's flush, as the application, may not."""
    TransactionTestCase._fixture_teardown = lambda self: empty_database()  # type: ignore[attr-defined]


def _keep_reference(superuser_url: str) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION caseward_owner").format(sql.Identifier(REFERENCE)))
        for table in _tables(superuser, "public"):
            source = sql.Identifier("public", table)
            if superuser.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(source)).fetchone() == (True,):
                kept = sql.Identifier(REFERENCE, table)
                superuser.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, source))
                superuser.execute(sql.SQL("ALTER TABLE {} OWNER TO caseward_owner").format(kept))


def _tables(connection: psycopg.Connection, schema: str) -> list[str]:
    # Partitions are emptied with the table that they are part of; the record of migrations is never touched.
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'django_migrations' ORDER BY 1",
        [schema],
    ).fetchall()
    return [name for (name,) in rows]


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = format('public.%%I', %s::text)::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    ).fetchall()
    return [name for (name,) in rows]


def _listed(schema: str, tables: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(schema, table) for table in tables)
