"""After a purge a canary that was planted in raw is nowhere: in no dump, no message of the broker and no log."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from hub.commands import dumping
from hub.workflows.disclosure import disclose_raw
from hub.workflows.disposition import dispose_of_due
from hub.workflows.keeping import seal_record, verify_record
from tenants.scoping import acting_as
from tests.promises.background import Background, background
from tests.retention.test_disposition import confirm, dry_run, govern
from tests.world import World, owner_connection


def dump(folder: Path, name: str) -> str:
    """A whole backup as SQL text: rows, search vectors, leaves, keys and sequences."""
    file = folder / f"{name}.dump"
    call_command("backup", file)
    backup = dumping.connection_of("backup", "BACKUP_DATABASE_URL")
    return dumping.run("pg_restore", ["--file=-", str(file)], backup)


def search_vectors() -> list[str]:
    """Search columns are computed, so a dump leaves them out."""
    with owner_connection() as owner:
        return [vector for (vector,) in owner.execute("SELECT search_vector::text FROM sharing_projection")]


def test_a_canary_is_in_no_dump_after_the_purge(
    kept: World, age: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with background(tmp_path / "broker") as behind:
        purge_and_look(kept, age, tmp_path, behind, capfd)


def purge_and_look(
    kept: World, age: Any, tmp_path: Path, behind: Background, capfd: pytest.CaptureFixture[str]
) -> None:
    kept.submit("alice", "acme/atlas", kept.canaries.case("atlas-2"))
    for track in ("raw_evidence", "raw_text", "projection"):
        govern(kept, track, track=track, keep="P1M")
    kept.share("borealis/lumen")
    kept.build()
    alice = kept.cast["alice"]
    with acting_as(alice):
        disclose_raw(alice, case_id=kept.cases["atlas"])
    seal_record()
    before = dump(tmp_path, "before")
    assert {leak.planted.category for leak in kept.canaries.found_in(before)} == {
        category for category, _ in kept.canaries.values.values()
    }
    assert any("promis" in vector for vector in search_vectors())
    age("2 months")
    messages = behind.dump()
    assert b"projections.build" in messages
    made = dry_run(kept)
    confirm(kept, made.run_id)
    messages += behind.dump()
    assert dispose_of_due(kept.cast.tenant("acme").pk).disposed == made.due == 10
    kept.build()
    seal_record()
    messages += behind.dump()
    after = dump(tmp_path, "after")
    assert len(after) > len(before) // 2
    said = "".join(capfd.readouterr())
    found = {
        where: kept.canaries.found_in(content)
        for where, content in (("dump", after), ("broker", messages), ("logs", said))
    }
    assert found == {where: [] for where in found}
    # What readers searched by is empty as well, and the record still proves itself.
    assert set(search_vectors()) == {""}
    assert verify_record().findings == []
