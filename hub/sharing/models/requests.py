"""Requests for access: asked without learning whether anything exists, answered by an officer."""

from django.db import models

from tenants.identifiers import new_id


class RequestState(models.TextChoices):
    """Where a request is."""

    OPEN = "open", "Open"
    GRANTED = "granted", "Granted"
    DECLINED = "declined", "Declined"


class AccessRequest(models.Model):
    """What another team would like to read, for what purpose, until when.

    Sensitivity: internal. Retention: one year past its answer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The tenant that is asked; the asking team's ids are plain, since they belong to another tenant.
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    requester_tenant_id = models.UUIDField()
    requester_team_id = models.UUIDField(null=True)
    requester_label = models.CharField(max_length=81)
    requested_by = models.CharField(max_length=60)
    wish = models.CharField(max_length=1000, help_text="What is wanted, in the requester's words.")
    purpose = models.CharField(max_length=80)
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    grant_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
