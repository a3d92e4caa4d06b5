"""Judges items against the rules in force, in one statement and by PostgreSQL's clock: what is due, what is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import isodate
import orjson
from django.db import connection

from .rules import RuleInForce, Track, in_order

# SQL of a track's items: item_id, case_id, digest, recorded_at, has_summary, size_bytes; all of the tenant, or those in
# %(item_ids)s.
Items = Mapping[Track, str]

# The twin of rules.decide; tests compare the two. A read is stamped by the worker that answered it, so it counts
# a day longer: a worker whose clock is a day behind lets nothing be deleted early. Cases are looked up once each, not
# once an item: behind row-level security a look is dear.
_JUDGED = """
    WITH rule AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%(rules)s::jsonb) AS r (
            id uuid, classes text[], kinds text[], tags text[], clock text, keep interval, ending text,
            rank int, place int, is_seen boolean)
    ), item AS MATERIALIZED ({items}
    ), subject AS MATERIALIZED (
        SELECT c.id, c.status, c.withdrawn_at, c.data_class, v.kind, v.occurred_to
          FROM catalog_case c LEFT JOIN catalog_caseversion v ON v.id = c.current_version_id
         WHERE c.tenant_id = %(tenant)s AND c.id IN (SELECT case_id FROM item)
    )
    SELECT i.item_id, i.case_id, i.digest, w.id AS rule_id, w.ending, w.started_at, w.due_at,
           CASE WHEN w.id IS NULL THEN 'no_rule'
                WHEN w.started_at IS NULL THEN 'clock_not_started'
                WHEN w.due_at > statement_timestamp() THEN 'not_due'
                WHEN NOT w.is_seen THEN 'unseen_rule'
                WHEN w.ending = 'keep_summary' AND NOT i.has_summary THEN 'no_summary'
                WHEN w.ending = 'archive' AND NOT %(archives)s AND NOT EXISTS (
                    SELECT 1 FROM retention_archiveditem a WHERE a.id = i.item_id AND a.digest = i.digest)
                THEN 'not_archived'
                ELSE '' END AS kept_because, i.size_bytes
      FROM item i
      LEFT JOIN subject c ON c.id = i.case_id
      LEFT JOIN LATERAL (
          SELECT r.id, r.ending, r.is_seen, s.started_at,
                 (s.started_at AT TIME ZONE 'UTC' + r.keep) AT TIME ZONE 'UTC' AS due_at
            FROM rule r
            CROSS JOIN LATERAL (SELECT CASE r.clock
                WHEN 'recorded' THEN i.recorded_at
                WHEN 'occurred' THEN coalesce((c.occurred_to + 1)::timestamp AT TIME ZONE 'UTC', i.recorded_at)
                WHEN 'closed' THEN CASE c.status
                    WHEN 'withdrawn' THEN c.withdrawn_at
                    WHEN 'accepted' THEN (SELECT max(q.created_at) FROM catalog_review q WHERE q.case_id = c.id) END
                WHEN 'last_read' THEN greatest(i.recorded_at, (
                    SELECT max(d.occurred_at) + interval '1 day' FROM audit.access_disclosure d
                     WHERE d.owner_tenant_id = %(tenant)s AND d.case_ids @> ARRAY[c.id])) END AS started_at) s
           WHERE (r.classes IS NULL OR c.data_class = ANY (r.classes))
             AND (r.kinds IS NULL OR c.kind = ANY (r.kinds))
             AND (r.tags IS NULL OR EXISTS (
                 SELECT 1 FROM catalog_casetag t WHERE t.case_id = c.id AND t.tag = ANY (r.tags)))
           ORDER BY r.rank DESC, due_at DESC NULLS FIRST, r.place
           LIMIT 1) w ON true
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """One item with the rule that counts for it, its dates, and why it is kept; empty where it is to go."""

    item_id: UUID
    case_id: UUID
    digest: str
    rule_id: UUID | None
    ending: str | None
    started_at: datetime | None
    due_at: datetime | None
    kept_because: str
    size_bytes: int = 0


def judged_sql(items: str) -> str:
    """The statement for the items that `items` selects, with the parameters `tenant`, `rules` and `item_ids`."""
    return _JUDGED.replace("{items}", items)


def parameters(
    tenant_id: UUID,
    track: Track,
    rules: Sequence[RuleInForce],
    item_ids: Collection[UUID] | None = None,
    *,
    archives: bool = False,
) -> dict[str, Any]:
    """What the statement is given. With `archives`, what a run would archive before it purges counts as archived."""
    rows = [
        {
            "id": str(rule.id),
            "classes": list(rule.spec.data_classes) or None,
            "kinds": list(rule.spec.kinds) or None,
            "tags": list(rule.spec.tags) or None,
            "clock": rule.spec.clock.value,
            "keep": rule.spec.keep,
            "ending": rule.spec.then.value,
            "rank": rule.spec.rank,
            "place": place,
            "is_seen": rule.is_seen,
        }
        for place, rule in enumerate(in_order(rules))
        if rule.spec.track is track
    ]
    for row in rows:
        isodate.parse_duration(row["keep"])
    return {
        "tenant": tenant_id,
        "rules": orjson.dumps(rows).decode(),
        "item_ids": list(item_ids) if item_ids is not None else None,
        "archives": archives,
    }


def judge(
    items: Items,
    tenant_id: UUID,
    track: Track,
    rules: Sequence[RuleInForce],
    item_ids: Collection[UUID],
) -> list[Judged]:
    """Judge these items of one track, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(judged_sql(items[track]), parameters(tenant_id, track, rules, item_ids))
        return [Judged(*row) for row in cursor.fetchall()]
