"""A ticket of alice's team that stands elsewhere too, what came of it there, and the door that is told of it."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from hub.escalation.models import RemediationTicket, TicketEvent
from hub.escalation.outbox.models import Delivery, Destination, InboundMessage, SecretUse, TicketMirror
from hub.workflows import delivery, destinations, mirrors
from hub.workflows.outcomes import Done
from hub.workflows.tickets import change_ticket, open_ticket


class Mirrored:
    """A ticket of alice's team, and what stands of it elsewhere."""

    def __init__(self, outbox):
        self.outbox = outbox
        self.case = outbox.stage.submit()
        outbox.stage.build()
        self.ticket_id = None

    def mirror(self, kind, secret, inbound, slug="mirror", **settings):
        destination_id = self.outbox.active(kind, slug, secret=secret, **settings)
        self.outbox.update(Destination, is_mirror=True, ceiling_class="restricted", ceiling_tlp="AMBER")
        answer = self.outbox.do(
            "olga", destinations.rotate_secret, destination_id=destination_id, use=SecretUse.INBOUND, secret=inbound
        )
        assert isinstance(answer, destinations.SecretSet), answer
        return destination_id

    def open(self):
        team = self.outbox.stage.cast.team("acme/atlas").pk
        answer = self.outbox.do("alice", open_ticket, team_id=team, title="Watch it", case_ids=[self.case.pk],
                                severity="high")  # fmt: skip
        self.ticket_id = answer.object_id
        self.deliver()
        return self.ticket_id

    def change(self, **given):
        answer = self.outbox.do("alice", change_ticket, ticket_id=self.ticket_id, **given)
        assert isinstance(answer, Done), answer

    def deliver(self):
        """Until nothing is due; projections are built where they are wanted."""
        delivered = 0
        for _ in range(3):
            delivered += delivery.deliver(self.outbox.tenant_id)
            self.outbox.stage.build()
            with self.outbox.stage.backstage():
                Delivery.objects.filter(state="pending").update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        return delivered

    def compare(self):
        self.outbox.update(TicketMirror, compared_at=None)
        return mirrors.reconcile_mirrors(self.outbox.tenant_id)

    @property
    def state(self):
        with self.outbox.stage.backstage():
            return RemediationTicket.objects.get(pk=self.ticket_id).state

    def history(self, **conditions):
        with self.outbox.stage.backstage():
            return list(TicketEvent.objects.filter(ticket_id=self.ticket_id, **conditions).order_by("pk"))

    @property
    def row(self):
        with self.outbox.stage.backstage():
            return TicketMirror.objects.get()

    def told(self, **conditions):
        return [row.kind for row in self.outbox.rows(**conditions)]

    def heard(self):
        with self.outbox.stage.backstage():
            return list(InboundMessage.objects.order_by("received_at").values_list("outcome", flat=True))


def send(destination_id, body, headers, method="post"):
    return getattr(Client(), method)(
        f"/hooks/{destination_id}", data=body, content_type="application/json", headers=headers
    )


def hear(system, body, **changes):
    answer = send(system.destination_id, body, system.signed(body) | changes)
    assert (answer.status_code, answer.content) == (204, b"")
