"""A case and its immutable versions: ids, digests and typed facts, no free text."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.identifiers import new_id

# The two axes of redaction.sensitivity, as the database keeps them.
DATA_CLASSES = [(level, level.capitalize()) for level in ("public", "internal", "confidential", "restricted")]
TLP_LABELS = [(level, f"TLP:{level}") for level in ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")]


class CaseKind(models.TextChoices):
    """What sort of failure is under study."""

    INCIDENT = "incident", "Incident"
    HAZARD = "hazard", "Hazard"
    EXERCISE = "exercise", "Exercise"
    VULNERABILITY = "vulnerability", "Vulnerability"
    EVALUATION = "evaluation", "Evaluation"
    PREDICTION = "prediction", "Wrong prediction"
    LABEL_ERROR = "label_error", "Label error"
    AGENT_TRACE = "agent_trace", "Agent trace"
    DISENGAGEMENT = "disengagement", "Disengagement"
    BUG = "bug", "Bug"


class CaseStatus(models.TextChoices):
    """Where the study of a case is."""

    SUBMITTED = "submitted", "Submitted"
    ACCEPTED = "accepted", "Accepted by a reviewer"
    RETURNED = "returned", "Returned to its owner"
    WITHDRAWN = "withdrawn", "Withdrawn"


class SeverityLabel(models.TextChoices):
    """How bad it was, in the labels of CVSS plus `informational`."""

    INFORMATIONAL = "informational", "Informational"
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class Case(models.Model):
    """An ML failure under study, owned by one team. What it says stands in its versions.

    Sensitivity: internal (ids, states, levels; no text). Retention: as its rules say, at least while a hold stands.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # Where the case comes from outside: an import can run twice, and a changed record becomes a version.
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=CaseStatus.choices, default=CaseStatus.SUBMITTED)
    current_version = models.ForeignKey(
        "CaseVersion", on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    # What it is, and who may have it. Findings raise the class; only an officer lowers either, with a reason.
    data_class = models.CharField(max_length=12, choices=DATA_CLASSES, default="internal")
    tlp = models.CharField(max_length=12, choices=TLP_LABELS, default="AMBER")
    # Only people and teams named in the guardian rows of the case read a restricted case.
    is_restricted = models.BooleanField(default=False)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        # What a named person or team may do with a restricted case; django-guardian's rows point at it.
        permissions = (("read_raw", "Read raw text and evidence"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                # A team's own, not the tenant's: "taken" would tell one team what another one has.
                fields=["team", "source", "source_id"],
                condition=~models.Q(source_id=""),
                name="case_external_identity",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "team", "-id"], name="case_of_team")]

    def __str__(self) -> str:
        return str(self.pk)


class CaseVersion(models.Model):
    """What a case said from one submit or edit to the next: typed facts, digests, and which evidence belonged to it.

    Immutable: a trigger refuses updates. Free text and payloads are one-to-one and deletable, so that a purge
    breaks no version.

    Sensitivity: confidential (facts may name customers). Retention: with the case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    # SHA-256 of the whole document in canonical JSON: an import that changes nothing makes no version.
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=CaseKind.choices)
    model_name = models.CharField(max_length=200, blank=True)
    model_version = models.CharField(max_length=100, blank=True)
    developers = ArrayField(models.CharField(max_length=200), default=list)
    deployers = ArrayField(models.CharField(max_length=200), default=list)
    artifact_types = ArrayField(models.CharField(max_length=60), default=list)
    data_source = models.CharField(max_length=200, blank=True)
    environment = models.JSONField(default=dict)
    # May be absent: most real records have no date. A month or year is its first and last day.
    occurred_from = models.DateField(null=True)
    occurred_to = models.DateField(null=True)
    occurred_granularity = models.CharField(max_length=10, blank=True)
    severity_scheme = models.CharField(max_length=40, blank=True)
    severity_label = models.CharField(max_length=14, choices=SeverityLabel.choices, blank=True)
    severity_score = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    severity_vector = models.CharField(max_length=200, blank=True)
    impact = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    provenance = models.JSONField(default=dict)
    evidence_ids = ArrayField(models.UUIDField(), default=list)
    author = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "number"], name="case_version_number"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
