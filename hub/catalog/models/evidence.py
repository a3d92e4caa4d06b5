"""Evidence items: what is attached to a case, and, apart from it, the bytes or values themselves."""

from django.db import models

from tenants.identifiers import new_id

from .cases import Case


class EvidenceItem(models.Model):
    """Name, kind, size and digest of a piece of evidence; versions list the items that belong to them.

    Sensitivity: internal. Retention: with the case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence_items", db_constraint=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    media_type = models.CharField(max_length=100, default="application/json")
    size_bytes = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    # Attached on its own, not by the draft of a version: an edit or a repeated import keeps it.
    is_added = models.BooleanField(default=False)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class EvidenceBody(models.Model):
    """The payload: a JSON value, or the bytes of an upload. Exactly one of the two.

    Sensitivity: restricted. Retention: the track `raw evidence`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    item = models.OneToOneField(EvidenceItem, on_delete=models.PROTECT, related_name="body", db_constraint=False)
    payload = models.JSONField(null=True)
    content = models.BinaryField(null=True)

    class Meta:
        verbose_name_plural = "evidence bodies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(payload__isnull=True) ^ models.Q(content__isnull=True), name="evidence_one_body"
            ),
        ]

    def __str__(self) -> str:
        return str(self.item_id)
