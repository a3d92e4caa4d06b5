"""What reviewers said of a version."""

from django.db import models

from tenants.identifiers import new_id

from .cases import Case, CaseVersion


class Verdict(models.TextChoices):
    """A reviewer's answer."""

    ACCEPT = "accept", "Accept"
    RETURN = "return", "Return to the owner"


class Review(models.Model):
    """A reviewer's verdict on one version; who wrote a version never reviews it (`independence.py`).

    Sensitivity: confidential (the note is free text). Retention: the track `raw text`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    version = models.ForeignKey(CaseVersion, on_delete=models.PROTECT, related_name="reviews", db_constraint=False)
    reviewer = models.CharField(max_length=60)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)
