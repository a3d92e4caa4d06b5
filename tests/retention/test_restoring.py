"""An old backup, restored: what was disposed of, erased, held or released since is so again before anybody asks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from hub.commands import dumping
from hub.embedded.postgres import LOGINS, apply_roles
from hub.retention.ledger_lines import LedgerFault, read_lines
from hub.settings.values import database
from hub.workflows import holding
from hub.workflows.disposition import dispose_of_due
from hub.workflows.ledger import append_lines, write_down
from tests.platform import databases
from tests.platform.servers import TestServers, password_of, with_database
from tests.retention.test_disposition import confirm, dry_run, govern
from tests.retention.test_erasure import ask, begun, carry_out, hold
from tests.world import World

NAME = "caseward_test_restored_again"


@pytest.fixture
def elsewhere(servers: TestServers, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An empty database as roles.sql leaves it, and the owner's login pointed at it."""
    databases.drop_databases(servers, NAME)
    passwords = {role: password_of(servers.urls[variable]) for variable, role in LOGINS.items()}
    apply_roles(servers.superuser_url, passwords=passwords, database=NAME)
    yield servers.for_database(NAME)
    databases.drop_databases(servers, NAME)


@pytest.fixture
def ledger(tmp_path: Path, settings: Any) -> Path:
    """The file outside the database."""
    settings.CASEWARD_LEDGER_FILE = str(tmp_path / "ledger.jsonl")
    return tmp_path / "ledger.jsonl"


def restore(urls: dict[str, str], monkeypatch: pytest.MonkeyPatch, settings: Any, *arguments: Any) -> str:
    """Restore as the owner of the other database."""
    out = io.StringIO()
    with monkeypatch.context() as elsewhere:
        connections["owner"].close()
        del connections["owner"]
        owner = {**settings.DATABASES["owner"], **database(urls["OWNER_DATABASE_URL"])}
        elsewhere.setitem(settings.DATABASES, "owner", owner)
        try:
            call_command("restore", *arguments, stdout=out)
        finally:
            connections["owner"].close()
            del connections["owner"]
    return out.getvalue()


def rows(servers: TestServers, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(with_database(servers.superuser_url, NAME)) as superuser:
        return superuser.execute(question).fetchall()


def dumped(settings: Any, urls: dict[str, str]) -> str:
    arguments = ["--format=plain", "--inserts", "--schema=public", "--schema=audit", "--no-password"]
    return dumping.run("pg_dump", arguments, database(urls["BACKUP_DATABASE_URL"]))


def test_an_old_backup_brings_nothing_back(
    kept: World, age: Any, elsewhere: dict[str, str], ledger: Path, servers: TestServers, settings: Any,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    world, tenant = kept, kept.cast.tenant("acme").pk
    world.share("borealis/lumen")
    # Zephyr's case is of another person: its evidence goes by a rule; and a case that will be held.
    world.cases["zephyr"] = world.submit("dana", "acme/zephyr", world.canaries_of["acme/zephyr"].case("zephyr-1"))
    world.build()
    released = hold(world)
    write_down()
    old_key = rows_here("SELECT sealed_key FROM sharing_audience WHERE label = 'borealis/lumen'")
    backup = tmp_path / "old.dump"
    call_command("backup", backup)
    assert world.canaries.found_in(dumped(settings, servers.for_database(source(settings))))

    ask(world, "olga", holding.propose_release, hold_id=released, reason="Settled")
    ask(world, "omar", holding.release_hold, hold_id=released)
    govern(world, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    confirm(world, dry_run(world).run_id)
    assert dispose_of_due(tenant).disposed == 4
    erasure_id = begun(world)
    carry_out(world, erasure_id)
    world.cases["atlas"] = world.cases["zephyr"]
    standing = hold(world)
    assert write_down() > 2
    assert write_down() == 0
    assert not world.canaries.found_in(ledger.read_text())

    out = restore(elsewhere, monkeypatch, settings, backup, "--ledger", ledger)
    assert "4 items disposed of" in out
    assert "1 holds stand, 1 released" in out
    restored = dumped(settings, elsewhere)
    assert len(restored) > 100_000
    assert world.canaries.found_in(restored) == []
    assert rows(servers, "SELECT count(*) FROM catalog_evidencebody") == [(0,)]
    assert rows(servers, "SELECT count(*) FROM retention_dispositionentry") == [(4,)]
    assert rows(servers, f"SELECT state, sealed_values FROM retention_erasurerequest WHERE id = '{erasure_id}'") == [
        ("proven", None)
    ]
    states = dict(rows(servers, "SELECT id, state FROM retention_legalhold"))
    assert states == {released: "released", standing: "standing"}
    # The dropped key is dropped again, and is in no later backup.
    assert rows(servers, "SELECT sealed_key FROM sharing_audience WHERE label = 'borealis/lumen'") != old_key
    assert old_key[0][0].hex() not in restored
    assert rows(servers, "SELECT count(*) FROM audit.access_event WHERE action = 'ledger.replay'") == [(1,)]
    assert connects(elsewhere)


def test_every_ending_is_played_again(
    kept: World, age: Any, elsewhere: dict[str, str], ledger: Path, servers: TestServers, settings: Any,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What was archived keeps its key, a summary stays one, and personal values of events are gone again."""
    world, tenant = kept, kept.cast.tenant("acme").pk
    world.share("borealis/lumen")
    world.build()
    url = with_database(servers.superuser_url, source(settings))
    with psycopg.connect(url) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE audit.event_private SET event_id = uuidv7(interval '-40 days') WHERE tenant_id = %s", [tenant]
        )
    backup = tmp_path / "old.dump"
    call_command("backup", backup)
    govern(world, "evidence", track="raw_evidence", keep="P1M", then="archive")
    govern(world, "projections", track="projection", keep="P1M", then="keep_summary")
    govern(world, "events", track="access_event", keep="P30D")
    age("2 months")
    confirm(world, dry_run(world).run_id)
    assert dispose_of_due(tenant).disposed == 2 + 2 + 1
    assert write_down() > 0
    out = restore(elsewhere, monkeypatch, settings, backup, "--ledger", ledger)
    assert "5 items disposed of" in out
    assert rows(servers, "SELECT count(*) FROM catalog_evidencebody") == [(0,)]
    there = "SELECT id, digest, name, sealed_key FROM retention_archiveditem ORDER BY id"
    assert rows(servers, there) == rows_here(there) != []
    reduced = "SELECT id, summary_id, document, search_text FROM sharing_projection WHERE is_in_force ORDER BY id"
    assert len(rows(servers, reduced)) == 2
    with psycopg.connect(url) as here:
        assert rows(servers, reduced) == here.execute(reduced).fetchall()  # type: ignore[arg-type]
    old = "SELECT count(*) FROM audit.event_private WHERE uuid_extract_timestamp(event_id) < now() - interval '1 day'"
    assert rows(servers, f"{old} AND tenant_id = '{tenant}'") == [(0,)]


def source(settings: Any) -> str:
    return str(settings.DATABASES["owner"]["NAME"])


def rows_here(question: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as owner:
        owner.execute(question)
        return [tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in owner]


def connects(urls: dict[str, str]) -> bool:
    """Whether the hub's own login gets in."""
    try:
        with psycopg.connect(urls["DATABASE_URL"]):
            return True
    except psycopg.OperationalError as error:
        if "permission denied for database" not in str(error):
            raise
        return False


def test_the_hub_answers_nobody_before_the_ledger_is_played(
    kept: World, elsewhere: dict[str, str], ledger: Path, settings: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    backup = tmp_path / "old.dump"
    call_command("backup", backup)
    assert connects(elsewhere)
    hold(kept)
    write_down()
    lines = ledger.read_text()
    ledger.write_text(lines.replace("standing", "released", 1))
    with pytest.raises(CommandError, match="Line 1 is not as it was written"):
        restore(elsewhere, monkeypatch, settings, backup, "--ledger", ledger)
    assert not connects(elsewhere)


def test_a_restore_says_which_ledger_or_none(tmp_path: Path) -> None:
    backup = tmp_path / "a.dump"
    backup.write_bytes(b"")
    with pytest.raises(CommandError, match="one of the arguments --ledger --without-ledger is required"):
        call_command("restore", backup)
    with pytest.raises(CommandError, match="is not there"):
        call_command("restore", backup, "--ledger", tmp_path / "nowhere")


def test_a_torn_line_does_not_swallow_the_next(ledger: Path) -> None:
    ledger.write_text("0123456789 {torn")
    append_lines([])
    assert ledger.read_text() == "0123456789 {torn\n"
    with pytest.raises(LedgerFault, match="Line 1 is not as it was written"):
        read_lines(ledger.read_text().splitlines())
