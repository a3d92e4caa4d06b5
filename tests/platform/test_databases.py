"""The tests' own ground: which login they stand on, and what is left behind after a test that commits."""

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection
from django.utils import timezone


@pytest.mark.django_db
def test_queries_run_as_the_application():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == ("caseward_app", "caseward_app")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (id int)",
        "CREATE TABLE audit.mine (id int)",
        "CREATE SCHEMA mine",
        "SET ROLE caseward_owner",
        "SET ROLE caseward_keeper",
        "TRUNCATE django_session",
        "ALTER TABLE django_session ADD COLUMN mine int",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
    ],
)
def test_application_creates_and_becomes_nothing(statement):
    with pytest.raises(ProgrammingError) as refusal, connection.cursor() as cursor:
        cursor.execute(statement)
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_run", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(_run):
    assert Session.objects.count() == 0
    Session.objects.create(session_key="s" * 32, session_data="", expire_date=timezone.now())
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_run", [1, 2])
def test_rows_from_migrations_come_back(_run):
    known = Permission.objects.count()
    assert known > 50
    Permission.objects.all().delete()
    assert Permission.objects.count() == 0


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_search_path_and_leakproof_search():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schemas(false), proleakproof FROM pg_proc WHERE proname = 'ts_match_vq'")
        assert cursor.fetchone() == (["public", "audit"], True)
