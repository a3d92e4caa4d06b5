"""Erasure of a person: who asked, what was found where, what somebody decided about each place, and the proof."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class ErasureState(models.TextChoices):
    """How far an erasure is; each step but the decisions is taken by background work."""

    SEARCHING = "searching", "Searching"
    PROPOSED = "proposed", "Waits for decisions"
    APPROVED = "approved", "Being carried out"
    WAITING = "waiting", "Waits for holds to end"
    PROVING = "proving", "Searching once more"
    PROVEN = "proven", "Erased and proven"
    DECLINED = "declined", "Declined"


class PlaceMatch(models.TextChoices):
    """How a place names the person."""

    WHOLE = "whole", "Names the person"
    ENCODED = "encoded", "Names the person in an encoding"
    DERIVED = "derived", "Holds a part of a value"
    PSEUDONYM = "pseudonym", "Holds the person's pseudonym"
    MADE_FROM = "made_from", "Was made from what names the person"
    UNREADABLE = "unreadable", "Cannot be looked into, in a case that names the person"


class PlaceDecision(models.TextChoices):
    """What becomes of a place."""

    OPEN = "", "To be decided"
    ERASE = "erase", "Erase"
    WAIT = "wait", "Erase when its holds have ended"
    LEAVE = "leave", "Leave"


class ErasureRequest(models.Model):
    """The erasure of what belongs to one person. Officer one asks, the hub searches, officer two decides.

    The person's values are sealed under KEY_ENCRYPTION_KEY and go as soon as the erasure is proven or declined; the
    reference is the tenant's own file number and names nobody.

    Sensitivity: restricted (the sealed values), internal afterwards. Retention: as long as the access events.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=80)
    sealed_values = models.BinaryField(null=True)
    value_counts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ErasureState.choices, default=ErasureState.SEARCHING)
    requested_by = models.CharField(max_length=60)
    requested_at = models.DateTimeField()
    # Where the search is: a table, and the last row of it that was looked at.
    search_table = models.CharField(max_length=60, blank=True)
    search_after = models.CharField(max_length=40, blank=True)
    searched_rows = models.PositiveBigIntegerField(default=0)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=500, blank=True)
    # The certificate: how many places, the digest over them, how many rows the proof looked at, and its event.
    erased_count = models.PositiveIntegerField(default=0)
    left_count = models.PositiveIntegerField(default=0)
    places_digest = models.CharField(max_length=64, blank=True)
    proof_rows = models.PositiveBigIntegerField(default=0)
    proven_at = models.DateTimeField(null=True)
    event_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Two people, whatever the code above does.
            models.CheckConstraint(
                condition=models.Q(state__in=["searching", "proposed", "declined"])
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("requested_by"))),
                name="erasure_two_people",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["proven", "declined"]) | models.Q(sealed_values__isnull=True),
                name="erasure_forgets_the_values",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ErasurePlace(models.Model):
    """One place that names the person: what it is, by id and digest, and what became of it. Never what it said.

    With `erased_at` it is a row of the ledger that a restore replays.

    Sensitivity: internal (ids, codes, a digest). Retention: with its request.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(ErasureRequest, on_delete=models.PROTECT, related_name="places", db_constraint=False)
    # A key of workflows/erasure_places.py, or `by_hand:<table>` where the hub has no way to erase.
    kind = models.CharField(max_length=70)
    item_id = models.CharField(max_length=40)
    case_id = models.UUIDField(null=True)
    match = models.CharField(max_length=12, choices=PlaceMatch.choices)
    decision = models.CharField(max_length=5, choices=PlaceDecision.choices, blank=True, default="")
    decided_by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    is_held = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "kind", "item_id"], name="erasure_place_once"),
            models.CheckConstraint(
                condition=~models.Q(decision="leave") | ~models.Q(reason=""), name="erasure_left_for_a_reason"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "case_id"], name="erasure_place_order"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
