"""Settings from the environment: typed, named in errors, secure by default."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.settings import environment, values
from hub.settings.__main__ import RUNBOOK, with_table

ROOT = Path(__file__).resolve().parents[2]
SECRET = "kX3" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
GOOD = {
    "DATABASE_URL": "postgresql://caseward_app:p%40ss@db.example:5433/hub?sslmode=verify-full",
    "BROKER_URL": "redis://broker.example/0",
    "SECRET_KEY": SECRET,
    "KEY_ENCRYPTION_KEY": SECRET[::-1],
    "ALLOWED_HOSTS": "hub.example, www.hub.example",
    "CASEWARD_PROCESS": "web",
}
SHOW = (
    "import json, hub.settings.production as s; d = s.DATABASES['default'];"
    "print(json.dumps([sorted(s.DATABASES), d['USER'], d['PASSWORD'], d['HOST'], d['PORT'], d['NAME'], d['OPTIONS'],"
    " s.ALLOWED_HOSTS, s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS]))"
)


def production(**changes):
    """Load the production settings in a process of their own."""
    values = GOOD | changes
    given = {name: value for name, value in values.items() if value is not None}
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env=inherited | given | {"DJANGO_SETTINGS_MODULE": "hub.settings.production"},
        capture_output=True,
        text=True,
    )


def test_production_settings_are_secure():
    done = production()
    assert done.returncode == 0, done.stderr
    aliases, user, password, host, port, name, options, hosts, debug, session, csrf, hsts = json.loads(done.stdout)
    assert (aliases, user, password, host, port, name) == (
        ["default"],
        "caseward_app",
        "p@ss",
        "db.example",
        "5433",
        "hub",
    )
    assert options == {
        "sslmode": "verify-full",
        "server_side_binding": True,
        "prepare_threshold": 1,
        "application_name": "caseward-web",
        "connect_timeout": 10,
        "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
        "options": "-c statement_timeout=15s",
    }
    assert hosts == ["hub.example", "www.hub.example"]
    assert (debug, session, csrf, hsts) == (False, True, True, 31_536_000)


@pytest.mark.parametrize("process", ["worker", "beat", "keeper", "command"])
def test_only_web_processes_pool(process):
    done = production(
        CASEWARD_PROCESS=process, KEEPER_DATABASE_URL="postgresql://k@h/hub", AUDIT_SIGNING_SEED="0a" * 32
    )
    assert done.returncode == 0, done.stderr
    assert "pool" not in json.loads(done.stdout)[6]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SECRET_KEY": None}, "The environment variable SECRET_KEY is missing."),
        ({"SECRET_KEY": ""}, "The environment variable SECRET_KEY is missing."),
        (
            {"SECRET_KEY": "hunter2"},
            "The environment variable SECRET_KEY is not random text of at least 50 characters.",
        ),
        ({"KEY_ENCRYPTION_KEY": None}, "The environment variable KEY_ENCRYPTION_KEY is missing."),
        ({"KEY_ENCRYPTION_KEY": "a" * 60}, "KEY_ENCRYPTION_KEY is not random text of at least 50 characters."),
        ({"DATABASE_URL": None}, "The environment variable DATABASE_URL is missing."),
        ({"DATABASE_URL": "mysql://secretuser@h/d"}, "The environment variable DATABASE_URL is not a URL like"),
        ({"DATABASE_URL": "postgresql://u:secretuser@h:port/d"}, "The environment variable DATABASE_URL is not a URL"),
        ({"BROKER_URL": "amqp://secretuser@h"}, "The environment variable BROKER_URL is not a redis://"),
        ({"ALLOWED_HOSTS": None}, "The environment variable ALLOWED_HOSTS is missing."),
        ({"CASEWARD_PROCESS": "webb"}, "CASEWARD_PROCESS is not one of web, worker, beat, keeper, command."),
        ({"SESSION_HOURS": "eight"}, "The environment variable SESSION_HOURS is not a whole number."),
        ({"SECURE_SSL_REDIRECT": "maybe"}, "The environment variable SECURE_SSL_REDIRECT is not 1 or 0."),
        ({"CASEWARD_PROCESS": "keeper"}, "The environment variable AUDIT_SIGNING_SEED is missing."),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/nonexistent/key"}, "The file that SECRET_KEY_FILE names cannot be"),
    ],
)
def test_unusable_variable_is_named_and_not_quoted(change, message):
    done = production(**change)
    assert done.returncode == 1
    assert message in done.stderr
    assert "hunter2" not in done.stderr
    assert "secretuser" not in done.stderr


def test_secret_from_a_file(tmp_path):
    (tmp_path / "key").write_text(SECRET + "\n")
    assert production(SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key")).returncode == 0


def test_runbook_has_every_setting():
    runbook = RUNBOOK.read_text()
    assert with_table(runbook) == runbook, "Write the table again: python -m hub.settings"
    assert runbook.count("\n| `") >= len(environment.VARIABLES)


def test_socket_url():
    parsed = values.database("postgresql://app:pw@/hub?host=/run/pg&port=5433")
    assert (parsed["HOST"], parsed["PORT"], parsed["NAME"], parsed["OPTIONS"]) == ("/run/pg", "5433", "hub", {})
