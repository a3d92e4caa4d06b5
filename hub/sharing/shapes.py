"""What a reader asks of the shared cases, as plain values, and its translation into one statement over visible rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from tenants.actors import Actor

from .access import CLASS_RANKS, TLP_RANKS, visible_projections
from .models import GrantCoverage, Projection
from .wording import headline, relevance, search_query


class CaseOrder(StrEnum):
    """How a list of cases is ordered; ties go by the case, newest first, so that pages never overlap."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SEVERITY = "severity"
    OCCURRED = "occurred"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Conditions on redacted values; every one that is given must hold, each list by any of its members.

    `all_of` holds when each of its parts does, `any_of` when one of them does.
    """

    model_name: str | None = None
    model_version: str | None = None
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    data_source: str | None = None
    occurred_after: date | None = None
    occurred_before: date | None = None
    highest_class: str | None = None
    highest_tlp: str | None = None
    text: str | None = None
    public_ids: tuple[str, ...] = ()
    all_of: tuple["CaseFilter", ...] = ()
    any_of: tuple["CaseFilter", ...] = ()

    def condition(self) -> Q:
        """The same as a Django condition."""
        condition = Q()
        for column, value in (
            ("model_name__iexact", self.model_name),
            ("model_version", self.model_version),
            ("data_source__iexact", self.data_source),
            ("occurred_to__gte", self.occurred_after),
            ("occurred_from__lte", self.occurred_before),
        ):
            if value is not None:
                condition &= Q(**{column: value})
        if self.tags:
            condition &= Q(tags__contains=list(self.tags))
        if self.kinds:
            condition &= Q(kind__in=self.kinds)
        if self.severities:
            condition &= Q(severity_label__in=self.severities)
        if self.highest_class is not None:
            condition &= Q(class_rank__lte=CLASS_RANKS[self.highest_class])
        if self.highest_tlp is not None:
            condition &= Q(tlp_rank__lte=TLP_RANKS[self.highest_tlp])
        if self.text:
            condition &= Q(search_vector=search_query(self.text))
        if self.public_ids:
            condition &= Q(public_id__in=self.public_ids)
        for part in self.all_of:
            condition &= part.condition()
        choices = [part.condition() for part in self.any_of]
        # A choice without conditions holds for every case; Django would leave it out instead.
        if choices and all(choices):
            condition &= reduce(or_, choices)
        return condition


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an ordered list: the order's own value (None for newest and oldest), and the case."""

    value: Any
    case_id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which stretch of the list: from the front (`first`) or from the back (`last`), between two positions."""

    first: int | None = None
    last: int | None = None
    after: Position | None = None
    before: Position | None = None


@dataclass(frozen=True, slots=True)
class SharedCase:
    """One row as the reader gets it, with what the record needs to know about it."""

    public_id: str
    document: dict[str, Any]
    owner: str
    kind: str
    severity: str
    model_name: str
    model_version: str
    data_source: str
    tags: tuple[str, ...]
    occurred_from: date | None
    occurred_to: date | None
    recorded_on: date | None
    data_class: str
    tlp: str
    digest: str
    profile_policy_version_id: UUID
    projection_id: UUID
    case_id: UUID
    owner_tenant_id: UUID
    owner_team_id: UUID
    grant_id: UUID | None
    position: Position
    # The stretches of the text that a search has found, its hits between marks; only where they were asked for.
    highlight: str = ""


@dataclass(frozen=True, slots=True)
class SharedPage:
    """A page of rows and what lies beyond it."""

    rows: tuple[SharedCase, ...]
    has_next: bool
    has_previous: bool


def read_page(
    actor: Actor, condition: CaseFilter, order: CaseOrder, page: PageRequest, *, with_highlights: bool = False
) -> SharedPage:
    """One statement: decide, filter, order and cut. A row more than asked for tells whether there are others."""
    rows = _ordered(visible_projections(actor).filter(condition.condition()), order, condition.text or "")
    for position, is_after in ((page.after, True), (page.before, False)):
        if position is not None:
            rows = rows.filter(_beyond(order, position, is_after=is_after))
    backwards = page.first is None and page.last is not None
    size = page.last if backwards else page.first
    if size is None:
        raise ValueError("A page needs `first` or `last`.")
    columns = _order_columns(order)
    rows = rows.order_by(*(_flip(columns) if backwards else columns))
    shown: dict[str, Any] = {"basis_grant": basis_grant()}
    if with_highlights and condition.text:
        shown["highlight"] = headline(condition.text)
    values = rows.annotate(**shown).values(*COLUMNS, *(["order_value"] if order in _RANKED else []), *shown)
    found = [shared_case(row, order) for row in values[: size + 1]]
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_next = (page.before is not None) if backwards else more
    has_previous = more if backwards else (page.after is not None)
    if page.first is not None and page.last is not None and len(found) > page.last:
        found, has_previous = found[len(found) - page.last :], True
    return SharedPage(tuple(found), has_next, has_previous)


COLUMNS: Sequence[str] = (
    "pk", "public_id", "document", "owner_label", "kind", "severity_label", "severity_rank", "model_name",
    "model_version", "data_source", "tags", "occurred_from", "occurred_to", "recorded_on", "data_class", "tlp",
    "digest", "policy_version_id", "case_id", "tenant_id", "team_id",
)  # fmt: skip
# Orders by a value that is worked out for each row.
_RANKED = frozenset({CaseOrder.OCCURRED, CaseOrder.SEVERITY, CaseOrder.RELEVANCE})


def basis_grant() -> Subquery:
    """The grant that a visible row rests on."""
    return Subquery(GrantCoverage.objects.filter(pk=OuterRef("basis_id")).values("grant_id")[:1])


def _ordered(rows: QuerySet[Projection], order: CaseOrder, text: str) -> QuerySet[Projection]:
    if order is CaseOrder.RELEVANCE:
        return rows.annotate(order_value=relevance(text))
    if order is CaseOrder.OCCURRED:
        return rows.annotate(order_value=Coalesce(F("occurred_from"), Value(date.min)))
    if order is CaseOrder.SEVERITY:
        return rows.annotate(order_value=F("severity_rank"))
    return rows


def _order_columns(order: CaseOrder) -> tuple[str, ...]:
    match order:
        case CaseOrder.NEWEST:
            return ("-case_id",)
        case CaseOrder.OLDEST:
            return ("case_id",)
        case _:
            return ("-order_value", "-case_id")


def _flip(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column[1:] if column.startswith("-") else f"-{column}" for column in columns)


def _beyond(order: CaseOrder, position: Position, *, is_after: bool) -> Q:
    descending = order is not CaseOrder.OLDEST
    side = "lt" if is_after == descending else "gt"
    by_case = Q(**{f"case_id__{side}": position.case_id})
    if order in {CaseOrder.NEWEST, CaseOrder.OLDEST}:
        return by_case
    return Q(**{f"order_value__{side}": position.value}) | (Q(order_value=position.value) & by_case)


def shared_case(row: dict[str, Any], order: CaseOrder) -> SharedCase:
    """A row of `COLUMNS` (and `basis_grant`) as its reader gets it."""
    return SharedCase(
        public_id=row["public_id"],
        document=row["document"],
        owner=row["owner_label"],
        kind=row["kind"],
        severity=row["severity_label"],
        model_name=row["model_name"],
        model_version=row["model_version"],
        data_source=row["data_source"],
        tags=tuple(row["tags"]),
        occurred_from=row["occurred_from"],
        occurred_to=row["occurred_to"],
        recorded_on=row["recorded_on"],
        data_class=row["data_class"],
        tlp=row["tlp"],
        digest=row["digest"],
        profile_policy_version_id=row["policy_version_id"],
        projection_id=row["pk"],
        case_id=row["case_id"],
        owner_tenant_id=row["tenant_id"],
        owner_team_id=row["team_id"],
        grant_id=row["basis_grant"],
        position=Position(row["order_value"] if order in _RANKED else None, row["case_id"]),
        highlight=row.get("highlight", ""),
    )
