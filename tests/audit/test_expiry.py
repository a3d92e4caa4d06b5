"""Months of the record end by the longest rule of all, after their checkpoint left; and every proof goes on to hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from hub.audit import expiring
from hub.audit.actions import AuditAction
from hub.audit.partitions import Month, ensure_partitions
from hub.audit.recording import record
from hub.workflows import holding
from hub.workflows.keeping import seal_record, verify_record
from hub.workflows.record_expiry import expire_record, is_over
from tenants.decisions import allow
from tenants.scoping import acting_as
from tests.platform.databases import empty_database
from tests.platform.servers import TestServers, with_database
from tests.retention.test_disposition import govern
from tests.world import World, furnished_world, owner_connection

YEARS = 8
SHIFT = timedelta(days=365 * YEARS + 2)
OLDER = (
    "(lpad(to_hex((extract(epoch FROM uuid_extract_timestamp({0})) * 1000)::bigint - %s), 12, '0')"
    " || substr(replace({0}::text, '-', ''), 13))::uuid"
)


@pytest.fixture
def old_world(django_db_setup: None, django_db_blocker: Any, servers: TestServers, tmp_path: Path) -> Iterator[World]:
    """A world with one case, everything on record eight years old and sealed, its checkpoint in a witness file."""
    url = with_database(servers.superuser_url, str(settings.DATABASES["default"]["NAME"]))
    witness = tmp_path / "witness.txt"
    with django_db_blocker.unblock(), override_settings(CASEWARD_WITNESS_FILE=str(witness)):
        try:
            world = furnished_world()
            world.cases["atlas"] = world.submit("alice", "acme/atlas", world.canaries.case("atlas-1"))
            ensure_partitions(timezone.now() - SHIFT, months_ahead=0)
            milliseconds = int(SHIFT.total_seconds() * 1000)
            with psycopg.connect(url) as superuser:
                superuser.execute("SET session_replication_role = replica")
                for table, columns in (
                    ("access_event", ("id",)),
                    ("access_disclosure", ("id", "event_id")),
                    ("event_private", ("event_id",)),
                ):
                    for column in columns:
                        superuser.execute(
                            f"UPDATE audit.{table} SET {column} = {OLDER.format(column)}",
                            [milliseconds],  # type: ignore[arg-type]
                        )
                superuser.execute("UPDATE catalog_case SET created_at = created_at - interval '3 years'")
            seal_record()
            yield world
        finally:
            for month in expiring.months_on_record():
                if month.year < 2020:
                    with connections["keeper"].cursor() as keeper:
                        for source in ("access_event", "access_disclosure"):
                            keeper.execute(f"DROP TABLE audit.{month.table(source)}")
            empty_database()


def stored(question: str) -> Any:
    with connections["keeper"].cursor() as keeper:
        keeper.execute(question)
        return keeper.fetchall()


def happen(world: World) -> None:
    """Something new on record, so that the log goes on."""
    with acting_as(world.cast["erin"]):
        record(world.cast["erin"], AuditAction.AUDIT_READ, "question:test", allow("role:auditor"))


def test_a_month_goes_and_the_record_stays_whole(old_world: World) -> None:
    before = verify_record()
    assert before.findings == []
    (rows,) = stored("SELECT count(*) FROM audit.access_event")[0]
    assert rows > 0
    month = Month.of(timezone.now() - SHIFT)
    assert expire_record() == [f"{month.year}-{month.month:02d}"]
    assert stored("SELECT action, tenant_id FROM audit.access_event") == [("audit.expire", None)]
    assert stored("SELECT count(*) FROM audit.event_private") == [(0,)]
    assert stored("SELECT to_regclass('audit." + month.table("access_event") + "')") == [(None,)]
    happen(old_world)
    seal_record()
    after = verify_record(outside_notes=[note for (note,) in stored("SELECT note FROM audit.checkpoint")])
    assert after.findings == []
    assert (after.expired_rows, after.sealed_rows) == (before.sealed_rows, before.sealed_rows + 2)
    # Once is enough.
    assert expire_record() == []


@pytest.mark.parametrize(("name", "spoil", "finding"), [
    ("a range that nothing announced",
     ("INSERT INTO audit.expired_range (source, lower, upper, rows, hash, event_id)"
     " SELECT 'access_disclosure', uuidv7(interval '-20 years'), uuidv7(interval '-19 years'), 0,"
     " encode(sha256(''), 'hex'), uuidv7()"), "announced by no event"),
    ("more is gone than was announced",
     ("UPDATE audit.expired_range SET upper = uuidv7(interval '1 day'); DELETE FROM audit.access_event"
     " WHERE action = 'audit.read'"), "does not fit the log"),
    ("the range is gone", "DELETE FROM audit.expired_range", "was removed"),
    ("a leaf was changed", "UPDATE audit.sealed_leaf SET hash = sha256('x') WHERE position = 0", "does not fit"),
    ("another month went as well", "DELETE FROM audit.access_event WHERE action = 'audit.read'", "was removed"),
], ids=["unannounced", "wider", "no-range", "leaf", "removed"])  # fmt: skip
def test_a_removal_does_not_pass_as_an_expiry(old_world: World, name: str, spoil: str, finding: str) -> None:
    assert len(expire_record()) == 1
    happen(old_world)
    seal_record()
    with connections["keeper"].cursor() as keeper:
        keeper.execute(spoil)
    assert any(finding in found for found in verify_record().findings), name


def test_what_keeps_a_month(old_world: World) -> None:
    def stays() -> bool:
        return expire_record() == [] and stored("SELECT count(*) FROM audit.expired_range") == [(0,)]

    with override_settings(AUDIT_KEEP="P9Y"):
        assert stays()
    with override_settings(CASEWARD_WITNESS_FILE=""):
        assert stays()
    # The rule of one tenant keeps the month of all.
    govern(old_world, "long", track="access_event", keep="P9Y")
    assert stays()
    govern(old_world, "long", track="access_event", keep="P1Y")
    with owner_connection() as owner:
        owner.execute("ALTER TABLE catalog_case DISABLE TRIGGER USER")
        owner.execute("UPDATE catalog_case SET created_at = created_at - interval '9 years'")
        owner.execute("ALTER TABLE catalog_case ENABLE TRIGGER USER")
    olga = old_world.cast["olga"]
    with acting_as(olga):
        holding.place_hold(
            olga, selection={"cases": [str(old_world.cases["atlas"])]}, is_by_query=False, authority="a court",
            reason="an inquiry", review_on=(timezone.now() + timedelta(days=90)).date(),
        )  # fmt: skip
    assert stays()


@pytest.mark.parametrize(("now", "keeps", "over"), [
    ("2026-02-01", {"P1Y"}, False),
    ("2026-02-02", {"P1Y"}, True),
    ("2026-02-02", {"P1Y", "P13M"}, False),
    ("2026-03-02", {"P1Y", "P13M"}, True),
])  # fmt: skip
def test_when_a_month_is_over(now: str, keeps: set[str], over: bool) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert is_over(Month(2025, 1), keeps, None, moment) is over
    assert is_over(Month(2025, 1), keeps, datetime(2025, 1, 20, tzinfo=UTC), moment) is False
