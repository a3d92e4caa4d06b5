"""Organisations, their teams, and the content-free list of background work that is due for them."""

from typing import ClassVar

from django.db import models

from ..identifiers import new_id
from ..roles import PERMISSIONS


class Tenant(models.Model):
    """An organisation on the hub; every row of substance belongs to exactly one.

    Sensitivity: internal. Retention: as long as the organisation takes part.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    token_max_days = models.PositiveSmallIntegerField(default=90, help_text="Longest life of a service token, in days.")
    grant_max_days = models.PositiveSmallIntegerField(default=365, help_text="Longest term of a grant, in days.")
    requires_trusted_documents = models.BooleanField(
        default=False, help_text="Whether clients may send documents only that an officer has trusted."
    )
    # Made by the hub for the proof of isolation: no organisation, and left out of lists and figures of such.
    is_synthetic = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        permissions = PERMISSIONS
        default_permissions: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return str(self.pk)


class Team(models.Model):
    """A team of a tenant. It owns cases, and grants name it as a recipient by its address `tenant/team`.

    Sensitivity: internal. Retention: as long as its tenant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="teams")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    # What another tenant's officer writes to name this team; the directory policy matches it exactly, never by part.
    address = models.CharField(max_length=81, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        permissions = PERMISSIONS
        default_permissions: ClassVar[tuple[str, ...]] = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="team_slug_in_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TenantWork(models.Model):
    """A note that a tenant has background work of one kind. Content-free, so sweeps read it across tenants.

    Notes are only ever added by those who make work and removed by the sweep that read them before it looked,
    so a note written meanwhile survives.

    Sensitivity: public (ids and a kind). Retention: until the work is done.
    """

    tenant_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    due_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "due_at"], name="tenant_work_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.tenant_id}"
