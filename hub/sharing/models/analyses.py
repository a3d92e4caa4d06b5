"""Analyses: where in a case version sensitive text stands, without the text."""

from typing import ClassVar

from django.db import models

from hub.catalog.models import Case, CaseVersion
from tenants.identifiers import new_id


class Analysis(models.Model):
    """The findings of one engine on one case version: path, start, end, category, score; no text.

    Sensitivity: restricted (positions belong to the raw side). Retention: with the raw text.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    version = models.ForeignKey(CaseVersion, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    fingerprint = models.CharField(max_length=128, help_text="Package, model and rule versions of the engine.")
    # Of the document that was analysed: tags may change without a new version, and positions with them.
    document_digest = models.CharField(max_length=64)
    is_complete = models.BooleanField(default=False)
    reason = models.CharField(max_length=60, blank=True, help_text="Why the case is withheld, as a code.")
    layers = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "analyses"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "fingerprint"], name="analysis_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
