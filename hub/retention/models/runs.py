"""Runs: what was listed as due, who has seen the list, and how far its execution is."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.identifiers import new_id


class RunState(models.TextChoices):
    """A dry run is a run that nobody has confirmed; a confirmed one goes on until it is finished."""

    LISTED = "listed", "Listed (dry run)"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"


class DispositionRun(models.Model):
    """One list of what is due, under the rules of that moment, and what became of it.

    `seen_by` is the person who confirmed the dry run; a rule that no confirmed run names deletes nothing.

    Sensitivity: internal (ids, codes, counts). Retention: with its certificates.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.LISTED)
    # The rules in force at the listing: id, name, version, digest, and who approved each.
    rules = models.JSONField(default=list)
    rule_ids = ArrayField(models.UUIDField(), default=list)
    listed_by = models.CharField(max_length=60)
    listed_at = models.DateTimeField()
    due_count = models.PositiveIntegerField(default=0)
    kept_count = models.PositiveIntegerField(default=0)
    seen_by = models.CharField(max_length=60, blank=True)
    seen_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    disposed_count = models.PositiveIntegerField(default=0)
    difference_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "state"], name="disposition_run_state"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ListedItem(models.Model):
    """One item of a run's list. Due ones are the to-do: each moves to the ledger, or stays here as a difference.

    Sensitivity: internal (ids, digests, codes). Retention: until a later run lists the tenant again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey(
        DispositionRun, on_delete=models.CASCADE, related_name="items", db_constraint=False, db_index=False
    )
    track = models.CharField(max_length=14)
    item_id = models.UUIDField()
    case_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    rule_id = models.UUIDField(null=True)
    started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    # A code of reasons.py; empty while the item is to be disposed of.
    kept_because = models.CharField(max_length=30, blank=True)
    # It was listed as due, and the run found a reason to keep it.
    is_difference = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["run", "case_id", "item_id"], name="listed_item_order"),
        ]

    def __str__(self) -> str:
        return str(self.item_id)
