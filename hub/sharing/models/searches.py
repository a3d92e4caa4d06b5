"""Searches that people keep for themselves."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class SavedSearch(models.Model):
    """A filter and an order that one person keeps in one tenant; nobody else sees it.

    It holds what that person wrote. What it finds is decided anew whenever it is used.

    Sensitivity: confidential. Retention: until its person deletes it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    user_id = models.UUIDField()
    name = models.CharField(max_length=120)
    # As variables of the API would have it: the names and values of its filter.
    filter = models.JSONField(default=dict)
    order = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "user_id", "name"], name="saved_search_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
