"""Exceptional ways to raw text: named people and teams of a restricted case, and break-glass."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tenants.identifiers import new_id

from .cases import Case

LONGEST_BREAK_GLASS = timedelta(minutes=60)


class CaseUserObjectPermission(UserObjectPermissionBase):
    """A person named on a restricted case. Sensitivity: internal. Retention: with the case."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    # guardian finds its direct tables by this reverse name; without one it would look in its generic tables.
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="named_people")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the tenant from the case, so that guardian's own shortcuts write complete rows."""
        self.tenant_id = self.content_object.tenant_id
        super().save(*args, **kwargs)


class CaseGroupObjectPermission(GroupObjectPermissionBase):
    """A team (its role's group) named on a restricted case. Sensitivity: internal. Retention: with the case."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="named_groups")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the tenant from the case, so that guardian's own shortcuts write complete rows."""
        self.tenant_id = self.content_object.tenant_id
        super().save(*args, **kwargs)


class BreakGlass(models.Model):
    """A reviewer's emergency look at the raw of one case: purpose stated, an hour at most, closed with a finding.

    The row itself is the right: PostgreSQL reads it in the policy of every raw table.

    Sensitivity: internal. Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    user = models.ForeignKey("tenants.User", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, blank=True)
    finding = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name_plural = "break-glass"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("opened_at") + LONGEST_BREAK_GLASS),
                name="break_glass_within_an_hour",
            ),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="break_glass_states_a_purpose"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
