"""A million evidence rows purged by the hub, and the same rows of a twin database deleted by plain SQL."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID

import psycopg
from django.db import connections

from hub.workflows import disposition
from hub.workflows.disposition import BATCH, dispose_of_due
from tenants.scoping import acting_as
from tests.platform import databases
from tests.platform.servers import TestServers, with_database
from tests.retention.many import copy_case
from tests.retention.test_disposition import confirm, dry_run, govern
from tests.world import PURPOSE, World, furnished_world

from .reading import SHARED, reader

FILLED, TWIN, BARE = "caseward_bench_filled", "caseward_bench_twin", "caseward_bench_bare"
ALONE_SECONDS = 15


def measure(servers: TestServers, *, rows: int, per_case: int, reads: float) -> None:
    """Fill, purge by the hub and by SQL, with a reader beside both, and print the ratios."""
    world, run_id = _fill(servers, rows, per_case)
    connections.close_all()
    for copy in (TWIN, BARE):
        databases.clone_template(servers, FILLED, copy)
    tenant_id = world.cast.tenant("acme").pk
    carol = world.cast.actor("carol", purpose=PURPOSE)
    with reader(servers, FILLED, carol, reads) as reading:
        time.sleep(ALONE_SECONDS if reads else 0)
        alone = reading()
        by_hub, memory = _purge_by_hub(tenant_id, run_id, rows)
        beside_hub = reading()
    with reader(servers, TWIN, carol, reads) as reading:
        by_sql = _delete_by_sql(with_database(servers.superuser_url, TWIN), run_id, rows)
        beside_sql = reading()
    without = _delete_by_sql(with_database(servers.superuser_url, BARE), run_id, rows, are_guarded=False)
    print(f"{rows:,} evidence rows in batches of {BATCH:,}")
    print(f"plain SQL                {rows / by_sql:10,.0f} rows a second, {rows / without:,.0f} past the triggers")
    print(
        f"the hub                  {rows / by_hub:10,.0f} rows a second: {by_sql / by_hub:.2f} of plain SQL,"
        f" {without / by_hub:.2f} of plain SQL past the triggers"
    )
    print(f"memory                   {memory[0]:.0f} MB after a tenth, {memory[1]:.0f} MB at the end")
    if reads and alone and beside_hub and beside_sql:
        print(
            f"a reader's page of {SHARED}     {alone * 1000:.1f} ms alone, {beside_hub * 1000:.1f} ms beside the hub's"
            f" purge ({beside_hub / alone - 1:+.0%}), {beside_sql * 1000:.1f} ms beside plain SQL"
            f" ({beside_sql / alone - 1:+.0%})"
        )


def _fill(servers: TestServers, rows: int, per_case: int) -> tuple[World, UUID]:
    databases.use_servers(databases.clone_template(servers, "caseward_bench", FILLED))
    world = furnished_world()
    for number in range(SHARED):
        world.cases["atlas"] = world.submit("alice", "acme/atlas", world.canaries.case(f"bench-{number}"))
    world.share("borealis/lumen")
    world.build()
    started = time.monotonic()
    with psycopg.connect(with_database(servers.superuser_url, FILLED), autocommit=True) as superuser:
        copy_case(superuser, world.cases["atlas"], cases=rows // per_case, evidence=per_case, age="2 months")
        superuser.execute("VACUUM ANALYZE")
    print(f"filled in {time.monotonic() - started:.0f} s")
    govern(world, "evidence", track="raw_evidence", keep="P1M")
    olga = world.cast["olga"]
    with acting_as(olga):
        disposition.control_dispositions(olga, is_paused=False, rate_per_second=1_000_000, reason="As fast as it goes")
    started = time.monotonic()
    made = dry_run(world)
    print(f"listed in {time.monotonic() - started:.0f} s: {made.due:,} due")
    assert made.due == rows
    confirm(world, made.run_id)
    return world, made.run_id


def _purge_by_hub(tenant_id: UUID, run_id: UUID, rows: int) -> tuple[float, tuple[float, float]]:
    """Seconds of all turns together, and megabytes of this process after a tenth of the rows and at the end."""
    started, done, early = time.monotonic(), 0, 0.0
    while done < rows:
        progress = dispose_of_due(tenant_id, now=True)
        assert not progress.stopped_because, progress
        done += progress.disposed
        early = early or (_resident() if done >= rows / 10 else 0.0)
    return time.monotonic() - started, (early, _resident())


def _delete_by_sql(url: str, run_id: UUID, rows: int, *, are_guarded: bool = True) -> float:
    """The same rows in the same batches, by somebody with psql; or past the triggers that look for legal holds."""
    with psycopg.connect(url, autocommit=True) as superuser:
        listed = superuser.execute(
            "SELECT item_id FROM retention_listeditem WHERE run_id = %s AND kept_because = ''"
            " ORDER BY case_id, item_id",
            [run_id],
        ).fetchall()
        if not are_guarded:
            superuser.execute("SET session_replication_role = replica")
        started, deleted = time.monotonic(), 0
        for first in range(0, len(listed), BATCH):
            batch = [item_id for (item_id,) in listed[first : first + BATCH]]
            deleted += superuser.execute(
                "DELETE FROM catalog_evidencebody WHERE item_id = ANY (%s)", [batch]
            ).rowcount  # fmt: skip
        assert deleted == rows
        return time.monotonic() - started


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
