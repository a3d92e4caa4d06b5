"""Where the texts of delivered messages end: the row stays, so that nothing is told a second time."""

from collections.abc import Collection, Iterator
from uuid import UUID

from ..models import TicketCase
from .models import Delivery, DeliveryState

# item_id, case_id, digest, recorded_at, size_bytes. A message of a ticket may be about several cases: `cases_of` names
# them all, and the first stands here; none is all zeros.
DELIVERIES = """
    SELECT d.id AS item_id,
           coalesce(d.case_id, (SELECT min(t.case_id::text)::uuid FROM escalation_ticketcase t
                                 WHERE t.ticket_id = d.ticket_id), '00000000-0000-0000-0000-000000000000') AS case_id,
           encode(sha256(convert_to(d.body, 'UTF8')), 'hex') AS digest, d.delivered_at AS recorded_at,
           octet_length(d.body)::bigint AS size_bytes
      FROM outbox_delivery d
     WHERE d.tenant_id = %(tenant)s AND d.state = 'delivered' AND d.body <> ''
       AND (%(item_ids)s::uuid[] IS NULL OR d.id = ANY (%(item_ids)s::uuid[]))
"""


def cases_of(delivery_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Every case that each message is about: its own, and those of its ticket."""
    rows = list(Delivery.objects.filter(pk__in=delivery_ids).values_list("pk", "case_id", "ticket_id"))
    of_ticket: dict[UUID, set[UUID]] = {}
    links = TicketCase.objects.filter(ticket_id__in={ticket for _, _, ticket in rows if ticket})
    for ticket_id, case_id in links.values_list("ticket_id", "case_id"):
        of_ticket.setdefault(ticket_id, set()).add(case_id)
    return {
        delivery: ({case} if case else set()) | (of_ticket.get(ticket, set()) if ticket else set())
        for delivery, case, ticket in rows
    }


def delivery_contents(delivery_ids: Collection[UUID]) -> Iterator[tuple[UUID, bytes]]:
    """The text of each message, as it was sent."""
    for delivery_id, body in Delivery.objects.filter(pk__in=delivery_ids).values_list("pk", "body"):
        yield delivery_id, (body or "").encode()


def purge_deliveries(delivery_ids: Collection[UUID]) -> None:
    """Empty messages that were delivered; to whom, when, and with which ids remains."""
    Delivery.objects.filter(pk__in=delivery_ids, state=DeliveryState.DELIVERED).update(body="")
