"""What recipients say about cases that were recalled from them."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class RecallAcknowledgement(models.Model):
    """A recipient team says that it has removed what it holds of a withdrawn case.

    Sensitivity: internal. Retention: as long as the receipts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The owner's tenant; the recipient's ids are plain, since they belong to another tenant.
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    case_id = models.UUIDField()
    recipient_tenant_id = models.UUIDField()
    recipient_team_id = models.UUIDField(null=True)
    acknowledged_by = models.CharField(max_length=60)
    acknowledged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tenant", "case_id", "recipient_tenant_id", "recipient_team_id"],
                name="recall_acknowledged_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
