"""Where tickets, deliveries and the log of triggers may name a person, and how such a row ends."""

from collections.abc import Collection
from uuid import UUID

from hub.catalog.erasing import ERASED, Erasable

from ..models import RemediationTicket, TicketEvent, Trigger
from ..outbox.models import Delivery, DeliveryState


def _empty_titles(ids: Collection[UUID]) -> None:
    RemediationTicket.objects.filter(pk__in=ids).update(title=ERASED)


def _empty_notes(ids: Collection[UUID]) -> None:
    TicketEvent.objects.filter(pk__in=ids).update(note=ERASED)


def _empty_bodies(ids: Collection[UUID]) -> None:
    rows = Delivery.objects.filter(pk__in=ids)
    rows.filter(state=DeliveryState.PENDING).update(state=DeliveryState.DEAD, reason="erased")
    rows.update(body="", payload={})


def _delete_triggers(ids: Collection[UUID]) -> None:
    Trigger.objects.filter(pk__in=ids).delete()


ERASABLE = (
    Erasable("escalation_remediationticket", "ticket", _empty_titles, case_column=None),
    Erasable("escalation_ticketevent", "ticket_note", _empty_notes, case_column=None),
    Erasable("outbox_delivery", "delivery", _empty_bodies),
    Erasable("escalation_trigger", "trigger", _delete_triggers),
)
