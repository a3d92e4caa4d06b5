"""After a purge a canary that was planted in raw is nowhere: in no dump, no message of the broker and no log."""

import os
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import call_command
from kombu.utils.url import parse_url

from hub.commands import dumping
from hub.workflows.disclosure import disclose_raw
from hub.workflows.disposition import dispose_of_due
from hub.workflows.keeping import seal_record, verify_record
from tenants.scoping import acting_as
from tests.retention.test_disposition import confirm, dry_run, govern
from tests.world import World


def dump(folder: Path, name: str) -> str:
    """A whole backup as SQL text: rows, search vectors, leaves, keys and sequences."""
    file = folder / f"{name}.dump"
    call_command("backup", file)
    backup = dumping.connection_of("backup", "BACKUP_DATABASE_URL")
    return dumping.run("pg_restore", ["--file=-", str(file)], backup)


def broker_contents() -> bytes:
    """Every key and value of the broker."""
    url = parse_url(os.environ["BROKER_URL"])
    client = (
        redis.Redis(unix_socket_path=f"/{url['virtual_host']}")
        if url["transport"].endswith("socket")
        else redis.Redis.from_url(os.environ["BROKER_URL"])
    )
    with client:
        return b"\n".join(key + b"\n" + (client.dump(key) or b"") for key in client.keys("*"))


def test_a_canary_is_in_no_dump_after_the_purge(
    kept: World, age: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
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
    age("2 months")
    messages = broker_contents()
    made = dry_run(kept)
    confirm(kept, made.run_id)
    messages += broker_contents()
    assert dispose_of_due(kept.cast.tenant("acme").pk).disposed == made.due == 5
    kept.build()
    seal_record()
    messages += broker_contents()
    after = dump(tmp_path, "after")
    assert len(after) > len(before) // 2
    said = "".join(capfd.readouterr())
    found = {
        where: kept.canaries.found_in(content)
        for where, content in (("dump", after), ("broker", messages), ("logs", said))
    }
    assert found == {where: [] for where in found}
    # Words of the redacted document are gone from the search columns as well, and the record still proves itself.
    assert "refund-bot" in before
    assert "'promis'" in before
    assert "'promis'" not in after
    assert verify_record().findings == []
