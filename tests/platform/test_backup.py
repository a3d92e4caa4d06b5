"""A backup, restored into an empty database, is the same database: rows, rights, walls and triggers."""

import stat

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from hub.embedded.postgres import LOGINS, apply_roles
from hub.settings.values import database
from tests.platform import databases
from tests.platform.servers import password_of, with_database

WHAT_MATTERS = {
    "tables": "SELECT relname, relkind, relowner::regrole::text, relrowsecurity, relforcerowsecurity FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'audit') AND relkind IN ('r','p','v','S')"
    " ORDER BY 1",
    "rights": "SELECT relname, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'audit') AND relkind IN ('r','p','v','S')"
    " ORDER BY 1",
    "default rights": "SELECT defaclrole::regrole::text, defaclnamespace::regnamespace::text, defaclobjtype::text,"
    " (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(defaclacl) a) FROM pg_default_acl ORDER BY 1, 2, 3",
    "walls": "SELECT schemaname, tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies"
    " ORDER BY 1, 2, 3",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    " ORDER BY 1, 2",
    # PostgreSQL writes the casts of a list of words differently once it has read them back.
    "keys": "SELECT conrelid::regclass::text, conname,"
    r" regexp_replace(pg_get_constraintdef(oid), '::(character varying|text)(\[\])?|[()]', '', 'g') FROM pg_constraint"
    " WHERE connamespace IN ('public'::regnamespace, 'audit'::regnamespace) ORDER BY 1, 2",
    "sessions": "SELECT session_key, session_data FROM django_session ORDER BY 1",
    "migrations": "SELECT app, name FROM django_migrations ORDER BY id",
}


@pytest.fixture
def empty_database(servers):
    """A database as roles.sql leaves it."""
    name = "caseward_test_restored"
    databases.drop_databases(servers, name)
    passwords = {role: password_of(servers.urls[variable]) for variable, role in LOGINS.items()}
    apply_roles(servers.superuser_url, passwords=passwords, database=name)
    yield name
    databases.drop_databases(servers, name)


def forget_owner():
    """The next connection as the owner goes where the settings then say."""
    connections["owner"].close()
    del connections["owner"]


def look_at(servers, name):
    with psycopg.connect(with_database(servers.superuser_url, name)) as superuser:
        return {what: superuser.execute(question).fetchall() for what, question in WHAT_MATTERS.items()}


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_restored_database_is_the_same(servers, settings, empty_database, tmp_path, monkeypatch):
    Session.objects.create(session_key="kept", session_data="across", expire_date=timezone.now())
    file = tmp_path / "caseward.dump"
    call_command("backup", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    source = settings.DATABASES["owner"]["NAME"]
    before = look_at(servers, source)

    restored_urls = servers.for_database(empty_database)
    owner = {**settings.DATABASES["owner"], **database(restored_urls["OWNER_DATABASE_URL"])}
    forget_owner()
    with monkeypatch.context() as restored:
        restored.setitem(settings.DATABASES, "owner", owner)
        call_command("restore", file, "--without-ledger")
        forget_owner()

    after = look_at(servers, empty_database)
    with psycopg.connect(with_database(servers.superuser_url, empty_database)) as superuser:
        told = superuser.execute(
            "SELECT actor_key, outcome FROM audit.access_event WHERE action = 'backup.make'"
        ).fetchall()
    # It was on record before its first byte, so it is in the backup itself.
    assert told == [("operator:backup", "allowed")]
    assert len(before["tables"]) > 40
    assert len(before["walls"]) > 40
    assert before["sessions"] == [("kept", "across")]
    for what, rows in before.items():
        assert sorted(set(after[what]) ^ set(rows), key=str) == [], what
        assert len(after[what]) == len(rows), what


@pytest.mark.django_db(transaction=True)
def test_restore_never_overwrites(tmp_path):
    file = tmp_path / "caseward.dump"
    call_command("backup", file)
    with pytest.raises(CommandError, match="tables already, and a restore never overwrites") as full:
        call_command("restore", file, "--without-ledger")
    assert full.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_backup_keeps_an_existing_file(tmp_path):
    file = tmp_path / "caseward.dump"
    file.write_text("precious")
    with pytest.raises(CommandError, match="is there already") as there:
        call_command("backup", file)
    assert there.value.returncode == 2
    assert file.read_text() == "precious"


@pytest.mark.django_db
def test_backup_without_its_login_names_the_variable(settings, tmp_path, monkeypatch):
    monkeypatch.delitem(settings.DATABASES, "backup")
    with pytest.raises(CommandError, match="Set BACKUP_DATABASE_URL") as unset:
        call_command("backup", tmp_path / "caseward.dump")
    assert unset.value.returncode == 2
