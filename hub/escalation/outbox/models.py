"""Where the hub tells other machines, with which secrets, and what each is still to be told."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from tenants.identifiers import new_id


class DestinationKind(models.TextChoices):
    """The connectors."""

    WEBHOOK = "webhook", "Signed webhook"
    GITHUB = "github", "GitHub issues"
    DISPATCH = "dispatch", "GitHub repository dispatch"
    JIRA = "jira", "Jira"
    SLACK = "slack", "Slack-compatible webhook"
    EMAIL = "email", "E-mail"


class DestinationState(models.TextChoices):
    """Whether anything is sent there."""

    PROPOSED = "proposed", "Waits for a second person"
    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"


class Destination(models.Model):
    """A receiver outside: where it is, and what may be told to it. Where text goes takes two people.

    Its breaker stands in the row, so that all workers share it: after failures in a row nothing is sent until
    `breaker_until`, then one message tries.

    Sensitivity: internal. Retention: as long as a delivery names it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=DestinationKind.choices)
    # What the connector needs to know, e.g. {"url": …}; its rules stand with the connector.
    settings = models.JSONField(default=dict)
    profile = models.CharField(max_length=60, default="partner", help_text="Slug of the redaction profile of its text.")
    ceiling_class = models.CharField(max_length=12, choices=DATA_CLASSES, default="internal")
    ceiling_tlp = models.CharField(max_length=12, choices=TLP_LABELS, default="GREEN")
    # The reader that its projections are made for; filled when it is first approved.
    audience_id = models.UUIDField(null=True)
    is_mirror = models.BooleanField(default=False, help_text="Tickets are kept equal here and there.")
    state = models.CharField(max_length=10, choices=DestinationState.choices, default=DestinationState.PROPOSED)
    author = models.CharField(max_length=60)
    editors = ArrayField(models.CharField(max_length=60), default=list)
    approved_by = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    breaker_failures = models.PositiveIntegerField(default=0)
    breaker_opened = models.PositiveIntegerField(default=0)
    breaker_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="destination_slug_in_tenant"),
            # Two people, whatever the code above does: who wrote or edited it cannot have approved it.
            models.CheckConstraint(
                condition=~models.Q(state="active")
                | (
                    ~models.Q(approved_by="")
                    & ~models.Q(approved_by=models.F("author"))
                    & ~models.Q(
                        editors__contains=models.expressions.Func(
                            models.F("approved_by"),
                            function="ARRAY",
                            template="%(function)s[%(expressions)s]",
                            output_field=ArrayField(models.CharField()),
                        )
                    )
                ),
                name="destination_two_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SecretUse(models.TextChoices):
    """What a secret is for."""

    OUTGOING = "outgoing", "Signs or authorises what is sent"
    INBOUND = "inbound", "Verifies what comes back"


class DestinationSecret(models.Model):
    """One secret of a destination, sealed under KEY_ENCRYPTION_KEY; a replaced one goes on for a while, then ends.

    Sensitivity: restricted. Retention: until a day after it was replaced.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    use = models.CharField(max_length=10, choices=SecretUse.choices)
    sealed = models.BinaryField()
    set_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    # Empty: the present one.
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["destination", "use"], condition=models.Q(ends_at=None), name="secret_one_present"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DeliveryKind(models.TextChoices):
    """What is told."""

    TICKET_OPENED = "ticket.opened", "Ticket opened"
    TICKET_COMMENTED = "ticket.commented", "Ticket commented"
    TICKET_REOPENED = "ticket.reopened", "Ticket re-opened"
    TICKET_CHANGED = "ticket.changed", "Ticket changed"
    RETRAINING_REQUESTED = "retraining.requested", "Retraining requested"
    RELEASE_PAUSED = "release.paused", "Release paused"
    RELEASE_RESUMED = "release.resumed", "Release resumed"
    NOTIFICATION = "notification", "Notification"
    TEST = "test", "Test"


class DeliveryState(models.TextChoices):
    """How far a delivery is."""

    PENDING = "pending", "To be sent"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Dead letter"


class Delivery(models.Model):
    """One message to one destination, written in the transaction of its cause; the row is the to-do.

    Its id is the message's id and its body is frozen when it is first made: every retry says the same. Tickets, cases
    and rule versions are named by id and not by foreign key: what was told outlives what it was about.

    Sensitivity: as the destination's ceiling (the body). Retention: 90 days after it was delivered.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # SHA-256 of rule version, case cluster, action and destination.
    idempotency_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=24, choices=DeliveryKind.choices)
    # Ids, codes and numbers only, never text of a case.
    payload = models.JSONField(default=dict)
    ticket_id = models.UUIDField(null=True)
    case_id = models.UUIDField(null=True)
    event_id = models.UUIDField(null=True)
    rule_version_id = models.UUIDField(null=True)
    cluster = models.CharField(max_length=64, blank=True)
    body = models.TextField(null=True)  # noqa: DJ001 - null is "not made yet", and an empty body is a body
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    leased_by = models.CharField(max_length=80, blank=True)
    leased_until = models.DateTimeField(null=True)
    # Why it is not delivered, as a code; and the last HTTP status.
    reason = models.CharField(max_length=60, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)
    replays = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "idempotency_key"], name="delivery_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["tenant", "destination", "next_attempt_at"],
                name="delivery_work",
                condition=models.Q(state="pending"),
            ),
            models.Index(fields=["tenant", "ticket_id"], name="delivery_ticket"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TicketMirror(models.Model):
    """A ticket as it stands in another system, and what each side has last seen of the other.

    Sensitivity: internal. Retention: with its ticket.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    ticket_id = models.UUIDField()
    external_id = models.CharField(max_length=200)
    external_url = models.CharField(max_length=500, blank=True)
    # The state there when the two sides last agreed, in our words: open, in_progress, waiting, resolved, closed.
    agreed_state = models.CharField(max_length=20)
    # The other side's clock for its last change that was taken in, e.g. `updated_at`.
    external_version = models.CharField(max_length=60, blank=True)
    compared_at = models.DateTimeField(null=True)
    # Changes taken in since `counted_since`: two sides that answer each other for ever are noticed by it.
    changes = models.PositiveIntegerField(default=0)
    counted_since = models.DateTimeField(auto_now_add=True)
    # While it is paused nothing goes either way; an officer resumes it.
    is_paused = models.BooleanField(default=False)
    paused_because = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["destination", "ticket_id"], name="mirror_once"),
            models.UniqueConstraint(fields=["destination", "external_id"], name="mirror_external_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class InboundMessage(models.Model):
    """A verified message from outside, by its id: one that comes again changes nothing.

    Sensitivity: internal. Retention: 30 days, then until the next one comes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    message_id = models.CharField(max_length=200)
    # What it says, and what came of it.
    ticket_id = models.UUIDField(null=True)
    state = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=40)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["destination", "message_id"], name="inbound_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
