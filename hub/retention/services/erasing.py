"""Writes erasures: the sealed values, the places, what was decided about them, and how far the work is."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from hub.outgoing.sealing import seal, unseal
from tenants.identifiers import new_id

from ..models import ErasurePlace, ErasureRequest, ErasureState, PlaceDecision, PlaceMatch
from ..persons import PersonValues

# What an officer has to look at himself: no default fits it.
NO_DEFAULT = (PlaceMatch.DERIVED, PlaceMatch.UNREADABLE)


class ErasureRefusal(Exception):
    """Why a step cannot be taken: `same_person`, `not_proposed`, `undecided` or `ended`."""

    def __init__(self, basis: str) -> None:
        super().__init__(basis)
        self.basis = basis


@dataclass(frozen=True, slots=True)
class Found:
    """A place as a search found it."""

    kind: str
    item_id: str
    case_id: UUID | None
    match: str


def request(tenant_id: UUID, reference: str, values: PersonValues, *, by: str) -> ErasureRequest:
    """Begin an erasure; its search is the next thing that background work does."""
    pk = new_id()
    row = ErasureRequest(
        id=pk, tenant_id=tenant_id, reference=reference, sealed_values=seal(values.to_json(), f"erasure:{pk}"),
        value_counts=values.counts(), requested_by=by, requested_at=Now(),
    )  # fmt: skip
    ErasureRequest.objects.bulk_create([row])
    return row


def values_of(row: ErasureRequest) -> PersonValues:
    """The person's values, for the search alone."""
    return PersonValues.from_json(unseal(row.sealed_values, f"erasure:{row.pk}"))


def lock(erasure_id: UUID) -> ErasureRequest:
    """The request, locked until the transaction ends."""
    return ErasureRequest.objects.select_for_update().get(pk=erasure_id)


def add_places(row: ErasureRequest, found: Iterable[Found], *, undecided: Collection[str] = ()) -> int:
    """Write down places that are not yet; by default what names the person is erased. How many are new."""
    places = [
        ErasurePlace(
            id=new_id(), tenant_id=row.tenant_id, request=row, kind=place.kind, item_id=place.item_id,
            case_id=place.case_id, match=place.match,
            decision=PlaceDecision.OPEN
            if place.match in NO_DEFAULT or place.kind in undecided
            else PlaceDecision.ERASE,
        )
        for place in {(one.kind, one.item_id): one for one in found}.values()
    ]  # fmt: skip
    before = row.places.count()
    ErasurePlace.objects.bulk_create(places, ignore_conflicts=True, batch_size=1000)
    return row.places.count() - before


def propose(row: ErasureRequest, held: Collection[UUID]) -> None:
    """End the search: what is held waits for somebody's decision, and so does the whole."""
    open_places(row).filter(case_id__in=held).exclude(is_held=True).update(is_held=True, decision=PlaceDecision.OPEN)
    row.state, row.decided_by, row.decided_at = ErasureState.PROPOSED, "", None
    row.save(update_fields=["state", "decided_by", "decided_at"])


def open_places(row: ErasureRequest) -> QuerySet[ErasurePlace]:
    """Places that are not erased yet."""
    return ErasurePlace.objects.filter(request=row, erased_at=None)


def decide_places(row: ErasureRequest, which: Q, decision: str, *, by: str, reason: str) -> int:
    """Say what becomes of places, as long as the whole is not approved; of how many it was said."""
    if row.state != ErasureState.PROPOSED:
        raise ErasureRefusal("not_proposed")
    return open_places(row).filter(which).update(decision=decision, decided_by=by, reason=reason)


def approve(row: ErasureRequest, *, by: str) -> None:
    """Let it be carried out, as somebody other than who asked."""
    if row.state != ErasureState.PROPOSED:
        raise ErasureRefusal("not_proposed")
    if row.requested_by == by:
        raise ErasureRefusal("same_person")
    if open_places(row).filter(decision=PlaceDecision.OPEN).exists():
        raise ErasureRefusal("undecided")
    _wanted(row).update(is_held=False)
    row.state, row.decided_by, row.decided_at = ErasureState.APPROVED, by, Now()
    row.save(update_fields=["state", "decided_by", "decided_at"])


def decline(row: ErasureRequest, *, by: str, reason: str) -> None:
    """Turn it down; the values are forgotten, the places stay as a list of ids."""
    if row.state not in (ErasureState.SEARCHING, ErasureState.PROPOSED):
        raise ErasureRefusal("ended")
    row.state, row.decided_by, row.decided_at = ErasureState.DECLINED, by, Now()
    row.decline_reason, row.sealed_values = reason, None
    row.save(update_fields=["state", "decided_by", "decided_at", "decline_reason", "sealed_values"])


def go_on_searching(row: ErasureRequest, table: str, after: str, rows: int) -> None:
    """Where the next part of the search begins."""
    row.search_table, row.search_after = table, after
    row.searched_rows += rows
    row.save(update_fields=["search_table", "search_after", "searched_rows"])


def next_places(row: ErasureRequest, limit: int) -> list[ErasurePlace]:
    """The next places to erase that no hold was seen on, in the order of their cases."""
    return list(_wanted(row).filter(is_held=False).order_by("case_id", "kind", "item_id")[:limit])


def is_waiting(row: ErasureRequest) -> bool:
    """Whether places are to be erased as soon as a hold has ended."""
    return _wanted(row).exists()


def _wanted(row: ErasureRequest) -> QuerySet[ErasurePlace]:
    return open_places(row).filter(decision__in=[PlaceDecision.ERASE, PlaceDecision.WAIT])


def mark_held(places: Sequence[ErasurePlace]) -> None:
    """Note that a hold stands on them: they wait."""
    ErasurePlace.objects.filter(pk__in=[place.pk for place in places]).update(is_held=True)


def wake(tenant_id: UUID) -> None:
    """Let what waits for holds be looked at again."""
    waiting = ErasureRequest.objects.filter(tenant_id=tenant_id, state=ErasureState.WAITING).order_by("pk")
    for row in waiting.select_for_update():
        _wanted(row).update(is_held=False)
        set_state(row, ErasureState.APPROVED)


def mark_erased(places: Sequence[ErasurePlace], digests: Mapping[str, str]) -> None:
    """Write what is gone into the ledger: its place, its digest (`digests` by `<kind>:<item>`), and when."""
    for place in places:
        place.digest = digests.get(f"{place.kind}:{place.item_id}", "")
    ErasurePlace.objects.bulk_update(places, ["digest"], batch_size=500)
    ErasurePlace.objects.filter(pk__in=[place.pk for place in places]).update(erased_at=Now())


def begin_proof(row: ErasureRequest) -> None:
    """Search once more, from the beginning."""
    row.state, row.search_table, row.search_after, row.searched_rows = ErasureState.PROVING, "", "", 0
    row.save(update_fields=["state", "search_table", "search_after", "searched_rows"])


def certify(row: ErasureRequest, event_id: UUID) -> None:
    """The end: what the certificate says; the values are forgotten."""
    row.state, row.sealed_values, row.event_id = ErasureState.PROVEN, None, event_id
    row.proof_rows, row.proven_at = row.searched_rows, Now()
    row.erased_count, row.left_count, row.places_digest = summary(row)
    row.save(
        update_fields=[
            "state", "sealed_values", "event_id", "proof_rows", "proven_at", "erased_count", "left_count",
            "places_digest",
        ]
    )  # fmt: skip


def summary(row: ErasureRequest) -> tuple[int, int, str]:
    """How many places were erased and left, and SHA-256 over the lines `<kind> <item> <digest>` of the erased ones."""
    gone = ErasurePlace.objects.filter(request=row, erased_at__isnull=False).order_by("kind", "item_id")
    lines = [f"{kind} {item} {digest}\n" for kind, item, digest in gone.values_list("kind", "item_id", "digest")]
    left = ErasurePlace.objects.filter(request=row, decision=PlaceDecision.LEAVE).count()
    return len(lines), left, hashlib.sha256("".join(lines).encode()).hexdigest()


def set_state(row: ErasureRequest, state: ErasureState) -> None:
    """Note how far the work is."""
    row.state = state
    row.save(update_fields=["state"])
