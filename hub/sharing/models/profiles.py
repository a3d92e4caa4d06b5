"""Redaction profiles: the names under which a tenant shares, each with a policy in the lifecycle."""

from typing import ClassVar

from django.db import models

from hub.lifecycle.models import Policy, PolicyVersion
from tenants.identifiers import new_id


class RedactionProfile(models.Model):
    """A tenant's way to redact for one sort of reader (internal, partner, public, …).

    Two versions matter: the active one (lifecycle) is what people decided; the serving one is what readers get. They
    differ only while the projections of a newly activated version are being built.

    Sensitivity: internal. Retention: as long as anything was shared under it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    # PROTECT: a policy that was used to share something is evidence of what was shared.
    policy = models.OneToOneField(Policy, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    serving_version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    # Where several grants cover one case, the most protective profile counts: the higher number.
    protection = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="profile_slug_in_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
