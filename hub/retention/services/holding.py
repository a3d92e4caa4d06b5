"""Writes legal holds. The case's row is locked before a hold is written, and before anything of the case is deleted."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from hub.catalog.models import Case
from tenants.identifiers import new_id

from ..models.holds import HeldCase, HoldState, LegalHold
from ..selection import selected_cases


class HoldRefusal(Exception):
    """Why a step cannot be taken: `same_person`, `not_standing` or `not_proposed`."""

    def __init__(self, basis: str) -> None:
        super().__init__(basis)
        self.basis = basis


def place_hold(
    tenant_id: UUID,
    selection: Mapping[str, list[Any]],
    *,
    is_by_query: bool,
    authority: str,
    reason: str,
    review_on: date,
    placed_by: str,
) -> tuple[LegalHold, int]:
    """Hold every case that the selection means, from the commit on; the hold and how many cases it holds now."""
    with transaction.atomic():
        hold = LegalHold(
            id=new_id(),
            tenant_id=tenant_id,
            selection=dict(selection),
            is_by_query=is_by_query,
            authority=authority,
            reason=reason,
            review_on=review_on,
            placed_by=placed_by,
            placed_at=Now(),
        )
        LegalHold.objects.bulk_create([hold])
        # Whoever is deleting one of them has locked its row: here we wait, and hold what is left of it.
        locked = lock_cases(selected_cases(tenant_id, selection).values_list("pk", flat=True))
        return hold, _add(hold, locked)


def propose_release(hold_id: UUID, *, by: str, reason: str) -> LegalHold:
    """Ask for the end of a hold; it protects until somebody else agrees."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().get(pk=hold_id)
        if hold.state != HoldState.STANDING:
            raise HoldRefusal("not_standing")
        hold.state, hold.release_reason = HoldState.RELEASE_PROPOSED, reason
        hold.release_proposed_by, hold.release_proposed_at = by, Now()
        hold.save(update_fields=["state", "release_reason", "release_proposed_by", "release_proposed_at"])
    return hold


def release(hold_id: UUID, *, by: str) -> LegalHold:
    """End a hold whose release somebody else has proposed."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().get(pk=hold_id)
        if hold.state != HoldState.RELEASE_PROPOSED:
            raise HoldRefusal("not_proposed")
        if hold.release_proposed_by == by:
            raise HoldRefusal("same_person")
        hold.state, hold.released_by, hold.released_at = HoldState.RELEASED, by, Now()
        hold.save(update_fields=["state", "released_by", "released_at"])
    return hold


def keep(hold_id: UUID) -> LegalHold:
    """Turn a proposed release down; anybody who may release may do that, since it lets nothing go."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().get(pk=hold_id)
        if hold.state != HoldState.RELEASE_PROPOSED:
            raise HoldRefusal("not_proposed")
        hold.state, hold.release_reason = HoldState.STANDING, ""
        hold.release_proposed_by, hold.release_proposed_at = "", None
        hold.save(update_fields=["state", "release_reason", "release_proposed_by", "release_proposed_at"])
    return hold


def lock_cases(case_ids: Iterable[UUID]) -> list[UUID]:
    """Lock the rows of these cases in the order of their ids; those that are still there. Holds and purges both do."""
    ids = list(case_ids)
    return list(Case.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))


def hold_matching(case_ids: Collection[UUID]) -> int:
    """Take those of these cases in that have come to match a hold by query; how many were."""
    queries = LegalHold.objects.filter(is_by_query=True).exclude(state=HoldState.RELEASED)
    return sum(
        _add(hold, selected_cases(hold.tenant_id, hold.selection).filter(pk__in=case_ids).values_list("pk", flat=True))
        for hold in queries
    )


def _add(hold: LegalHold, case_ids: Iterable[UUID]) -> int:
    known = set(HeldCase.objects.filter(hold=hold).values_list("case_id", flat=True))
    new = [case_id for case_id in case_ids if case_id not in known]
    HeldCase.objects.bulk_create(
        (HeldCase(id=new_id(), tenant_id=hold.tenant_id, hold=hold, case_id=case_id) for case_id in new),
        ignore_conflicts=True,
        batch_size=1000,
    )
    return len(new)
