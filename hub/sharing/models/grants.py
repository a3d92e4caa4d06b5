"""Sharing grants, and which cases each of them covers."""

from typing import ClassVar

from django.db import models

from hub.catalog.models import Case
from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.lifecycle.models import PolicyVersion
from tenants.identifiers import new_id

from .audiences import Audience, SharingGroup
from .profiles import RedactionProfile


class GrantState(models.TextChoices):
    """Where a grant is; that it has started or expired is a matter of its dates, not of its state."""

    PROPOSED = "proposed", "Waits for a second person"
    ACTIVE = "active", "Active"
    REVOKED = "revoked", "Revoked"
    REJECTED = "rejected", "Rejected"


class SharingGrant(models.Model):
    """Permission for another team to read a selection of cases under one profile, until a date.

    A grant names a profile; the policy version in force is resolved at the read and written into the event. So
    tightening reaches every grant, and what was disclosed stays reproducible.

    Sensitivity: internal. Retention: as long as the cases, then its audit events only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    owner_label = models.CharField(max_length=81)
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # The recipient once more, since its own reads are decided without seeing the owner's audience row.
    recipient_tenant_id = models.UUIDField(null=True)
    recipient_team_id = models.UUIDField(null=True)
    group = models.ForeignKey(SharingGroup, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    recipient_label = models.CharField(max_length=81)
    # PROTECT: a profile that was used to share something is evidence of what was shared.
    profile = models.ForeignKey(RedactionProfile, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    purpose = models.CharField(max_length=80, help_text="A W3C DPV purpose; reads for it or for a part of it count.")
    ceiling_class = models.CharField(max_length=12, choices=DATA_CLASSES)
    ceiling_tlp = models.CharField(max_length=12, choices=TLP_LABELS)
    # {"tags": [...], "models": [...], "kinds": [...], "cases": [...]}; empty lists select everything.
    selection = models.JSONField(default=dict)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=GrantState.choices)
    # The active grant template that this grant stays inside; without one, two people have decided it.
    template_version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    issued_by = models.CharField(max_length=60)
    issued_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=60, blank=True)
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("starts_at")), name="grant_has_a_term"),
            models.CheckConstraint(
                condition=models.Q(recipient_tenant_id__isnull=True) ^ models.Q(group__isnull=True),
                name="grant_to_recipient_or_group",
            ),
            # Outside every template a grant needs a second person, whatever the code above does.
            models.CheckConstraint(
                condition=~models.Q(state__in=["active", "revoked"])
                | models.Q(template_version__isnull=False)
                | (~models.Q(approved_by="") & ~models.Q(approved_by=models.F("issued_by")))
                | (models.Q(state="revoked") & models.Q(approved_by="")),
                name="grant_two_people",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recipient_tenant_id", "expires_at"], name="grant_of_recipient"),
            models.Index(fields=["tenant", "team"], name="grant_of_owner"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class GrantCoverage(models.Model):
    """That a grant covers a case; or, without a grant, that a team reads its own case by the same path.

    Written in the transaction that changes the grant, the case's tags or its version.

    Sensitivity: internal. Retention: with its grant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    grant = models.ForeignKey(
        SharingGrant, on_delete=models.CASCADE, null=True, related_name="coverage", db_constraint=False
    )
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    profile = models.ForeignKey(RedactionProfile, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    protection = models.PositiveSmallIntegerField()
    recipient_tenant_id = models.UUIDField(null=True)
    recipient_team_id = models.UUIDField(null=True)
    group = models.ForeignKey(SharingGroup, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)

    class Meta:
        verbose_name_plural = "grant coverage"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "grant"], name="coverage_once", nulls_distinct=False),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recipient_tenant_id", "case"], name="coverage_of_recipient"),
            models.Index(fields=["grant", "case"], name="coverage_of_grant"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
