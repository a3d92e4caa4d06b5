"""The access record: one event per operation for the reader's tenant, one disclosure per owner whose cases left."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.identifiers import new_id


class AccessEvent(models.Model):
    """One operation: who, when, what for, what, and how it ended. Appended only; no foreign key leads out of it.

    The table is partitioned by month on the id (UUIDv7 carries the time) and belongs to the keeper's role. Values
    that retention may have to remove later stand in `event_private`; here only their salted commitments do.

    Sensitivity: internal. Retention: whole partitions, by the platform's rule.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The layout of the leaf that the keeper hashes; a change of the columns below is a new number.
    format = models.SmallIntegerField(default=1)
    tenant_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_key = models.CharField(max_length=60)
    user_id = models.UUIDField(null=True)
    token_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=80)
    # One of actions.AuditAction and of actions.Outcome.
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    basis = models.CharField(max_length=120)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=80)
    request_id = models.CharField(max_length=64)
    # Names of private values to their commitments, e.g. {"address": "<hex>"}.
    commitments = models.JSONField(default=dict)
    # Ids, counts and codes only, never text of a case.
    detail = models.JSONField(default=dict)

    class Meta:
        managed = False
        db_table = "access_event"
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return str(self.pk)


class Disclosure(models.Model):
    """What one owner's cases contributed to an answer. Only that owner's tenant sees the row.

    Sensitivity: internal. Retention: with its event.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event_id = models.UUIDField()
    format = models.SmallIntegerField(default=1)
    occurred_at = models.DateTimeField()
    reader_tenant_id = models.UUIDField(null=True)
    reader_team_ids = ArrayField(models.UUIDField(), default=list)
    reader_key = models.CharField(max_length=60)
    owner_tenant_id = models.UUIDField()
    owner_team_ids = ArrayField(models.UUIDField(), default=list)
    case_ids = ArrayField(models.UUIDField())
    fields = ArrayField(models.CharField(max_length=80))
    grant_ids = ArrayField(models.UUIDField(), default=list)
    policy_version_ids = ArrayField(models.UUIDField(), default=list)
    is_raw = models.BooleanField(default=False)
    purpose = models.CharField(max_length=80)

    class Meta:
        managed = False
        db_table = "access_disclosure"
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return str(self.pk)


class EventPrivate(models.Model):
    """A personal value of an event with the salt of its commitment: deleting the row breaks no proof.

    Sensitivity: confidential. Retention: the tenant's rule for access events, at most as long as the event.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event_id = models.UUIDField()
    tenant_id = models.UUIDField(null=True)
    name = models.CharField(max_length=40)
    salt = models.CharField(max_length=64)
    value = models.TextField()

    class Meta:
        managed = False
        db_table = "event_private"
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return str(self.pk)


class IsolationOutcome(models.TextChoices):
    """What a proof of isolation has come to."""

    HELD = "held", "Held"
    BROKEN = "broken", "Broken"
    # The attack could not be carried out, so it shows nothing; that is no pass.
    UNPROVEN = "unproven", "Could not be tried"


class IsolationRun(models.Model):
    """One proof of isolation: what was tried, and each thing that was found. Appended only; it holds no text.

    It is about the synthetic tenants alone, so the auditors of every tenant may see it.

    Sensitivity: internal. Retention: two years.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=IsolationOutcome.choices)
    # Why it could not be tried, where it could not.
    problem = models.CharField(max_length=300, default="", blank=True)
    requests = models.PositiveIntegerField(default=0)
    # How many different places of the schema were asked at, arguments included.
    places = models.PositiveIntegerField(default=0)
    checks = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    # The first of them, each: guard, attacker, place, what, request_id.
    findings = models.JSONField(default=list)

    class Meta:
        managed = False
        db_table = "isolation_run"
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions: ClassVar[tuple[str, ...]] = ()
        verbose_name = "proof of isolation"
        verbose_name_plural = "proofs of isolation"

    def __str__(self) -> str:
        return str(self.pk)


class RefusalCount(models.Model):
    """Refusals of nobody in particular, counted per minute and address: a flood of them writes few rows.

    Sensitivity: internal. Retention: ninety days.
    """

    minute = models.DateTimeField()
    address_commitment = models.CharField(max_length=64)
    basis = models.CharField(max_length=60)
    count = models.PositiveIntegerField(default=1)
    pk = models.CompositePrimaryKey("minute", "address_commitment", "basis")

    class Meta:
        managed = False
        db_table = "refusal_count"
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return f"{self.basis} x {self.count}"
