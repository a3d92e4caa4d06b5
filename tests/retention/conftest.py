"""One committed world for each test that deletes: cases of acme, rules that two people have let govern, aged items."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.platform.databases import empty_database
from tests.platform.servers import TestServers, with_database
from tests.world import World, furnished_world


@pytest.fixture
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world with one case of atlas; emptied when the test is through."""
    with django_db_blocker.unblock():
        try:
            world = furnished_world()
            world.cases["atlas"] = world.submit("alice", "acme/atlas", world.canaries.case("atlas-1"))
            yield world
        finally:
            empty_database()


@pytest.fixture
def age(servers: TestServers) -> Any:
    """Let everything recorded have been recorded so long ago; past triggers, as only a superuser can."""

    def run(interval: str) -> None:
        url = with_database(servers.superuser_url, str(settings.DATABASES["default"]["NAME"]))
        with psycopg.connect(url) as superuser:
            superuser.execute("SET session_replication_role = replica")
            for table in ("catalog_case", "catalog_caseversion", "catalog_evidenceitem", "catalog_review"):
                superuser.execute(f"UPDATE {table} SET created_at = created_at - %s::interval", [interval])

    return run
