"""Receipts: which recipient team has received which case, written in the read's own transaction."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class Receipt(models.Model):
    """A recipient's first read of a case; only its holder ever learns that the case was recalled.

    Sensitivity: internal. Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The owner's tenant; the recipient's ids are plain, since they belong to another tenant.
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    recipient_tenant_id = models.UUIDField()
    recipient_team_id = models.UUIDField(null=True)
    case_id = models.UUIDField()
    projection_id = models.UUIDField()
    public_id = models.CharField(max_length=40)
    grant_id = models.UUIDField(null=True)
    first_read_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["recipient_tenant_id", "recipient_team_id", "projection_id"],
                name="receipt_once",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "case_id"], name="receipt_of_case")]

    def __str__(self) -> str:
        return str(self.pk)
