"""What went to the archive before it was purged: where each item is, and the key that opens it."""

from django.db import models

from tenants.identifiers import new_id


class ArchivedItem(models.Model):
    """One item in the object store, encrypted under a key of its own. Deleting this row closes the object for ever.

    Sensitivity: confidential (the sealed key). Retention: until the object is forgotten.
    """

    # The item's id, as in the ledger.
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    track = models.CharField(max_length=14)
    case_id = models.UUIDField()
    # Of the item as the rules saw it: another text under the same id is not archived by this object.
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    # SHA-256 of what was encrypted.
    content_digest = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    sealed_key = models.BinaryField()
    archived_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
