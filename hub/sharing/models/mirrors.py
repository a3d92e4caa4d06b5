"""What a machine that mirrors its shared cases was given, so that it can be told what has changed since."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class Mirror(models.Model):
    """One consumer of changes: a token (or a person) with the purpose it asks for.

    Sensitivity: internal. Retention: as long as the token, or the person's membership.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    actor_key = models.CharField(max_length=60)
    purpose = models.CharField(max_length=80, blank=True)
    # The number of the last page that was given; a cursor holds the number of the page it came with.
    sequence = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "actor_key", "purpose"], name="sharing_mirror_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MirrorEntry(models.Model):
    """One case that a mirror was given, or told to drop: under which id, in which state, in which page.

    It names the case by its public id alone, which its holder knows anyway.

    Sensitivity: internal. Retention: as its mirror.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    mirror = models.ForeignKey(Mirror, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    public_id = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=32)
    is_gone = models.BooleanField(default=False)
    # The page it was given in; empty when nobody has shown a cursor of that page or a later one.
    sequence = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["mirror", "public_id"], name="sharing_mirror_entry_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["mirror", "sequence"], name="sharing_mirror_page"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
