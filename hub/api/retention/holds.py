"""Legal holds over GraphQL: what officers do and officers and auditors read."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.workflows import holding
from hub.workflows.outcomes import Invalid, Refusal

from ..context import Info
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import InvalidInput, NotAvailable, refused, uuid_of
from ..steps import Step


@strawberry.enum(description="How far a legal hold is from its end.")
class HoldState(Enum):
    """The states of a hold."""

    STANDING = "standing"
    RELEASE_PROPOSED = "release_proposed"
    RELEASED = "released"


@strawberry.type(description="A legal hold: while it stands, nothing of its cases is deleted.")
class LegalHold:
    """One hold that stands."""

    id: strawberry.ID
    authority: str = strawberry.field(description="Who ordered it.")
    reason: str
    is_by_query: bool = strawberry.field(description="Whether cases that come to match are held as well.")
    state: HoldState
    held_cases: int
    review_on: date
    placed_at: datetime


@strawberry.type(description="A hold as it stands after a step.")
class HoldChanged:
    """The answer to placing and releasing."""

    hold_id: strawberry.ID
    state: HoldState
    held_cases: int


ChangeHoldResult = Annotated[HoldChanged | InvalidInput | NotAvailable, strawberry.union("ChangeHoldResult")]


@strawberry.input(description="What the cases have in common; every list that is given must hold by one member.")
class HoldSelection:
    """The query of a hold."""

    tags: list[str] | None = None
    models: list[str] | None = None
    kinds: list[str] | None = None
    data_classes: list[str] | None = None
    team_ids: list[strawberry.ID] | None = None


@strawberry.type
class HoldsQuery:
    """The root field that reads holds."""

    @strawberry.field(
        permission_classes=[SignedIn], description="The legal holds that stand, for officers and auditors."
    )
    def legal_holds(self, info: Info) -> list[LegalHold]:
        """The next to be reviewed first."""
        found = holding.list_holds(info.context.actor)
        if isinstance(found, Refusal):
            raise not_available()
        return [
            LegalHold(
                id=strawberry.ID(str(row.hold_id)), authority=row.authority, reason=row.reason,
                is_by_query=row.is_by_query, state=HoldState(row.state), held_cases=row.held_cases,
                review_on=row.review_on, placed_at=row.placed_at,
            )
            for row in found
        ]  # fmt: skip


@strawberry.type
class HoldsMutation:
    """The root fields that place and release holds."""

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Hold cases by their ids at home, at once."
    )
    def hold_cases(
        self, info: Info, case_ids: list[strawberry.ID], authority: str, reason: str, review_on: date
    ) -> ChangeHoldResult:
        """By name."""
        return _changed(
            holding.place_hold(
                info.context.actor, authority=authority, reason=reason, review_on=review_on,
                selection={"cases": [uuid_of(case_id) for case_id in case_ids]}, is_by_query=False,
            )
        )  # fmt: skip

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Hold the cases that match, now and as long as the hold stands.",
    )
    def hold_matching_cases(
        self, info: Info, selection: HoldSelection, authority: str, reason: str, review_on: date
    ) -> ChangeHoldResult:
        """By query."""
        wanted: dict[str, list[Any]] = {
            "tags": selection.tags or [],
            "models": selection.models or [],
            "kinds": selection.kinds or [],
            "data_classes": selection.data_classes or [],
            "teams": [uuid_of(team_id) for team_id in selection.team_ids or ()],
        }
        return _changed(
            holding.place_hold(
                info.context.actor, authority=authority, reason=reason, review_on=review_on, selection=wanted,
                is_by_query=True,
            )
        )  # fmt: skip

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Ask for the end of a hold; it stands until a second officer agrees.",
    )
    def propose_hold_release(self, info: Info, hold_id: strawberry.ID, reason: str) -> ChangeHoldResult:
        """Propose."""
        return _changed(holding.propose_release(info.context.actor, hold_id=uuid_of(hold_id), reason=reason))

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Decide a proposed release, as somebody other than who proposed it, or keep the hold.",
    )
    def decide_hold_release(self, info: Info, hold_id: strawberry.ID, release: bool) -> ChangeHoldResult:
        """Release or keep."""
        decide = holding.release_hold if release else holding.keep_hold
        return _changed(decide(info.context.actor, hold_id=uuid_of(hold_id)))


def _changed(outcome: holding.HoldAnswer | Refusal | Invalid) -> Any:
    if isinstance(outcome, holding.HoldAnswer):
        return HoldChanged(
            hold_id=strawberry.ID(str(outcome.hold_id)), state=HoldState(outcome.state), held_cases=outcome.held_cases
        )
    return refused(outcome)
