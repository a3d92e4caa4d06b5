"""Legal holds: while one stands on a case, nothing of it is deleted, whoever asks."""

from typing import ClassVar

from django.db import models

from hub.catalog.models import Case
from tenants.identifiers import new_id


class HoldState(models.TextChoices):
    """How far a hold is from its end. Until it is released it protects, whatever was proposed."""

    STANDING = "standing", "Standing"
    RELEASE_PROPOSED = "release_proposed", "Release proposed"
    RELEASED = "released", "Released"


class LegalHold(models.Model):
    """An order to keep cases: who ordered it, why, and when to look again whether it is still needed.

    Placing takes one officer and works at once; releasing takes two, and the database knows that too. A hold by
    query goes on to take in cases that come to match its selection; a case that it holds stays held until its end.

    Sensitivity: confidential (a dispute or an investigation may show in it). Retention: as long as the cases it held.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=200, help_text="Who ordered it, e.g. a court, a regulator, counsel.")
    reason = models.CharField(max_length=500)
    # Lists under cases, tags, models, kinds, data_classes, teams; each that is not empty must hold by one member.
    selection = models.JSONField(default=dict)
    is_by_query = models.BooleanField(default=False)
    review_on = models.DateField()
    state = models.CharField(max_length=16, choices=HoldState.choices, default=HoldState.STANDING)
    placed_by = models.CharField(max_length=60)
    placed_at = models.DateTimeField()
    release_proposed_by = models.CharField(max_length=60, blank=True)
    release_proposed_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=500, blank=True)
    released_by = models.CharField(max_length=60, blank=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Two people, whatever the code above does.
            models.CheckConstraint(
                condition=~models.Q(state="released")
                | (
                    ~models.Q(released_by="")
                    & ~models.Q(release_proposed_by="")
                    & ~models.Q(released_by=models.F("release_proposed_by"))
                    & models.Q(released_at__isnull=False)
                ),
                name="legal_hold_two_people",
            ),
            models.CheckConstraint(
                condition=~models.Q(authority="") & ~models.Q(reason=""), name="legal_hold_says_who_and_why"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["tenant"],
                name="legal_hold_by_query",
                condition=models.Q(is_by_query=True) & ~models.Q(state="released"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class HeldCase(models.Model):
    """One case under one hold. Several holds may stand on a case; each has a row of its own.

    Sensitivity: internal. Retention: with the hold.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, related_name="held_cases", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    held_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hold", "case"], name="held_case_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["case"], name="held_case")]

    def __str__(self) -> str:
        return str(self.pk)
