"""How much a tenant keeps, counted once a day: what it holds of each track, and when that is due."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class StorageReport(models.Model):
    """One counting of everything a tenant keeps.

    Sensitivity: internal (counts). Retention: 400 days.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False)
    counted_at = models.DateTimeField()
    counted_by = models.CharField(max_length=60)
    items = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    due_items = models.PositiveBigIntegerField(default=0)
    due_bytes = models.PositiveBigIntegerField(default=0)
    held_items = models.PositiveBigIntegerField(default=0)
    # By track: when each part of it is due, as [slot, items, bytes]; slots are `due`, `held` (due, but for a hold), a
    # month such as `2027-03`, `later`, and `never` (no rule, or its clock has not started).
    tracks = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "-counted_at"], name="storage_newest"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
