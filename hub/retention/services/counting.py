"""Counts what a tenant keeps: one statement a track, by the same judgement as dry runs."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from ..judging import Items, judged_sql, parameters
from ..models import StorageReport
from ..rules import RuleInForce, Track

REPORTS_KEPT = timedelta(days=400)
_SLOTS = """
    SELECT CASE WHEN due_at IS NULL THEN 'never'
                WHEN due_at > statement_timestamp() + interval '12 months' THEN 'later'
                WHEN due_at > statement_timestamp() THEN to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM')
                WHEN EXISTS (SELECT 1 FROM retention_heldcase h JOIN retention_legalhold l ON l.id = h.hold_id
                              WHERE h.case_id = j.case_id AND l.state <> 'released') THEN 'held'
                ELSE 'due' END AS slot, count(*), coalesce(sum(size_bytes), 0)::bigint
      FROM ({judged}) j GROUP BY slot ORDER BY slot
"""
_DUE = """
    SELECT count(*) FILTER (WHERE due_at <= statement_timestamp()), count(*) FILTER (WHERE rule_id = %(rule)s),
           count(*) FILTER (WHERE rule_id = %(rule)s AND due_at <= statement_timestamp())
      FROM ({judged}) j
"""


def count_storage(tenant_id: UUID, rules: Sequence[RuleInForce], items: Items, *, by: str) -> StorageReport:
    """Count every track, and let reports go that nobody looks at any more."""
    tracks: dict[str, list[tuple[str, int, int]]] = {}
    with connection.cursor() as cursor:
        for track in Track:
            cursor.execute(
                _SLOTS.replace("{judged}", judged_sql(items[track])), parameters(tenant_id, track, rules, archives=True)
            )
            tracks[track.value] = cursor.fetchall()
    slots = [row for rows in tracks.values() for row in rows]
    report = StorageReport.objects.create(
        tenant_id=tenant_id,
        counted_at=Now(),
        counted_by=by,
        items=sum(items for _, items, _ in slots),
        size_bytes=sum(size for _, _, size in slots),
        due_items=sum(items for slot, items, _ in slots if slot == "due"),
        due_bytes=sum(size for slot, _, size in slots if slot == "due"),
        held_items=sum(items for slot, items, _ in slots if slot == "held"),
        tracks=tracks,
    )
    StorageReport.objects.filter(tenant_id=tenant_id, counted_at__lt=Now() - REPORTS_KEPT).delete()
    report.refresh_from_db()
    return report


def count_due(
    tenant_id: UUID, track: Track, rules: Sequence[RuleInForce], items: Items, rule_id: UUID
) -> tuple[int, int, int]:
    """By these rules, how many items of a track are due, how many one rule decides, and how many of these are due."""
    with connection.cursor() as cursor:
        cursor.execute(
            _DUE.replace("{judged}", judged_sql(items[track])),
            {**parameters(tenant_id, track, rules, archives=True), "rule": rule_id},
        )
        due, decided, both = cursor.fetchone()
    return due, decided, both
