"""Who outside is told of the access record, by which way, and up to which position of the log he has been told."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.identifiers import new_id


class FeedContent(models.TextChoices):
    """What leaves."""

    CHECKPOINTS = "checkpoints", "Signed checkpoints (a witness)"
    RECORD = "record", "Events and disclosures (a SIEM)"


class FeedTransport(models.TextChoices):
    """By which way."""

    WEBHOOK = "webhook", "Signed webhook"
    SYSLOG = "syslog", "Syslog over TLS"


class FeedState(models.TextChoices):
    """Whether anything leaves."""

    PROPOSED = "proposed", "Waits for an auditor"
    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"


class Feed(models.Model):
    """A receiver outside, and how far it is. Where the record goes takes two people, the second of them an auditor.

    `position` counts rows of the log: everything before it has been taken. A batch under way ends before `sending_to`;
    both are kept until the receiver has taken it, so that every retry is the same batch under the same id.

    Sensitivity: internal. Retention: as long as the tenant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    content = models.CharField(max_length=12, choices=FeedContent.choices)
    transport = models.CharField(max_length=10, choices=FeedTransport.choices)
    address = models.CharField(max_length=500)
    # Whether what the log held when the feed was first approved is sent as well.
    from_beginning = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=FeedState.choices, default=FeedState.PROPOSED)
    author = models.CharField(max_length=60)
    editors = ArrayField(models.CharField(max_length=60), default=list)
    approved_by = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Empty until it is first approved.
    position = models.PositiveBigIntegerField(null=True)
    sending_to = models.PositiveBigIntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=80, blank=True)
    leased_until = models.DateTimeField(null=True)
    # Why the last attempt did not end well, as a code, and the last HTTP status.
    reason = models.CharField(max_length=60, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)
    delivered_items = models.PositiveBigIntegerField(default=0)
    # For those who see no secrets, not even sealed ones.
    secret_set_at = models.DateTimeField(null=True)
    # A test that somebody asked for, and how the last one ended ("" after a good end).
    test_wanted_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    test_reason = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="feed_name_in_tenant"),
            models.CheckConstraint(
                condition=models.Q(sending_to=None) | models.Q(sending_to__gt=models.F("position")),
                name="feed_moves_on",
            ),
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
                name="feed_two_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class FeedSecret(models.Model):
    """A secret that signs a feed's webhooks, sealed under KEY_ENCRYPTION_KEY; a replaced one goes on for a day.

    Sensitivity: restricted. Retention: until a day after it was replaced.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    sealed = models.BinaryField()
    set_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    # Empty: the present one.
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["feed"], condition=models.Q(ends_at=None), name="feed_secret_one_present"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
