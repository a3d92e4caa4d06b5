"""Policies and their versions: drafted by one person, activated by another, immutable from then on."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.identifiers import new_id


class PolicyKind(models.TextChoices):
    """What a policy governs. Each kind names its document's rules where it is used, not here."""

    REDACTION_PROFILE = "redaction_profile", "Redaction profile"
    GRANT_TEMPLATE = "grant_template", "Grant template"
    SENSITIVITY_RULE = "sensitivity_rule", "Sensitivity rule"
    RETENTION_RULE = "retention_rule", "Retention rule"
    ESCALATION_RULE = "escalation_rule", "Escalation rule"


class VersionState(models.TextChoices):
    """Where a version is on its way: draft, proposed, active, retired; or rejected."""

    DRAFT = "draft", "Draft"
    PROPOSED = "proposed", "Proposed"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"
    REJECTED = "rejected", "Rejected"


class Policy(models.Model):
    """A named policy of a tenant; what it says stands in its versions, of which at most one is active.

    Sensitivity: internal. Retention: as long as anything refers to one of its versions.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, choices=PolicyKind.choices)
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "kind", "slug"], name="policy_slug_in_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PolicyVersion(models.Model):
    """One version of a policy's document, and who wrote, proposed and activated it.

    People are keys such as `user:<uuid>`; shipped versions are written by `system:caseward`. A database trigger
    refuses to change the document or the authors of a version that was proposed or is past that.

    Sensitivity: internal. Retention: as long as anything was shared under it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    document = models.JSONField()
    digest = models.CharField(max_length=64, editable=False)
    note = models.CharField(max_length=500, blank=True, help_text="Why this change is made.")
    # The version that was active when this draft was begun; when another one is active now, the proposal is stale.
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    author = models.CharField(max_length=60)
    editors = ArrayField(models.CharField(max_length=60), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was activated or rejected.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number"),
            models.UniqueConstraint(
                fields=["policy"], condition=models.Q(state="active"), name="policy_one_active_version"
            ),
            # Two people, whatever the code above does: who wrote or edited a version cannot have activated it.
            models.CheckConstraint(
                condition=~models.Q(state__in=["active", "retired"])
                | (
                    ~models.Q(decided_by="")
                    & ~models.Q(decided_by=models.F("author"))
                    & ~models.Q(
                        editors__contains=models.expressions.Func(
                            models.F("decided_by"),
                            function="ARRAY",
                            template="%(function)s[%(expressions)s]",
                            output_field=ArrayField(models.CharField()),
                        )
                    )
                ),
                name="policy_two_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
