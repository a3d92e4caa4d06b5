"""Statistics that include cases which the caller may not list: fields of their own, named as such."""

import strawberry

from hub.workflows.outcomes import Refusal
from hub.workflows.statistics import StatisticsCell, disclose_statistics

from ..context import Info
from ..permissions import SignedIn
from ..refusals import not_available


@strawberry.type(description="How many cases of your organisation have one value.")
class TenantCount:
    """A cell."""

    value: str | None = strawberry.field(description="Null: the case does not say.")
    count: int | None = strawberry.field(description="Null: suppressed, for itself or to keep another cell hidden.")

    @classmethod
    def of(cls, cell: StatisticsCell) -> "TenantCount":
        """Show a cell."""
        return cls(value=cell.value or None, count=cell.count)


@strawberry.type(
    description="All cases of your organisation, also those that you may not list. A cell in which the cases of others "
    "are fewer than `leastShown` is suppressed, and others along with it where a difference would tell it."
)
class TenantStatistics:
    """The counts."""

    total: int | None
    kinds: list[TenantCount]
    severities: list[TenantCount]
    least_shown: int


@strawberry.type
class StatisticsQuery:
    """The root field of statistics."""

    @strawberry.field(
        permission_classes=[SignedIn],
        description="Counts over all cases of your organisation, with small cells suppressed. Not what you may list: "
        "that is `caseFacets`.",
    )
    def tenant_statistics(self, info: Info) -> TenantStatistics:
        """Counts by kind and severity."""
        counts = disclose_statistics(info.context.actor)
        if isinstance(counts, Refusal):
            raise not_available()
        return TenantStatistics(
            total=counts.total,
            kinds=[TenantCount.of(cell) for cell in counts.kinds],
            severities=[TenantCount.of(cell) for cell in counts.severities],
            least_shown=counts.least_shown,
        )
