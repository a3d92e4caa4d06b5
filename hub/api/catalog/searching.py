"""Finding one's way among shared cases: facet counts, and cases like another one."""

from typing import Annotated

import strawberry

from hub.sharing.counting import EXACT_COUNT_LIMIT, FacetCell, FacetCounts
from hub.sharing.shapes import CaseFilter as Condition
from hub.workflows.outcomes import Refusal
from hub.workflows.searching import disclose_facets, disclose_similar

from ..context import Info
from ..limits import page_size
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import NotAvailable
from ..shaping import disclosed_fields, selected
from .filters import CaseFilter
from .types import Case


@strawberry.type(description="How many cases have one value.")
class FacetCount:
    """A cell of a facet."""

    value: str | None = strawberry.field(description="Null: the case does not say, or its profile does not show it.")
    count: int

    @classmethod
    def of(cls, cell: FacetCell) -> "FacetCount":
        """Show a cell."""
        return cls(value=cell.value or None, count=min(cell.count, EXACT_COUNT_LIMIT))


@strawberry.type(description="How many cases are about one version of a model.")
class ModelVersionCount:
    """A cell of the facet of models."""

    model: str | None
    version: str | None
    count: int

    @classmethod
    def of(cls, cell: FacetCell) -> "ModelVersionCount":
        """Show a cell."""
        return cls(model=cell.value or None, version=cell.version or None, count=min(cell.count, EXACT_COUNT_LIMIT))


@strawberry.type(description="How the cases that you may list are spread; each facet shows its most frequent values.")
class CaseFacets:
    """The counts, all of redacted values."""

    total: str = strawberry.field(description="How many cases match; exact up to 10,000, then `10,000+`.")
    total_count: int = strawberry.field(description="The same as a number, 10,000 at most.")
    is_capped: bool = strawberry.field(description="There are more than were counted: each count is `at least`.")
    failure_modes: list[FacetCount] = strawberry.field(description='Tags of the taxonomy `avid:sep="…"`.')
    model_versions: list[ModelVersionCount]
    severities: list[FacetCount]
    months: list[FacetCount] = strawberry.field(description="When it began, as `YYYY-MM`.")

    @classmethod
    def of(cls, counts: FacetCounts) -> "CaseFacets":
        """Show what was counted."""
        shown = min(counts.total, EXACT_COUNT_LIMIT)
        return cls(
            total=f"{shown:,}+" if counts.is_capped else f"{shown:,}",
            total_count=shown,
            is_capped=counts.is_capped,
            failure_modes=[FacetCount.of(cell) for cell in counts.failure_modes],
            model_versions=[ModelVersionCount.of(cell) for cell in counts.model_versions],
            severities=[FacetCount.of(cell) for cell in counts.severities],
            months=[FacetCount.of(cell) for cell in counts.months],
        )


@strawberry.type(description="A case that reads like another one.")
class SimilarCase:
    """The case, and how similar it is."""

    similarity: float = strawberry.field(description="Runs of words that both have: 1 is equal, 0 nothing in common.")
    case: Case


@strawberry.type(description="Cases like another one, most similar first.")
class SimilarCases:
    """Those that you may see."""

    cases: list[SimilarCase]


SimilarCasesResult = Annotated[SimilarCases | NotAvailable, strawberry.union("SimilarCasesResult")]


@strawberry.type
class SearchingQuery:
    """The root fields about many cases at once."""

    @strawberry.field(
        permission_classes=[SignedIn],
        description="Counts of the cases that you may list, by failure mode, model version, severity and month.",
    )
    def case_facets(self, info: Info, filter: CaseFilter | None = None) -> CaseFacets:
        """Counts under a filter."""
        condition = filter.condition() if filter else Condition()
        counts = disclose_facets(info.context.actor, condition=condition)
        if isinstance(counts, Refusal):
            raise not_available()
        return CaseFacets.of(counts)

    @strawberry.field(
        permission_classes=[SignedIn],
        description="Near-duplicates of a case that is shared with you, among what is shared with you.",
    )
    def similar_cases(self, info: Info, id: strawberry.ID, first: int = 10) -> SimilarCasesResult:
        """Cases like one."""
        size, _ = page_size(first, None)
        fields = disclosed_fields(selected(info), "cases.case")
        match disclose_similar(info.context.actor, public_id=str(id), size=size or 0, fields=fields):
            case Refusal():
                return NotAvailable()
            case found:
                return SimilarCases(
                    cases=[SimilarCase(similarity=row.similarity, case=Case.from_shared(row.shared)) for row in found]
                )
