"""Who projections are made for: recipient teams, tenants and sharing groups, each with a key of its own."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class SharingGroup(models.Model):
    """Several teams or tenants that receive the same, under one key, e.g. an industry circle.

    Sensitivity: internal. Retention: as long as a grant names it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="sharing_group_slug_in_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SharingGroupMember(models.Model):
    """A team, or a whole tenant, in a sharing group. Adding and removing takes effect at the next read.

    Sensitivity: internal. Retention: until removed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(SharingGroup, on_delete=models.CASCADE, related_name="members", db_constraint=False)
    # Members belong to other tenants, whose rows this tenant does not see: plain ids, and the address as text.
    member_tenant_id = models.UUIDField()
    member_team_id = models.UUIDField(null=True)
    label = models.CharField(max_length=81)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["group", "member_tenant_id", "member_team_id"], name="group_member_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Audience(models.Model):
    """A recipient as one owner tenant sees it, with the key that makes its pseudonyms and ids.

    Keys are per owner and audience, so one person is one token inside an audience and cannot be linked across
    audiences or owners. The key is encrypted under KEY_ENCRYPTION_KEY; deleting it ends linkability.

    Sensitivity: restricted (the key). Retention: as long as a grant names it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    recipient_tenant_id = models.UUIDField(null=True)
    recipient_team_id = models.UUIDField(null=True)
    group = models.ForeignKey(SharingGroup, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    label = models.CharField(max_length=81)
    sealed_key = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tenant", "recipient_tenant_id", "recipient_team_id", "group"],
                name="audience_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(recipient_tenant_id__isnull=True) ^ models.Q(group__isnull=True),
                name="audience_is_recipient_or_group",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
