"""Promise 3: the event is committed with the read it describes, before a byte leaves; nobody changes it afterwards."""

import select
import socket
import threading
from contextlib import contextmanager, suppress

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.promises.asking import CASE, LIST, RAW, as_owner, count_events, keeper_rows, last_event

TABLES = ("access_event", "access_disclosure", "event_private")
QUERIES = {
    "cases": (LIST, "carol"),
    "case": (CASE, "alice"),
    "rawCase": (RAW, "alice"),
    "grants": ("{ grants { nodes { id purpose } } }", "olga"),
    "accessEvents": ("{ accessEvents { nodes { id action } } }", "erin"),
    "disclosures": ("{ disclosures { nodes { id } } }", "erin"),
    "whoRead": ("{ whoRead { readers { reader times } } }", "erin"),
    "auditCheckpoint": ("{ auditCheckpoint { size } }", "erin"),
    "viewer": ("{ viewer { key name } }", "carol"),
}


def ask_atlas(ask, query, who):
    # The id at home is the own team's id of the shared case too.
    return ask.send(who, query, {"id": str(ask.world.cases["atlas"])} if "$id" in query else {})


@contextmanager
def without_the_right_to_record(table):
    """As when the disk of the record is full or somebody took the right away: nothing can be appended."""
    with connections["keeper"].cursor() as keeper:
        keeper.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND has_column_privilege('caseward_app', attrelid, attnum, 'INSERT')",
            [f"audit.{table}"],
        )
        ((columns,),) = keeper.fetchall()
        keeper.execute(f"REVOKE INSERT ON audit.{table} FROM caseward_app")
    try:
        yield
    finally:
        with connections["keeper"].cursor() as keeper:  # on the whole table it would be more than there was
            keeper.execute(f"GRANT INSERT ({columns}) ON audit.{table} TO caseward_app")


@pytest.mark.parametrize("name", QUERIES)
def test_what_cannot_be_recorded_is_not_answered(ask, name):
    query, who = QUERIES[name]
    assert ask_atlas(ask, query, who).body["data"] is not None  # control
    before = count_events()
    with without_the_right_to_record("access_event"):
        answer = ask_atlas(ask, query, who)
    assert answer.status == 500
    assert answer.content == b"This could not be recorded, so it is not answered. Try again later.\n"
    assert count_events() == before


@pytest.mark.parametrize("table", ["access_disclosure", "event_private"])
def test_every_part_of_the_record_is_needed(ask, table):
    before = count_events()
    with without_the_right_to_record(table):
        answer = ask("carol", LIST)
    assert answer.status == 500
    assert answer.content == b"This could not be recorded, so it is not answered. Try again later.\n"
    assert count_events() == before


def test_nothing_is_changed_that_cannot_be_recorded(ask):
    query = (
        'mutation($id: ID!) { issueGrant(teamId: $id, terms: {recipient: "borealis/drift", profile: "partner", purpose:'
        ' "AcademicResearch", ceilingClass: RESTRICTED, ceilingTlp: AMBER, expiresAt: "2026-12-20T00:00:00Z"})'
        " { __typename } }"
    )
    with as_owner() as owner:
        before = owner.execute("SELECT count(*) FROM sharing_sharinggrant").fetchone()
    with without_the_right_to_record("access_event"):
        assert ask("olga", query, id=str(ask.world.cast.team("acme/atlas").pk)).status == 500
    with as_owner() as owner:
        assert owner.execute("SELECT count(*) FROM sharing_sharinggrant").fetchone() == before
    assert ask.owners("dave") == []


# -- the commit fails -----------------------------------------------------------------------------------------------


class CutAtCommit:
    """A proxy before PostgreSQL that passes everything on, until a COMMIT comes by: then the line is cut."""

    def __init__(self, target, *, after_sending):
        self.target, self.after_sending = target, after_sending
        self.is_armed, self.cuts = False, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        server = self.connect()
        with client, server:
            while True:
                for source in select.select([client, server], [], [])[0]:
                    with suppress(ConnectionError):
                        data = source.recv(65536)
                        if not data:
                            return
                        if source is client and self.is_armed and b"COMMIT" in data:
                            self.is_armed, self.cuts = False, self.cuts + 1
                            if self.after_sending:
                                server.sendall(data)
                                server.recv(65536)  # PostgreSQL has committed; its answer is lost on the way
                            return
                        (server if source is client else client).sendall(data)

    def connect(self):
        host, port = self.target
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((host, port))

    def close(self):
        self.is_armed = False
        self.listener.close()


@pytest.fixture(params=[False, True], ids=["before the commit", "after the commit"])
def cutting(request, ask):
    """The application's connection goes through the proxy; tokens are there already."""
    for who in ("alice", "carol", "olga", "erin"):
        ask(who, "{ viewer { key } }")
    settings = connection.settings_dict
    before = dict(settings)
    parameters = psycopg.conninfo.conninfo_to_dict(**{
        name: value for name, value in connection.get_connection_params().items() if name in ("host", "port")
    })  # fmt: skip
    proxy = CutAtCommit((parameters["host"], parameters.get("port") or 5432), after_sending=request.param)
    connection.close()
    settings["HOST"], settings["PORT"] = "127.0.0.1", str(proxy.port)
    yield proxy
    connection.close()
    settings.clear()
    settings.update(before)
    proxy.close()


@pytest.mark.parametrize("name", QUERIES)
def test_an_answer_whose_commit_is_cut_does_not_leave(ask, cutting, name):
    query, who = QUERIES[name]
    assert ask_atlas(ask, query, who).body["data"] is not None  # the proxy lets everything by
    before = count_events()
    cutting.is_armed = True
    answer = ask_atlas(ask, query, who)
    assert cutting.cuts == 1
    assert answer.status == 500
    assert b"<h1>Something went wrong on our side</h1>" in answer.content
    for told in (b'"data"', b"acme", b"atlas", b"borealis", b'"title"', b"user:"):
        assert told not in answer.content
    assert ask.world.canaries.found_in(answer.content) == []
    # Lost before the commit: only the failure is on record. Lost after it: more is on record than has left, never less.
    assert count_events() - before == (2 if cutting.after_sending else 1)
    assert last_event(ask.world, who) == ("operation.fail", "failed", "fault")
    assert ask_atlas(ask, query, who).body["data"] is not None  # and the next request is served


def test_a_backend_that_is_ended_at_the_commit_lets_nothing_out(ask, servers, monkeypatch):
    ask("carol", "{ viewer { key } }")
    before, commit = count_events(), BaseDatabaseWrapper._commit

    def end_then_commit(self):
        monkeypatch.setattr(BaseDatabaseWrapper, "_commit", commit)
        with psycopg.connect(servers.superuser_url, autocommit=True) as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [self.connection.info.backend_pid])
        return commit(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "_commit", end_then_commit)
    answer = ask("carol", LIST)
    assert answer.status == 500
    assert b"acme" not in answer.content
    assert count_events() == before + 1
    assert last_event(ask.world, "carol") == ("operation.fail", "failed", "fault")
    assert "acme/atlas" in ask.owners("carol")


# -- what is on record ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "query", "event"),
    [
        ("dave", CASE, ("case.read", "refused", "not_available")),
        ("dave", RAW, ("case.read_raw", "refused", "not_available")),
        ("olga", LIST, ("case.list", "refused", "no_role")),
        ("dave", "{ accessEvents { nodes { id } } }", ("audit.read", "refused", "no_role")),
        ("carol", LIST, ("case.list", "allowed", None)),
        ("alice", RAW, ("case.read_raw", "allowed", "role:contributor")),
    ],
)
def test_reads_and_refusals_are_recorded_once(ask, who, query, event):
    before = count_events()
    ask_atlas(ask, query, who)
    assert count_events() == before + 1
    action, outcome, basis = last_event(ask.world, who)
    assert (action, outcome) == event[:2]
    assert basis == (event[2] or f"grant:{ask.world.grants['carol']}")


CHANGES = ("UPDATE audit.{} SET id = id", "DELETE FROM audit.{}", "TRUNCATE audit.{}", "DROP TABLE audit.{}")
# Retention may delete personal values that a certificate names; the test after this one says what it may not.
GUARDED = ("DELETE FROM audit.{}", "event_private")


@pytest.mark.parametrize(
    ("statement", "table"),
    [(statement, table) for statement in CHANGES for table in TABLES if (statement, table) != GUARDED],
)
def test_the_application_changes_nothing_on_record(ask, table, statement):
    with pytest.raises(ProgrammingError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)
    expected = "must be owner of table" if statement.startswith("DROP") else "permission denied for table"
    assert str(refusal.value) == f"{expected} {table}"


@pytest.mark.parametrize(
    "where",
    ["", " WHERE event_id = (SELECT event_id FROM audit.event_private ORDER BY 1 DESC LIMIT 1)"],
    ids=["all", "newest"],
)
@pytest.mark.parametrize("who", ["alice", "system"])
def test_personal_values_that_no_certificate_names_are_not_deleted(ask, who, where):
    ask("alice", LIST)
    acme = ask.world.cast.tenant("acme").pk
    actor = system_actor(acme, "test") if who == "system" else ask.world.cast[who]
    before = keeper_rows("SELECT id, value FROM audit.event_private ORDER BY id")
    with acting_as(actor), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM audit.event_private{where}")
        assert cursor.fetchone()[0] > 0  # control
    with (
        pytest.raises(IntegrityError, match="only with their certificate") as refusal,
        acting_as(actor, durable=True),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM audit.event_private{where}")
    assert isinstance(refusal.value.__cause__, psycopg.errors.RestrictViolation)
    assert keeper_rows("SELECT id, value FROM audit.event_private ORDER BY id") == before


def test_the_application_reaches_no_personal_values_of_others(ask):
    ask("alice", LIST)
    before = keeper_rows("SELECT id, value FROM audit.event_private ORDER BY id")
    acme, borealis = (ask.world.cast.tenant(slug).pk for slug in ("acme", "borealis"))
    assert acme in {tenant for (tenant,) in keeper_rows("SELECT tenant_id FROM audit.event_private")}
    statement = "DELETE FROM audit.event_private WHERE tenant_id IS DISTINCT FROM %s"
    with transaction.atomic(), connection.cursor() as cursor:  # nobody acts: nothing is within reach
        cursor.execute("DELETE FROM audit.event_private")
        assert cursor.rowcount == 0
    with acting_as(system_actor(borealis, "test"), durable=True), connection.cursor() as cursor:
        cursor.execute(statement, [borealis])
        assert cursor.rowcount == 0
    assert keeper_rows("SELECT id, value FROM audit.event_private ORDER BY id") == before


@pytest.mark.parametrize("change", ["DISABLE ROW LEVEL SECURITY", "OWNER TO caseward_app", "DISABLE TRIGGER ALL"])
def test_the_application_does_not_loosen_the_record(world, change):
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE audit.access_event {change}")


def test_what_is_undone_leaves_a_recorded_failure_and_nothing_else(ask, monkeypatch):
    def break_down(value):
        raise ValueError("broken")

    monkeypatch.setattr("hub.api.catalog.types._severity", break_down)
    before = count_events()
    answer = ask("carol", "{ cases { nodes { id severity { label } } } }")
    assert (answer.status, answer.codes) == (500, ["INTERNAL_ERROR"])
    assert count_events() == before + 1
    assert last_event(ask.world, "carol") == ("operation.fail", "failed", "fault")
    newest = keeper_rows("SELECT detail->>'status' FROM audit.access_event ORDER BY id DESC LIMIT 1")
    assert newest == [("500",)]
