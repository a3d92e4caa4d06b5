"""The ledger: one row per item that was disposed of, one certificate per batch."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id

from .runs import DispositionRun


class DispositionBatch(models.Model):
    """The certificate of one deleting transaction: how many items of one track, under which rules, who approved them.

    Its event, sealed with the access record, carries the same count and the digest over all items.

    Sensitivity: internal (ids, digests, counts). Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(DispositionRun, on_delete=models.PROTECT, related_name="batches", db_constraint=False)
    track = models.CharField(max_length=14)
    count = models.PositiveIntegerField()
    # SHA-256 over the lines `<item id> <item digest>`, ordered by item id.
    items_digest = models.CharField(max_length=64)
    # id, name, version, digest and approver of every rule that decided an item of this batch.
    rules = models.JSONField(default=list)
    disposed_at = models.DateTimeField()
    event_id = models.UUIDField()

    class Meta:
        verbose_name_plural = "disposition batches"

    def __str__(self) -> str:
        return str(self.pk)


class DispositionEntry(models.Model):
    """One item that was disposed of. Its id is the item's, so that PostgreSQL refuses a second disposition.

    The id names what remains: the evidence item whose body went, the case version whose text went, the projection.

    Sensitivity: internal (ids and a digest). Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(DispositionBatch, on_delete=models.PROTECT, related_name="entries", db_constraint=False)
    case_id = models.UUIDField()
    track = models.CharField(max_length=14)
    ending = models.CharField(max_length=12)
    rule_id = models.UUIDField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "disposition entries"
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return str(self.pk)


class LedgerNote(models.Model):
    """A change of the ledger or of a hold that is to be written to the file outside the database; the row is the to-do.

    Triggers write it, in the transaction of the change; whoever has written the line deletes it.

    Sensitivity: internal. Retention: until it is written down outside.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    object_id = models.UUIDField()

    class Meta:
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return str(self.pk)
