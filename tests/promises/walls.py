"""Takes walls down for a while, and restricts cases: what the tests of both halves of promise 1 stand on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hub.workflows.sensitivity import restrict_case, unrestrict_case
from tenants.scoping import acting_as
from tests.promises.asking import as_owner

RAW_TABLES = ("catalog_casetext", "catalog_evidencebody", "catalog_evidenceitem", "catalog_review")
CASE_TABLES = (*RAW_TABLES, "catalog_case", "catalog_caseversion", "catalog_casetag")


@contextmanager
def open_tables(*tables: str) -> Iterator[None]:
    """The database wall around these tables is down for the application."""
    policy = "FOR SELECT TO caseward_app USING (true)"
    with as_owner(*(f"CREATE POLICY everything ON {table} {policy}" for table in tables)):
        pass
    try:
        yield
    finally:
        with as_owner(*(f"DROP POLICY everything ON {table}" for table in tables)):
            pass


@contextmanager
def restricted(world: Any, *names: str) -> Iterator[None]:
    """Atlas' case restricted by alice, who stays named, to some others."""
    alice = world.cast["alice"]
    with acting_as(alice):
        restrict_case(alice, case_id=world.cases["atlas"], user_ids=[world.cast.user(name).pk for name in names])
    try:
        yield
    finally:
        with acting_as(alice):
            unrestrict_case(alice, case_id=world.cases["atlas"])
