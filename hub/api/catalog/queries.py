"""Reading cases: one shared case, a page of them, one raw case."""

from datetime import date

import strawberry

from hub.sharing.shapes import EXACT_COUNT_LIMIT, PageRequest
from hub.sharing.shapes import CaseFilter as Condition
from hub.sharing.shapes import CaseOrder as Order
from hub.workflows.disclosure import CasePage, disclose_case, disclose_cases, disclose_raw
from hub.workflows.outcomes import Refusal
from tenants.actors import Actor

from .. import cursors
from ..context import Info
from ..limits import checked_lists, checked_texts, page_size
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import Node, NotAvailable, page_info, uuid_of
from ..shaping import disclosed_fields, selected
from .types import Case, CaseConnection, CaseEdge, CaseResult, RawCase, RawCaseResult
from .vocabulary import CaseKind, CaseOrder, DataClass, SeverityLabel, Tlp


@strawberry.input(description="Conditions on what is shared with you; every one that is given must hold.")
class CaseFilter:
    """The filter of a list. No field of it names anything that the answer does not show."""

    model_name: str | None = None
    model_version: str | None = None
    tags: list[str] | None = strawberry.field(default=None, description="The case has all of these.")
    kinds: list[CaseKind] | None = strawberry.field(default=None, description="Any of these.")
    severities: list[SeverityLabel] | None = strawberry.field(default=None, description="Any of these.")
    data_source: str | None = None
    occurred_after: date | None = strawberry.field(default=None, description="It ended on this day or later.")
    occurred_before: date | None = strawberry.field(default=None, description="It began on this day or earlier.")
    highest_class: DataClass | None = None
    highest_tlp: Tlp | None = None
    text: str | None = strawberry.field(default=None, description="Words to search for, as in a search engine.")

    def condition(self) -> Condition:
        """The same as a value of the sharing layer, checked for size."""
        checked_texts(self.model_name, self.model_version, self.data_source, self.text, *(self.tags or ()))
        checked_lists(self.tags, self.kinds, self.severities)
        return Condition(
            model_name=self.model_name,
            model_version=self.model_version,
            tags=tuple(self.tags or ()),
            kinds=tuple(kind.value for kind in self.kinds or ()),
            severities=tuple(label.value for label in self.severities or ()),
            data_source=self.data_source,
            occurred_after=self.occurred_after,
            occurred_before=self.occurred_before,
            highest_class=self.highest_class.value if self.highest_class else None,
            highest_tlp=self.highest_tlp.value if self.highest_tlp else None,
            text=self.text,
        )


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
    ) -> CaseConnection:
        """A page of cases; each page is an event on the record."""
        actor, listing = info.context.actor, f"cases:{order.value}"
        first, last = page_size(first, last)
        paths = selected(info)
        page = PageRequest(
            first=first,
            last=last,
            after=cursors.open_cursor(actor, listing, after),
            before=cursors.open_cursor(actor, listing, before),
        )
        outcome = disclose_cases(
            actor,
            condition=filter.condition() if filter else Condition(),
            order=Order(order.value),
            page=page,
            fields=disclosed_fields(paths, "nodes", "edges.node"),
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
        CaseEdge(cursor=cursors.seal(actor, listing, row.position), node=Case.from_shared(row))
        for row in found.page.rows
    ]
    total = found.total or 0
    return CaseConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page_info(edges, has_next=found.page.has_next, has_previous=found.page.has_previous),
        total_count=min(total, EXACT_COUNT_LIMIT),
        total_count_is_capped=total > EXACT_COUNT_LIMIT,
    )
