"""django-guardian's permissions on teams and tenants, in direct-FK tables: derived from memberships, never edited."""

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.db import models
from guardian.models import GroupObjectPermissionBase

from ..identifiers import new_id
from .people import ROLE_CHOICES
from .tenants import Team, Tenant


class RoleGroup(models.Model):
    """Which guardian group stands for which role where. Groups are named by UUID, so their table says nothing.

    Sensitivity: internal. Retention: as long as the team or tenant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False)
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "team", "role"], name="role_group_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TeamGroupObjectPermission(GroupObjectPermissionBase):
    """An action that a role's group has on one team. Sensitivity: internal. Retention: with the membership."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    # guardian finds this table by the way back, so it has a name.
    content_object = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="role_permissions")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the tenant from the team, so that guardian's own shortcuts write complete rows."""
        self.tenant_id = self.content_object.tenant_id
        super().save(*args, **kwargs)


class TenantGroupObjectPermission(GroupObjectPermissionBase):
    """An action that a role's group has on the whole tenant. Sensitivity: internal. Retention: with the membership."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    content_object = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="role_permissions")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the tenant from the object, so that guardian's own shortcuts write complete rows."""
        self.tenant_id = self.content_object_id
        super().save(*args, **kwargs)
