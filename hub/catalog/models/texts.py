"""The raw words of a case version, apart from its facts so that they can be deleted without breaking it."""

from django.db import models

from tenants.identifiers import new_id

from .cases import Case, CaseVersion


class CaseText(models.Model):
    """Title, summary and write-up as their owners wrote them, and fields of an import that nothing maps.

    Sensitivity: restricted. Retention: the track `raw text`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    version = models.OneToOneField(CaseVersion, on_delete=models.PROTECT, related_name="text", db_constraint=False)
    title = models.CharField(max_length=500)
    summary = models.TextField(blank=True)
    # hypotheses, experiments, results, rationale, remediation: lists or texts, as their authors keep them.
    write_up = models.JSONField(default=dict)
    unmapped = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.version_id)
