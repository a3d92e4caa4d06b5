"""Has mirrors told what is added to a ticket's history, in the transaction that adds it."""

from uuid import UUID

from ..models import RemediationTicket, TicketCase, TicketEvent
from ..outbox.models import DeliveryKind
from ..outbox.queueing import mirrors, tell_ticket

# What mirrors are told, by the kind of the entry; others are of interest here alone.
TOLD = {
    "opened": DeliveryKind.TICKET_OPENED,
    "changed": DeliveryKind.TICKET_CHANGED,
    "reopened": DeliveryKind.TICKET_REOPENED,
    "commented": DeliveryKind.TICKET_COMMENTED,
    "recurred": DeliveryKind.TICKET_COMMENTED,
}


def tell_mirrors(ticket: RemediationTicket, event: TicketEvent, *, origin_id: UUID | None = None) -> None:
    """Queue an entry for every mirror, apart from the destination that it came from.

    Ids, codes and numbers only: people's words and the ticket's title stay here, and text of its case is projected for
    each destination when it is sent.
    """
    kind = TOLD.get(event.kind)
    if kind is None:
        return
    destinations = mirrors(ticket.tenant_id, except_id=origin_id)
    if not destinations:
        return
    linked = TicketCase.objects.filter(ticket=ticket).order_by("linked_at", "pk").values_list("case_id", flat=True)
    for destination in destinations:
        tell_ticket(
            destination, kind=kind, key=(event.pk,), ticket_id=ticket.pk, case_id=linked.first(), event_id=event.pk,
            rule_version_id=ticket.rule_version_id, cluster=ticket.cluster,
            payload={
                "ticket": str(ticket.pk), "number": ticket.number, "state": str(ticket.state),
                "severity": ticket.severity_label, "event": event.kind,
            },
        )  # fmt: skip
