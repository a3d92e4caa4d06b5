"""The system checks, on a database of their own where each thing that must not be is made to be."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from tenants import checks
from tests.platform import databases
from tests.platform.servers import TestServers, with_database


class Trial:
    """A copy of the template, with its superuser and with any login to run the checks as."""

    def __init__(self, servers: TestServers, template: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = f"checks_{secrets.token_hex(4)}"
        self.urls = databases.clone_template(servers, template, self.name)
        self.superuser_url = with_database(servers.superuser_url, self.name)
        self.monkeypatch = monkeypatch

    def change(self, statements: str) -> None:
        """Make something be, as the superuser."""
        with psycopg.connect(self.superuser_url, autocommit=True) as superuser:
            superuser.execute(statements)

    def found(self, url: str | None = None) -> list[tuple[str, str]]:
        """Ids and messages of what the checks find, logged in with this URL (default: the application's)."""
        with psycopg.connect(url or self.urls["DATABASE_URL"], autocommit=True) as login:

            def rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
                return login.execute(sql, list(parameters) or None).fetchall()

            self.monkeypatch.setattr(checks, "_rows", rows)
            return [(message.id, message.msg) for message in checks.check_database(None, databases=["default"])]


@pytest.fixture
def trial(
    servers: TestServers, database_template: str, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[Trial]:
    """A database for one test."""
    trial = Trial(servers, database_template, monkeypatch)
    yield trial
    monkeypatch.undo()
    with django_db_blocker.unblock():
        databases.drop_databases(servers, trial.name)


def test_the_shipped_database_is_safe(trial: Trial) -> None:
    assert trial.found() == []


def test_the_owner_is_refused_as_a_login(trial: Trial) -> None:
    ((check, message),) = trial.found(trial.urls["OWNER_DATABASE_URL"])
    assert check == "tenants.E005"
    assert message.startswith("The application logs in as caseward_owner, who owns ")


def test_a_superuser_is_refused_as_a_login(trial: Trial) -> None:
    ((check, message),) = trial.found(trial.superuser_url)
    assert check == "tenants.E004"
    assert message.endswith("for whom row-level security does not hold.")


def test_a_login_that_may_take_on_a_mighty_role_is_refused(trial: Trial) -> None:
    trial.change("GRANT caseward_backup TO caseward_app WITH INHERIT FALSE, SET TRUE")
    try:
        assert [check for check, _ in trial.found()] == ["tenants.E004"]
    finally:
        trial.change("REVOKE caseward_backup FROM caseward_app")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("CREATE TABLE public.leak (tenant_id uuid)", "leak"),
        ("ALTER TABLE tenants_membership DISABLE ROW LEVEL SECURITY", "tenants_membership"),
        ("ALTER TABLE tenants_team NO FORCE ROW LEVEL SECURITY", "tenants_team"),
    ],
)
def test_a_tenants_table_without_a_wall_is_named(trial: Trial, statement: str, expected: str) -> None:
    trial.change(statement)
    assert trial.found() == [
        ("tenants.E006", f"The table {expected} belongs to tenants and has no forced row-level security.")
    ]


@pytest.mark.parametrize("table", ["auth_group_permissions", "guardian_groupobjectpermission"])
def test_rights_that_no_tenant_stands_behind_are_refused(trial: Trial, table: str) -> None:
    columns, values = ("group_id, permission_id", "1, p.id")
    if table.startswith("guardian"):
        columns, values = f"{columns}, content_type_id, object_pk", f"{values}, p.content_type_id, 'any'"
    trial.change(
        f"INSERT INTO auth_group (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'stray');"
        f" INSERT INTO {table} ({columns}) SELECT {values} FROM auth_permission p LIMIT 1"
    )
    assert trial.found() == [
        ("tenants.E007", f"The table {table} holds rights that no tenant and no role stands behind.")
    ]


def test_an_old_server_is_refused(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 99)
    assert trial.found() == [("tenants.E003", "PostgreSQL 18 is too old: the hub needs 99 or later.")]


def test_before_the_first_migration_there_is_nothing_to_find(trial: Trial) -> None:
    trial.change("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO caseward_app")
    assert [check for check, _ in trial.found() if check != "tenants.E005"] == []


def test_only_the_applications_connection_is_checked() -> None:
    assert checks.check_database(None, databases=["owner"]) == []
    assert checks.check_database(None, databases=None) == []


@pytest.mark.parametrize(("name", "expected"), [(None, []), ("AnonymousUser", ["tenants.E001"])])
def test_there_is_no_account_for_everybody(settings: Any, name: str | None, expected: list[str]) -> None:
    settings.ANONYMOUS_USER_NAME = name
    assert [message.id for message in checks.check_no_anonymous_user(None)] == expected


def test_the_checks_run_with_manage_check(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check", "--tag", "database", "--database", "default")
    assert "no issues" in capsys.readouterr().out
