"""Where the personal values of events end, a day at a time: sealed events keep their commitments, and every proof."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection

# item_id, case_id, digest, recorded_at, size_bytes. An item is a tenant's day (UTC): its id ends in the number of the
# day since 1970. Events carry the clock of the process that wrote them, so a day counts as recorded a day late: one
# whose clock is a day behind lets nothing be deleted early.
PERSONAL_VALUES = """
    SELECT p.item_id, '00000000-0000-0000-0000-000000000000'::uuid AS case_id,
           encode(sha256(convert_to(string_agg(p.id::text, ',' ORDER BY p.id), 'UTF8')), 'hex') AS digest,
           (p.day + 2)::timestamp AT TIME ZONE 'UTC' AS recorded_at,
           sum(octet_length(p.value) + octet_length(p.salt))::bigint AS size_bytes
      FROM (SELECT r.id, r.value, r.salt, (uuid_extract_timestamp(r.event_id) AT TIME ZONE 'UTC')::date AS day,
                   (left(replace(r.tenant_id::text, '-', ''), 24) || lpad(to_hex(
                       (uuid_extract_timestamp(r.event_id) AT TIME ZONE 'UTC')::date - date '1970-01-01'
                   ), 8, '0'))::uuid AS item_id
              FROM audit.event_private r
             WHERE r.tenant_id = %(tenant)s AND uuid_extract_timestamp(r.event_id) IS NOT NULL) p
     WHERE %(item_ids)s::uuid[] IS NULL OR p.item_id = ANY (%(item_ids)s::uuid[])
     GROUP BY p.item_id, p.day
"""
EPOCH = date(1970, 1, 1)


def day_of(item_id: UUID) -> date:
    """The day that an item stands for."""
    return EPOCH + timedelta(days=item_id.int & 0xFFFFFFFF)


def forget_days(item_ids: Collection[UUID]) -> int:
    """Delete the acting tenant's personal values of these days; the database refuses what no certificate names."""
    gone = 0
    with connection.cursor() as cursor:
        for item_id in item_ids:
            day = day_of(item_id)
            cursor.execute(
                "DELETE FROM audit.event_private"
                " WHERE tenant_id = (SELECT cw_tenant()) AND event_id >= %s AND event_id < %s",
                [first_id_of(day), first_id_of(day + timedelta(days=1))],
            )
            gone += cursor.rowcount
    return gone


def first_id_of(day: date) -> UUID:
    """The smallest UUIDv7 of a day: 48 bits of Unix milliseconds, then zeros."""
    return UUID(int=int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) << 80)
