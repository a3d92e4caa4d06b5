"""Erasures over GraphQL: officers ask and decide, officers and auditors read; values go in and never come out."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.retention.models import ErasurePlace as PlaceRow
from hub.retention.models import ErasureRequest as ErasureRow
from hub.retention.persons import PersonValues
from hub.workflows import erasure
from hub.workflows.erasure_places import describe
from hub.workflows.outcomes import Done, Invalid, Refusal

from ..context import Info
from ..limits import DEFAULT_PAGE, page_size
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import InvalidInput, NotAvailable, refused, uuid_of
from ..steps import Step


@strawberry.enum(description="How far an erasure is.")
class ErasureState(Enum):
    """The states of an erasure."""

    SEARCHING = "searching"
    PROPOSED = "proposed"
    APPROVED = "approved"
    WAITING = "waiting"
    PROVING = "proving"
    PROVEN = "proven"
    DECLINED = "declined"


@strawberry.enum(description="What becomes of a place: WAIT erases it when its legal holds have ended.")
class PlaceDecision(Enum):
    """The decisions about a place."""

    ERASE = "erase"
    WAIT = "wait"
    LEAVE = "leave"


@strawberry.enum(description="Several places at once: what is held, what is undecided, or by how they name the person.")
class PlaceGroup(Enum):
    """The groups that a decision can be about."""

    HELD = "held"
    UNDECIDED = "undecided"
    WHOLE = "whole"
    ENCODED = "encoded"
    DERIVED = "derived"
    PSEUDONYM = "pseudonym"
    MADE_FROM = "made_from"
    UNREADABLE = "unreadable"


@strawberry.type(description="A place that names the person: by id, never what it says.")
class ErasurePlace:
    """One place and what becomes of it."""

    id: strawberry.ID
    what: str
    item_id: strawberry.ID
    case_id: strawberry.ID | None
    match: str = strawberry.field(description="How it names the person.")
    is_held: bool = strawberry.field(description="A legal hold stands on its case.")
    decision: PlaceDecision | None = strawberry.field(description="None while it is to be decided.")
    erased_at: datetime | None
    digest: str = strawberry.field(description="Of what is gone, where it had one.")

    @classmethod
    def from_row(cls, row: PlaceRow) -> "ErasurePlace":
        """The row as it is shown."""
        return cls(
            id=strawberry.ID(str(row.pk)), what=describe(row.kind), item_id=strawberry.ID(row.item_id),
            case_id=strawberry.ID(str(row.case_id)) if row.case_id else None, match=row.match, is_held=row.is_held,
            decision=PlaceDecision(row.decision) if row.decision else None, erased_at=row.erased_at,
            digest=row.digest,
        )  # fmt: skip


@strawberry.type(description="The erasure of a person, and, once it is proven, its certificate.")
class Erasure:
    """An erasure without its places."""

    id: strawberry.ID
    reference: str
    state: ErasureState
    requested_at: datetime
    decided_at: datetime | None
    erased: int
    left: int
    places_digest: str = strawberry.field(description="SHA-256 over the erased places; its sealed event has it too.")
    proof_rows: int = strawberry.field(description="How many rows the search that proved it has looked at.")
    proven_at: datetime | None

    @classmethod
    def from_row(cls, row: ErasureRow) -> "Erasure":
        """The row as it is shown."""
        return cls(
            id=strawberry.ID(str(row.pk)), reference=row.reference, state=ErasureState(row.state),
            requested_at=row.requested_at, decided_at=row.decided_at, erased=row.erased_count, left=row.left_count,
            places_digest=row.places_digest, proof_rows=row.proof_rows, proven_at=row.proven_at,
        )  # fmt: skip


@strawberry.type(description="An erasure with the first of its places: what is to be decided first.")
class ErasureSeen:
    """An erasure, place by place."""

    erasure: Erasure
    places: list[ErasurePlace]


@strawberry.type(description="The erasure that a step was about.")
class ErasureChanged:
    """The answer to a step."""

    erasure_id: strawberry.ID


ErasureResult = Annotated[ErasureSeen | NotAvailable, strawberry.union("ErasureResult")]
ChangeErasureResult = Annotated[ErasureChanged | InvalidInput | NotAvailable, strawberry.union("ChangeErasureResult")]


@strawberry.input(description="What names the person. Kept sealed until the erasure has ended; no answer shows it.")
class PersonInput:
    """The values to look for."""

    names: list[str] | None = None
    emails: list[str] | None = None
    phones: list[str] | None = None
    others: list[str] | None = strawberry.field(
        default=None, description="Addresses, account and card numbers, user names."
    )


@strawberry.type
class ErasuresQuery:
    """The root fields that read erasures."""

    @strawberry.field(permission_classes=[SignedIn], description="Erasures, the newest first; officers and auditors.")
    def erasures(self, info: Info, first: int = DEFAULT_PAGE) -> list[Erasure]:
        """The newest first."""
        size, _ = page_size(first, None)
        found = erasure.list_erasures(info.context.actor, limit=size or DEFAULT_PAGE)
        if isinstance(found, Refusal):
            raise not_available()
        return [Erasure.from_row(row) for row in found]

    @strawberry.field(permission_classes=[SignedIn], description="One erasure with its places.")
    def erasure(self, info: Info, id: strawberry.ID, first: int = DEFAULT_PAGE) -> ErasureResult:
        """With its places."""
        size, _ = page_size(first, None)
        seen = erasure.read_erasure(info.context.actor, erasure_id=uuid_of(id), limit=size or DEFAULT_PAGE)
        if isinstance(seen, Refusal):
            return NotAvailable()
        return ErasureSeen(
            erasure=Erasure.from_row(seen.request), places=[ErasurePlace.from_row(row) for row in seen.places]
        )


@strawberry.type
class ErasuresMutation:
    """The root fields that ask for erasures and decide them."""

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Ask for the erasure of a person; the hub searches and proposes. `reference` is your file number.",
    )  # fmt: skip
    def request_erasure(self, info: Info, reference: str, person: PersonInput) -> ChangeErasureResult:
        """Ask."""
        values = PersonValues(
            *(
                tuple(dict.fromkeys(value.strip() for value in given or () if value.strip()))
                for given in (person.names, person.emails, person.phones, person.others)
            )
        )
        return _changed(erasure.request_erasure(info.context.actor, reference=reference, values=values))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Say what becomes of places: of those named, or of a group.",
    )  # fmt: skip
    def decide_erasure_places(
        self,
        info: Info,
        erasure_id: strawberry.ID,
        decision: PlaceDecision,
        place_ids: list[strawberry.ID] | None = None,
        group: PlaceGroup | None = None,
        reason: str = "",
    ) -> ChangeErasureResult:
        """Decide."""
        return _changed(
            erasure.decide_places(
                info.context.actor, erasure_id=uuid_of(erasure_id), decision=decision.value, reason=reason,
                place_ids=[uuid_of(place_id) for place_id in place_ids or ()], group=group.value if group else "",
            )
        )  # fmt: skip

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Carry an erasure out, as somebody other than who asked for it. There is no way back.",
    )  # fmt: skip
    def approve_erasure(self, info: Info, erasure_id: strawberry.ID) -> ChangeErasureResult:
        """Approve."""
        return _changed(erasure.approve_erasure(info.context.actor, erasure_id=uuid_of(erasure_id)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Turn an erasure down; the person's values are forgotten.",
    )  # fmt: skip
    def decline_erasure(self, info: Info, erasure_id: strawberry.ID, reason: str) -> ChangeErasureResult:
        """Decline."""
        return _changed(erasure.decline_erasure(info.context.actor, erasure_id=uuid_of(erasure_id), reason=reason))


def _changed(outcome: Done | Refusal | Invalid) -> Any:
    if isinstance(outcome, Done):
        return ErasureChanged(erasure_id=strawberry.ID(str(outcome.object_id)))
    return refused(outcome)
