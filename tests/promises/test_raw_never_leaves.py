"""Promise 1: raw never leaves its team; PostgreSQL holds it without Python."""

import pytest
from django.db import connection

from tenants.scoping import acting_as

RAW_TABLES = ("catalog_casetext", "catalog_evidencebody", "catalog_evidenceitem", "catalog_review")


def count(table: str, case_id) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE case_id = %s", [case_id])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("who", "texts"),
    [
        ("alice", 1), ("bob", 1),
        ("dana", 0), ("rita", 0), ("olga", 0), ("erin", 0), ("carol", 0), ("dave", 0), ("trudy", 0), ("petra", 0),
    ],
)  # fmt: skip
def test_postgresql_shows_raw_rows_to_the_owner_team_alone(world, who, texts):
    with acting_as(world.cast[who]):
        assert count("catalog_casetext", world.cases["atlas"]) == texts
        assert count("catalog_evidencebody", world.cases["atlas"]) == 2 * texts
        assert count("catalog_evidenceitem", world.cases["atlas"]) == 2 * texts
        assert count("sharing_analysis", world.cases["atlas"]) == 0


@pytest.mark.parametrize("table", RAW_TABLES)
def test_an_unset_tenant_sees_nothing(world, table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] == 0
