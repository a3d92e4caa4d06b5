"""Questions to the record that are more than a list: who read, what was refused, summed up by PostgreSQL."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import BooleanField, Count, F, Func, Max, Min, QuerySet
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDate

from .actions import AuditAction
from .models import AccessEvent, Disclosure

# Letting content out, or asking for it.
READS = tuple(
    action.value
    for action in (
        AuditAction.CASE_READ, AuditAction.CASE_LIST, AuditAction.CASE_READ_RAW, AuditAction.EVIDENCE_READ_RAW
    )
)  # fmt: skip


class _Any(Aggregate):
    """Whether one of them is true."""

    function, output_field = "bool_or", BooleanField()


def by_reader(rows: QuerySet[Disclosure]) -> list[dict[str, Any]]:
    """Disclosures by reader, the most first: `reader_tenant_id`, `reader_key`, `times`, `first`, `last`, `had_raw`."""
    return _plain(
        rows.order_by()
        .values("reader_tenant_id", "reader_key")
        .annotate(times=Count("pk"), first=Min("occurred_at"), last=Max("occurred_at"), had_raw=_Any("is_raw"))
        .order_by("-times", "reader_key")
    )


def by_case(rows: QuerySet[Disclosure], limit: int) -> list[dict[str, Any]]:
    """Disclosures by case, the most first: `case_id`, `times`, `last`; at most `limit`."""
    return _plain(
        rows.order_by()
        .annotate(case_id=Func(F("case_ids"), function="unnest"))
        .values("case_id")
        .annotate(times=Count("pk"), last=Max("occurred_at"))
        .order_by("-times", "case_id")[:limit]
    )


def by_object(rows: QuerySet[AccessEvent], limit: int) -> list[dict[str, Any]]:
    """Events by action and object, the most first: `action`, `object_kind`, `object_id`, `outcome`, `times`, `last`."""
    return _plain(
        rows.order_by()
        .values("action", "object_kind", "object_id", "outcome")
        .annotate(times=Count("pk"), last=Max("occurred_at"))
        .order_by("-times", "-last")[:limit]
    )


def by_reason(rows: QuerySet[AccessEvent], limit: int) -> list[dict[str, Any]]:
    """Events by action, basis and actor, the most first: `action`, `basis`, `actor_key`, `times`, `last`."""
    return _plain(
        rows.order_by()
        .values("action", "basis", "actor_key")
        .annotate(times=Count("pk"), last=Max("occurred_at"))
        .order_by("-times", "-last")[:limit]
    )


def per_day(rows: QuerySet[Any]) -> dict[date, int]:
    """How many of them there were on each day (UTC) that has any."""
    counted = rows.order_by().annotate(day=TruncDate("occurred_at")).values("day").annotate(times=Count("pk"))
    return {row["day"]: row["times"] for row in counted}


def reads_of(rows: QuerySet[AccessEvent], user_ids: Collection[Any] | None) -> QuerySet[AccessEvent]:
    """Only reads; of these people, where some are given."""
    rows = rows.filter(action__in=READS)
    return rows if user_ids is None else rows.filter(user_id__in=list(user_ids))


def _plain(rows: QuerySet[Any, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
