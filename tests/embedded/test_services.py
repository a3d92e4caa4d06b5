"""The embedded servers start, are shared, stop, and come back after every kind of death."""

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from hub.embedded import services as embedded
from hub.embedded.account import choose_account
from hub.embedded.faults import EmbeddedError
from hub.embedded.postgres import LOGINS
from hub.embedded.state import State, keep_secret

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path_factory):
    """A state folder, removed with everything that belongs to it."""
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else tmp_path_factory.getbasetemp()
    folder = base / f"caseward-embedded-{os.getpid()}-{time.monotonic_ns()}"
    yield folder
    embedded.discard(folder)


def in_other_process(folder, body):
    """Another program that uses the servers; it tells us on its standard output."""
    program = "import sys, time, psycopg\nfrom pathlib import Path\nfrom hub.embedded.services import services\n"
    program += f"folder = Path({str(folder)!r})\n" + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-u", "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def server_pids(folder):
    """The servers that run on this state folder, by what the process list says."""
    data = str(State(folder, choose_account()).data)
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if data in command and "-D" in command:
            found.append(int(path.parent.name))
    return found


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_every_login_is_its_own_role(folder):
    with embedded.services(folder, is_durable=False) as running:
        assert set(running.urls) == {*LOGINS, "BROKER_URL"}
        for variable, role in LOGINS.items():
            with psycopg.connect(running.urls[variable]) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (role,)
        with psycopg.connect(running.superuser_url) as superuser:
            flags = superuser.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
                " WHERE rolname LIKE 'caseward_%' ORDER BY 1"
            ).fetchall()
            members = superuser.execute(
                "SELECT roleid::regrole::text, member::regrole::text, inherit_option, set_option, admin_option"
                " FROM pg_auth_members WHERE member::regrole::text LIKE 'caseward_%'"
            ).fetchall()
        assert flags == [
            ("caseward_app", False, False, False, False),
            ("caseward_auditor", False, False, False, False),
            ("caseward_backup", False, True, False, False),
            ("caseward_keeper", False, False, False, False),
            ("caseward_owner", False, False, False, False),
        ]
        assert members == [("caseward_keeper", "caseward_owner", False, True, False)]
    assert server_pids(folder) == []


def test_no_statement_and_no_parameter_reaches_the_servers_log(folder):
    canary = "Marta Quell 4711"
    with embedded.services(folder, is_durable=False) as running:
        with psycopg.connect(running.urls["DATABASE_URL"], autocommit=True) as connection:
            for statement, parameters in [
                ("SELECT pg_sleep(0.6), %s", [canary]),
                ("SELECT %s::text::int", [canary]),
                (f"SELECT '{canary}' FROM nowhere", None),
            ]:
                try:
                    connection.execute(statement, parameters)
                except psycopg.Error:
                    continue
        log = (running.folder / "logs" / "postgres.log").read_text()
    assert "nowhere" in log  # that something failed is known, and not what with
    assert "SELECT" not in log
    assert "pg_sleep" not in log


def test_data_and_secrets_outlast_a_stop(folder):
    with embedded.services(folder) as running:
        first = running.urls
        with psycopg.connect(running.urls["OWNER_DATABASE_URL"]) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with embedded.services(folder) as running, psycopg.connect(running.urls["OWNER_DATABASE_URL"]) as owner:
        assert running.urls == first
        assert owner.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_secrets_are_ours_alone(folder):
    with embedded.services(folder, is_durable=False) as running:
        private = [*running.folder.glob("*.secret"), running.folder / embedded.RECORD, *running.folder.glob("logs/*")]
        assert len(private) >= 9
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
        sockets = State(folder, choose_account()).sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_second_command_joins_and_the_first_waits_for_it(folder):
    with embedded.services(folder, is_durable=False, is_quiet=True) as running:
        other = in_other_process(
            folder,
            """
            with services(folder) as running:
                print("joined", running.is_own, flush=True)
                time.sleep(1.5)
                with psycopg.connect(running.urls["DATABASE_URL"]) as connection:
                    print(connection.execute("SELECT 'still there'").fetchone()[0], flush=True)
            """,
        )
        assert running.is_own
        assert other.stdout.readline() == "joined False\n"
    assert other.wait(10) == 0
    assert other.stdout.read() == "still there\n"
    other.stdout.close()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_servers_die_with_their_supervisor_and_start_again(folder, death):
    other = in_other_process(
        folder,
        """
        import signal
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with services(folder):
            print("up", flush=True)
            time.sleep(60)
        """,
    )
    assert other.stdout.readline() == "up\n"
    assert len(server_pids(folder)) == 1
    other.send_signal(death)
    other.wait(20)
    other.stdout.close()
    wait_until(lambda: server_pids(folder) == [])
    with embedded.services(folder) as running, psycopg.connect(running.urls["DATABASE_URL"]) as connection:
        assert running.is_own
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_interrupted_first_start_is_mended(folder):
    with embedded.services(folder, is_durable=False) as running:
        data = State(running.folder, choose_account()).data / "postgres"
    (data / "ready").unlink()
    (data / "PG_VERSION").unlink()
    with embedded.services(folder, is_durable=False) as running, psycopg.connect(running.urls["DATABASE_URL"]) as app:
        assert app.execute("SELECT current_user").fetchone() == ("caseward_app",)


def test_stale_record_is_not_believed(folder):
    with embedded.services(folder, is_durable=False) as running:
        record = json.loads((running.folder / embedded.RECORD).read_text())
        assert embedded.find_running_services(folder) == running.urls
    gone = subprocess.Popen(["true"])
    gone.wait()
    (folder / embedded.RECORD).write_text(json.dumps(record | {"pid": gone.pid}))
    assert embedded.find_running_services(folder) is None
    with embedded.services(folder, is_durable=False) as running:
        assert running.is_own


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match="CASEWARD_STATE"), embedded.services(tmp_path / "file" / "state"):
        pass


def test_two_processes_agree_on_a_new_secret(tmp_path):
    first = keep_secret(tmp_path / "x.secret", "one")
    assert (first, keep_secret(tmp_path / "x.secret", "two")) == ("one", "one")
    assert [path.name for path in tmp_path.iterdir()] == ["x.secret"]


def test_servers_never_run_as_root(folder):
    with embedded.services(folder, is_durable=False) as running:
        owners = {Path(f"/proc/{server.popen.pid}").stat().st_uid for server in running.servers}
    assert owners == {choose_account().uid}
    assert 0 not in owners
