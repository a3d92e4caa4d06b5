"""Searches that one keeps for oneself."""

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from hub.workflows.outcomes import Done, Invalid, Refusal
from hub.workflows.searches import KeptSearch, delete_search, list_searches, save_search

from ..context import Info
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import InvalidInput, NotAvailable, refused, uuid_of
from ..steps import Step
from .filters import CaseFilter, ordered, written
from .vocabulary import CaseOrder


@strawberry.type(description="A search that you keep; nobody else sees it.")
class SavedSearch:
    """Name, filter and order."""

    id: strawberry.ID = strawberry.field(description="Use it as `cases(savedSearchId:)`.")
    name: str
    filter: JSON = strawberry.field(description="The filter, as a variable of type `CaseFilter` would have it.")
    order: CaseOrder

    @classmethod
    def of(cls, kept: KeptSearch) -> "SavedSearch":
        """Show a kept search."""
        return cls(
            id=strawberry.ID(str(kept.id)), name=kept.name, filter=JSON(kept.filter), order=CaseOrder(kept.order)
        )


@strawberry.type(description="The search is kept no more.")
class SearchDeleted:
    """Which one it was."""

    id: strawberry.ID


SaveSearchResult = Annotated[SavedSearch | NotAvailable | InvalidInput, strawberry.union("SaveSearchResult")]
DeleteSearchResult = Annotated[SearchDeleted | NotAvailable, strawberry.union("DeleteSearchResult")]


@strawberry.type
class SearchesQuery:
    """Reading one's searches."""

    @strawberry.field(permission_classes=[SignedIn], description="The searches that you keep, by name.")
    def saved_searches(self, info: Info) -> list[SavedSearch]:
        """All of them; there are 50 at most."""
        found = list_searches(info.context.actor)
        if isinstance(found, Refusal):
            raise not_available()
        return [SavedSearch.of(kept) for kept in found]


@strawberry.type
class SearchesMutation:
    """Keeping searches."""

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Keep a search for yourself; an earlier one of the same name is replaced.",
    )
    def save_search(
        self, info: Info, name: str, filter: CaseFilter, order: CaseOrder = CaseOrder.NEWEST
    ) -> SaveSearchResult:
        """Keep a filter and an order."""
        # A search that could not be used is not kept.
        ordered(order, filter.condition())
        match save_search(info.context.actor, name=name, filter=written(filter), order=order.value):
            case KeptSearch() as kept:
                return SavedSearch.of(kept)
            case Refusal() | Invalid() as outcome:
                return refused(outcome)

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Forget a search that you keep."
    )
    def delete_search(self, info: Info, id: strawberry.ID) -> DeleteSearchResult:
        """Forget one."""
        match delete_search(info.context.actor, search_id=uuid_of(str(id))):
            case Done():
                return SearchDeleted(id=id)
            case Refusal():
                return NotAvailable()
