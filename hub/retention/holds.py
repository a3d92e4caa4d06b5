"""Reads legal holds: what stands on which case. Whoever deletes asks here, with the cases' rows locked before."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from .models.holds import HeldCase, HoldState, LegalHold
from .services.holding import hold_matching


def holds_on(case_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Cases of these that are held, each with one hold that stands on it.

    Call it in the statement after the cases' rows were locked: a hold locks them too, so that either it is seen here,
    or it was placed after the deletion. Cases that have come to match a hold by query are taken in first.
    """
    hold_matching(case_ids)
    return dict(
        HeldCase.objects.filter(case_id__in=case_ids)
        .exclude(hold__state=HoldState.RELEASED)
        .order_by("-pk")
        .values_list("case_id", "hold_id")
    )


def held_cases(tenant_id: UUID) -> QuerySet[HeldCase, UUID]:
    """The cases of a tenant on which a hold stands."""
    held = HeldCase.objects.filter(tenant_id=tenant_id).exclude(hold__state=HoldState.RELEASED)
    return held.values_list("case_id", flat=True)


def standing_holds(tenant_id: UUID) -> QuerySet[LegalHold]:
    """The holds of a tenant that protect now, the next to be reviewed first."""
    return LegalHold.objects.filter(tenant_id=tenant_id).exclude(state=HoldState.RELEASED).order_by("review_on", "pk")


def holds_of_case(case_id: UUID) -> QuerySet[LegalHold]:
    """Every hold that stands on a case."""
    held = HeldCase.objects.filter(case_id=case_id).values("hold_id")
    return LegalHold.objects.filter(pk__in=held).exclude(state=HoldState.RELEASED).order_by("placed_at")
