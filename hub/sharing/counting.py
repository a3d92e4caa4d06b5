"""Counts of what a reader may list: exact to a limit, and no dearer beyond it."""

from dataclasses import dataclass, field

from django.db import connection

from tenants.actors import Actor

from .access import visible_projections
from .shapes import CaseFilter

EXACT_COUNT_LIMIT = 10_000
MOST_CELLS = 100
# The taxonomy of failure modes that cases are tagged with.
FAILURE_MODES = "avid:sep="


@dataclass(frozen=True, slots=True)
class FacetCell:
    """One value of a facet, and how many cases have it. An empty value stands for cases that do not say."""

    value: str
    version: str
    count: int


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The most frequent values of each facet among the cases that were found; `total` is one above the limit beyond."""

    total: int = 0
    failure_modes: list[FacetCell] = field(default_factory=list)
    model_versions: list[FacetCell] = field(default_factory=list)
    severities: list[FacetCell] = field(default_factory=list)
    months: list[FacetCell] = field(default_factory=list)

    @property
    def is_capped(self) -> bool:
        """Whether there are more cases than were counted, so that each count is "at least"."""
        return self.total > EXACT_COUNT_LIMIT


# At most one row more than the limit is ever read, whatever is asked.
_FACETS = """
WITH found (tags, model_name, model_version, severity_label, occurred_from) AS MATERIALIZED ({found}),
cells (facet, value, version, amount) AS (
    SELECT 'total', '', '', count(*) FROM found
    UNION ALL SELECT 'severities', severity_label, '', count(*) FROM found GROUP BY severity_label
    UNION ALL SELECT 'model_versions', model_name, model_version, count(*) FROM found GROUP BY model_name, model_version
    UNION ALL SELECT 'months', coalesce(to_char(occurred_from, 'YYYY-MM'), ''), '', count(*) FROM found GROUP BY 2
    UNION ALL SELECT 'failure_modes', tag, '', count(*) FROM found, unnest(tags) AS tag
              WHERE starts_with(tag, %s) GROUP BY tag
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY facet ORDER BY amount DESC, value, version) AS place FROM cells
)
SELECT facet, value, version, amount FROM ranked WHERE place <= %s ORDER BY facet, place
"""


def count_visible(actor: Actor, condition: CaseFilter) -> int:
    """How many cases the reader may list, exact up to the limit and one more than it beyond."""
    rows = visible_projections(actor).filter(condition.condition()).order_by().values("pk")
    return rows[: EXACT_COUNT_LIMIT + 1].count()


def count_facets(actor: Actor, condition: CaseFilter) -> FacetCounts:
    """How many of the cases that the reader may list have which failure mode, model version, severity and month."""
    columns = ("tags", "model_name", "model_version", "severity_label", "occurred_from")
    rows = visible_projections(actor).filter(condition.condition()).order_by().values(*columns)
    if rows.query.is_empty():
        return FacetCounts()
    found, parameters = rows[: EXACT_COUNT_LIMIT + 1].query.sql_with_params()
    cells: dict[str, list[FacetCell]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FACETS.format(found=found), [*parameters, FAILURE_MODES, MOST_CELLS])
        for facet, value, version, amount in cursor.fetchall():
            cells.setdefault(facet, []).append(FacetCell(value, version, min(amount, EXACT_COUNT_LIMIT + 1)))
    (total,) = cells.pop("total")
    return FacetCounts(total.count, **cells)
