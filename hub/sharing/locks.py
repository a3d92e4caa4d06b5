"""Advisory locks that keep two sides of a decision from missing each other; held until the transaction ends."""

from uuid import UUID

from django.db import connection


def share_coverage(tenant_id: UUID) -> None:
    """Taken by whoever changes cases: many at once, but not beside a change of grants or policies.

    Otherwise a case and a grant made at the same moment would each be invisible to the other's coverage.
    """
    _lock("pg_advisory_xact_lock_shared", f"coverage:{tenant_id}")


def hold_coverage(tenant_id: UUID) -> None:
    """Taken by whoever changes grants, groups or policies: alone."""
    _lock("pg_advisory_xact_lock", f"coverage:{tenant_id}")


def share_serving(profile_ids: list[UUID]) -> None:
    """Taken by builders before they put projections of these profiles in force: many at once, not beside a switch."""
    for profile_id in sorted(set(profile_ids)):
        _lock("pg_advisory_xact_lock_shared", f"serving:{profile_id}")


def hold_serving(profile_id: UUID) -> None:
    """Taken by the switch of a profile's serving version: alone."""
    _lock("pg_advisory_xact_lock", f"serving:{profile_id}")


def _lock(function: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"caseward:{name}"])
