"""Projections: what one audience gets of one case version under one policy version."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models

from hub.catalog.models import Case, CaseVersion
from hub.lifecycle.models import PolicyVersion
from tenants.identifiers import new_id

from .audiences import Audience
from .profiles import RedactionProfile


class WorkState(models.TextChoices):
    """How far a projection is. Only `ready` ones are read; the reconciler looks for `pending` ones."""

    PENDING = "pending", "To be built"
    READY = "ready", "Ready"
    WITHHELD = "withheld", "Withheld"


class Projection(models.Model):
    """The redacted document for (case version, policy version, audience), with everything a stranger's query needs.

    It is never joined to a raw-side table: filters, orders, search and counts run on these columns, and these hold
    redacted values only. `public_id` is keyed per audience, so ids cannot be linked across audiences.

    Sensitivity: as the grant's ceiling. Retention: the track `projection`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    version = models.ForeignKey(CaseVersion, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    profile = models.ForeignKey(RedactionProfile, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    public_id = models.CharField(max_length=40)
    owner_label = models.CharField(max_length=81)

    # The to-do: what is to be built, by whom until when, and why not.
    state = models.CharField(max_length=10, choices=WorkState.choices, default=WorkState.PENDING)
    reason = models.CharField(max_length=60, blank=True)
    # In which parts of the case the reason stands, by names of the hub's own (`evidence 2`): never a word of the case.
    places = ArrayField(models.CharField(max_length=60), default=list, db_default=[], blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_by = models.CharField(max_length=80, blank=True)
    leased_until = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=128, blank=True)
    # A newer detection engine is there: the row is built again in place, and serves until then.
    stale_since = models.DateTimeField(null=True)
    # The one that readers get, of all versions of case and policy for this audience and profile.
    is_in_force = models.BooleanField(default=False)
    recalled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    built_at = models.DateTimeField(null=True)

    # Set where retention has left the summary alone: the summary's id as an item of its own. It is never built again.
    summary_id = models.UUIDField(null=True)

    # The content: redacted values only.
    document = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    title = models.CharField(max_length=600, blank=True)
    kind = models.CharField(max_length=16, blank=True)
    severity_label = models.CharField(max_length=14, blank=True)
    severity_rank = models.PositiveSmallIntegerField(default=0)
    model_name = models.CharField(max_length=300, blank=True)
    model_version = models.CharField(max_length=200, blank=True)
    data_source = models.CharField(max_length=300, blank=True)
    tags = ArrayField(models.CharField(max_length=300), default=list)
    occurred_from = models.DateField(null=True)
    occurred_to = models.DateField(null=True)
    recorded_on = models.DateField(null=True)
    search_text = models.TextField(blank=True)
    search_vector = models.GeneratedField(
        expression=SearchVector("search_text", config="english"), output_field=SearchVectorField(), db_persist=True
    )

    # The case's levels and restriction now, kept equal to the case's in the transaction that changes them.
    data_class = models.CharField(max_length=12)
    class_rank = models.PositiveSmallIntegerField()
    tlp = models.CharField(max_length=12)
    tlp_rank = models.PositiveSmallIntegerField()
    is_restricted = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "policy_version", "audience"], name="projection_once"),
            models.UniqueConstraint(
                fields=["case", "profile", "audience"],
                condition=models.Q(is_in_force=True),
                name="projection_one_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(is_in_force=False) | models.Q(state="ready", document__isnull=False),
                name="projection_in_force_is_ready",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["tenant", "attempts"],
                name="projection_work",
                condition=models.Q(state="pending") | models.Q(stale_since__isnull=False),
            ),
            # In the order of a page; whom a row is for is read off the index.
            models.Index(fields=["-case", "audience"], name="projection_page", condition=models.Q(is_in_force=True)),
            models.Index(fields=["public_id"], name="projection_public_id"),
            GinIndex(fields=["search_vector"], name="projection_search"),
            GinIndex(fields=["tags"], name="projection_tags"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
