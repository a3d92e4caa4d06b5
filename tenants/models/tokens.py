"""Service tokens: the keys that machines, and people's scripts, come with."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ..identifiers import new_id
from .people import User
from .tenants import Team, Tenant


class ServiceToken(models.Model):
    """A key `cw_<prefix>_<secret>` of one user in one tenant; only the SHA-256 of the secret is stored.

    Sensitivity: confidential. Retention: one year past its end, as evidence of who could read.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        help_text="Narrows the token to one team of its owner; empty means every team he is in.",
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20))
    purpose = models.CharField(max_length=80, blank=True, help_text="The W3C DPV purpose its reads are made for.")
    networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Written at most once a minute, after the answer, in its own transaction: no read takes a row lock.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "user"], name="token_owner")]

    def __str__(self) -> str:
        return str(self.pk)
