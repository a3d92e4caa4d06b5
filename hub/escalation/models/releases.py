"""What pauses a release, who let it go on all the same, and every verdict that was given."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class ReleasePause(models.Model):
    """A rule pauses the releases of a model until its ticket is done or its condition no longer holds.

    Whether it still stands is found out at each question; no worker has to lift it.

    Sensitivity: confidential (names a model). Retention: with its ticket.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(
        "RemediationTicket", on_delete=models.CASCADE, related_name="pauses", db_constraint=False
    )
    rule_version = models.ForeignKey(
        "lifecycle.PolicyVersion", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    model_name = models.CharField(max_length=200)
    # Empty: every version, every channel.
    model_version = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=60, blank=True)
    paused_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["ticket", "rule_version", "model_name", "model_version", "channel"], name="release_pause_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class GateWaiver(models.Model):
    """Two people let a paused release go on, for a reason and until a date.

    Sensitivity: internal. Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    pause = models.ForeignKey(ReleasePause, on_delete=models.CASCADE, related_name="waivers", db_constraint=False)
    reason = models.CharField(max_length=500)
    requested_by = models.CharField(max_length=60)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    is_approved = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(is_approved=False)
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("requested_by"))),
                name="gate_waiver_two_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class GateVerdict(models.Model):
    """One answer of the release gate: what was signed, and, for an auditor, everything that it was made from.

    Sensitivity: confidential (the inputs). Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    model_name = models.CharField(max_length=200)
    model_version = models.CharField(max_length=100)
    channel = models.CharField(max_length=60, blank=True)
    verdict = models.CharField(max_length=10)
    statement = models.JSONField()
    signature = models.CharField(max_length=128)
    inputs = models.JSONField()

    def __str__(self) -> str:
        return str(self.pk)
