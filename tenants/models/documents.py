"""GraphQL documents that a tenant has looked at and lets its clients send."""

from typing import ClassVar

from django.db import models

from ..identifiers import new_id
from .tenants import Tenant


class TrustedDocument(models.Model):
    """One document, known by the SHA-256 of its text; a client sends that instead of the text.

    Sensitivity: internal. Retention: as long as the tenant, as evidence of what its clients could ask.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    text = models.TextField()
    trusted_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions: ClassVar[tuple[str, ...]] = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "digest"], name="trusted_document_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
