"""Reading what governs sharing: grants, what a policy would change, open break-glass."""

import strawberry

from hub.sharing.shapes import Position
from hub.workflows.break_glass import list_open_break_glass
from hub.workflows.grant_listing import GrantFilter as Condition
from hub.workflows.grant_listing import list_grants
from hub.workflows.outcomes import Refusal
from hub.workflows.policy import preview_policy

from .. import cursors
from ..context import Info
from ..limits import checked_lists, checked_texts, page_size
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import NOTHING, NotAvailable, after_id, page_info, uuid_of
from .types import (
    BreakGlass,
    Grant,
    GrantConnection,
    GrantEdge,
    GrantState,
    PolicyPreview,
    PolicyPreviewResult,
)

GRANTS = "grants"


@strawberry.input(description="Conditions on grants; every one that is given must hold.")
class GrantFilter:
    """The filter of grants."""

    is_issued: bool | None = strawberry.field(
        default=None, description="True: those of your side. False: those you receive."
    )
    states: list[GrantState] | None = None
    running_only: bool = False


@strawberry.type
class SharingQuery:
    """The root fields about sharing."""

    @strawberry.field(
        permission_classes=[SignedIn],
        description="Grants that your side has issued or received, newest first, each as far as it concerns you.",
    )
    def grants(
        self,
        info: Info,
        case_id: strawberry.ID | None = None,
        filter: GrantFilter | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> GrantConnection:
        """A page of grants; with a case, those by which it is read."""
        actor = info.context.actor
        size, _ = page_size(first, None)
        outcome = list_grants(
            actor, condition=_condition(case_id, filter), first=size or 0, after=after_id(actor, GRANTS, after)
        )
        if isinstance(outcome, Refusal):
            raise not_available()
        edges = [
            GrantEdge(cursor=cursors.seal(actor, GRANTS, Position(None, view.grant_id)), node=Grant.from_view(view))
            for view in outcome.grants
        ]
        return GrantConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(edges, has_next=outcome.has_more, has_previous=after is not None),
        )

    @strawberry.field(permission_classes=[SignedIn], description="What activating a policy version would change.")
    def policy_preview(self, info: Info, version_id: strawberry.ID) -> PolicyPreviewResult:
        """A look ahead, for officers."""
        outcome = preview_policy(info.context.actor, version_id=uuid_of(version_id))
        return NotAvailable() if isinstance(outcome, Refusal) else PolicyPreview.from_preview(outcome)

    @strawberry.field(permission_classes=[SignedIn], description="Break-glass that officers have yet to close.")
    def open_break_glass(self, info: Info) -> list[BreakGlass]:
        """What waits for officers."""
        outcome = list_open_break_glass(info.context.actor)
        if isinstance(outcome, Refusal):
            raise not_available()
        return [BreakGlass.from_listing(opened) for opened in outcome]


def _condition(case_id: str | None, given: GrantFilter | None) -> Condition:
    checked_texts(case_id)
    checked_lists(given.states if given else None)
    home_id = uuid_of(case_id) if case_id is not None else NOTHING
    is_home = home_id != NOTHING
    return Condition(
        is_issued=given.is_issued if given else None,
        states=tuple(state.value for state in given.states or ()) if given else (),
        running_only=given.running_only if given else False,
        case_id=home_id if is_home else None,
        public_id=case_id if case_id is not None and not is_home else None,
    )
