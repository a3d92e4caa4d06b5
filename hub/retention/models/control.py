"""The pause switch and the pace of a tenant's dispositions."""

from django.core.validators import MinValueValidator
from django.db import models

from tenants.identifiers import new_id

DEFAULT_RATE = 2000


class DispositionControl(models.Model):
    """Whether dispositions go on, and how many items a second at most. No row means: they do, at the default pace.

    Sensitivity: internal. Retention: as long as the tenant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.OneToOneField("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    is_paused = models.BooleanField(default=False)
    rate_per_second = models.PositiveIntegerField(default=DEFAULT_RATE, validators=[MinValueValidator(1)])
    reason = models.CharField(max_length=500, blank=True)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.pk)
