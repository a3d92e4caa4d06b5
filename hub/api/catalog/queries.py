"""Reading cases: one shared case, a page of them, one raw case."""

from typing import Annotated

import strawberry

from hub.sharing.counting import EXACT_COUNT_LIMIT
from hub.sharing.shapes import CaseFilter as Condition
from hub.sharing.shapes import PageRequest
from hub.workflows.disclosure import CasePage, disclose_case, disclose_cases, disclose_raw
from hub.workflows.outcomes import Refusal
from hub.workflows.searches import find_search
from tenants.actors import Actor

from .. import cursors
from ..context import Info
from ..limits import page_size
from ..permissions import SignedIn
from ..refusals import bad_input, not_available
from ..results import Node, NotAvailable, page_info, uuid_of
from ..shaping import disclosed_fields, selected
from .changes import changed_cases
from .filters import CaseFilter, ordered, read
from .types import Case, CaseConnection, CaseEdge, CaseResult, HighlightedText, RawCase, RawCaseResult
from .vocabulary import CaseOrder


@strawberry.type
class CatalogQuery:
    """The root fields about cases."""

    @strawberry.field(permission_classes=[SignedIn], description="One failure case, as far as it is shared with you.")
    def case(self, info: Info, id: strawberry.ID) -> CaseResult:
        """Read one case by the id under which you know it."""
        match disclose_case(info.context.actor, public_id=str(id), fields=disclosed_fields(selected(info))):
            case Refusal():
                return NotAvailable()
            case shared:
                return Case.from_shared(shared)

    @strawberry.field(permission_classes=[SignedIn], description="Anything that has an id, by its id.")
    def node(self, info: Info, id: strawberry.ID) -> Node | None:
        """Relay's way to read one thing again; what is not available is null."""
        match disclose_case(info.context.actor, public_id=str(id), fields=disclosed_fields(selected(info))):
            case Refusal():
                return None
            case shared:
                return Case.from_shared(shared)

    @strawberry.field(permission_classes=[SignedIn], description="The cases that are shared with you, page by page.")
    def cases(
        self,
        info: Info,
        filter: CaseFilter | None = None,
        order: CaseOrder = CaseOrder.NEWEST,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        changed_since: Annotated[
            str | None,
            strawberry.argument(
                description="To keep a copy: `beginning`, then the `endCursor` of the last page, again and again. "
                "Gives what is new or changed, and in `tombstones` what is to be dropped."
            ),
        ] = None,
        saved_search_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Use a search that you keep, with its order.")
        ] = None,
    ) -> CaseConnection:
        """A page of cases; each page is an event on the record."""
        actor = info.context.actor
        if changed_since is not None:
            if order is not CaseOrder.NEWEST or any(
                given is not None for given in (filter, after, last, before, saved_search_id)
            ):
                raise bad_input("`changedSince` goes with `first` alone.")
            return changed_cases(info, changed_since, first)
        if saved_search_id is not None:
            if filter is not None:
                raise bad_input("Give `filter` or `savedSearchId`, not both.")
            kept = find_search(actor, uuid_of(str(saved_search_id)))
            if isinstance(kept, Refusal):
                raise not_available()
            filter, order = read(kept.filter), CaseOrder(kept.order)
        condition = filter.condition() if filter else Condition()
        wanted, listing = ordered(order, condition)
        first, last = page_size(first, last)
        paths = selected(info)
        highlights = "edges.highlights" in paths
        page = PageRequest(
            first=first,
            last=last,
            after=cursors.open_cursor(actor, listing, after),
            before=cursors.open_cursor(actor, listing, before),
        )
        outcome = disclose_cases(
            actor,
            condition=condition,
            order=wanted,
            page=page,
            fields=disclosed_fields(paths, "nodes", "edges.node") + (("highlights",) if highlights else ()),
            with_highlights=highlights,
            with_total=not paths.isdisjoint({"totalCount", "totalCountIsCapped"}),
        )
        if isinstance(outcome, Refusal):
            raise not_available()
        return _connection(actor, listing, outcome)

    @strawberry.field(
        permission_classes=[SignedIn], description="The raw document of a case of your own side, by its id at home."
    )
    def raw_case(self, info: Info, id: strawberry.ID) -> RawCaseResult:
        """Read raw what a right of your own opens."""
        match disclose_raw(info.context.actor, case_id=uuid_of(id)):
            case Refusal():
                return NotAvailable()
            case raw:
                return RawCase.from_disclosure(raw)


def _connection(actor: Actor, listing: str, found: CasePage) -> CaseConnection:
    edges = [
        CaseEdge(
            cursor=cursors.seal(actor, listing, row.position),
            node=Case.from_shared(row),
            highlights=HighlightedText.of(row.highlight),
        )
        for row in found.page.rows
    ]
    total = found.total or 0
    return CaseConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page_info(edges, has_next=found.page.has_next, has_previous=found.page.has_previous),
        total_count=min(total, EXACT_COUNT_LIMIT),
        total_count_is_capped=total > EXACT_COUNT_LIMIT,
        tombstones=[],
    )
