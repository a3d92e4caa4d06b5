"""Counts over cases that the caller may not list: of his own tenant alone, and without any cell that names a few."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.catalog.models.cases import CaseKind, SeverityLabel
from hub.sharing.access import visible_projections
from hub.sharing.suppression import LEAST_SHOWN, may_show_total, shown_cells
from tenants.actors import Actor, system_actor
from tenants.scoping import acting_as

from .disclosure import decide_reading
from .outcomes import Refusal

PROCESS = "statistics"


@dataclass(frozen=True, slots=True)
class StatisticsCell:
    """How many cases have one value; None where too few of them are others' to say."""

    value: str
    count: int | None


@dataclass(frozen=True, slots=True)
class TenantCounts:
    """All cases of a tenant by what they are, as far as it may be told."""

    total: int | None
    kinds: tuple[StatisticsCell, ...]
    severities: tuple[StatisticsCell, ...]
    least_shown: int = LEAST_SHOWN


def disclose_statistics(actor: Actor) -> TenantCounts | Refusal:
    """Counts over every team's cases in the caller's tenant. They take no filter, so that no two can be subtracted."""
    decision = decide_reading(actor)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.CASE_STATISTICS, "tenant_cases:", decision)
        return Refusal(decision.basis)
    # The other teams' cases are counted as a background process of the tenant sees them, and leave as sums alone.
    with acting_as(system_actor(actor.tenant_id, PROCESS)):
        cases = Case.objects.filter(tenant_id=actor.tenant_id, withdrawn_at__isnull=True)
        listed = visible_projections(actor).filter(tenant_id=actor.tenant_id).values("case_id")
        total, kinds = _cells(cases, listed, "current_version__kind", CaseKind.values)
        _, severities = _cells(cases, listed, "current_version__severity_label", [*SeverityLabel.values, ""])
    record(actor, AuditAction.CASE_STATISTICS, f"tenant:{actor.tenant_id}", decision)
    return TenantCounts(total, kinds, severities)


def _cells(
    cases: QuerySet[Case], listed: QuerySet[Any], column: str, values: list[str]
) -> tuple[int | None, tuple[StatisticsCell, ...]]:
    known = _count(cases.filter(pk__in=listed), column, values)
    hidden = _count(cases.exclude(pk__in=listed), column, values)
    shown = shown_cells(hidden)
    cells = tuple(StatisticsCell(value, known[value] + hidden[value] if value in shown else None) for value in values)
    total = sum(known.values()) + sum(hidden.values()) if may_show_total(hidden) else None
    return total, cells


def _count(cases: QuerySet[Case], column: str, values: list[str]) -> dict[str, int]:
    counted = dict(cases.annotate(value=F(column)).values_list("value").annotate(count=Count("pk")).order_by())
    return {value: counted.get(value, 0) for value in values}
