"""What lists of cases can be narrowed by: conditions on what is shown, combined with and/or."""

import dataclasses
import hashlib
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from hub.sharing.shapes import CaseFilter as Condition
from hub.sharing.shapes import CaseOrder as Order

from ..limits import MOST_FILTERS, checked_lists, checked_texts
from ..refusals import bad_input
from .vocabulary import CaseKind, CaseOrder, DataClass, SeverityLabel, Tlp

DEEPEST_FILTER = 4


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
    text: str | None = strawberry.field(
        default=None, description='Words to search for, as in a search engine: "a phrase", or, -without.'
    )
    and_: list["CaseFilter"] | None = strawberry.field(default=None, name="and", description="Each of these holds too.")
    or_: list["CaseFilter"] | None = strawberry.field(default=None, name="or", description="One of these holds too.")

    def condition(self) -> Condition:
        """The same as a value of the sharing layer, checked for size."""
        if self._count(DEEPEST_FILTER) > MOST_FILTERS:
            raise bad_input(f"A filter has at most {MOST_FILTERS} parts.")
        return self._condition()

    def _count(self, levels: int) -> int:
        if not levels:
            raise bad_input(f"Filters are nested at most {DEEPEST_FILTER} levels deep.")
        return 1 + sum(part._count(levels - 1) for part in (*(self.and_ or ()), *(self.or_ or ())))

    def _condition(self) -> Condition:
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
            all_of=tuple(part._condition() for part in self.and_ or ()),
            any_of=tuple(part._condition() for part in self.or_ or ()),
        )


def ordered(order: CaseOrder, condition: Condition) -> tuple[Order, str]:
    """The order of a list, and the name that its cursors are bound to."""
    if order is not CaseOrder.RELEVANCE:
        return Order(order.value), f"cases:{order.value}"
    if not condition.text or not condition.text.strip():
        raise bad_input("The order RELEVANCE needs `filter.text`: it says how well a case fits these words.")
    digest = hashlib.sha256(condition.text.encode("utf-8", "surrogatepass")).hexdigest()
    return Order.RELEVANCE, f"cases:{order.value}:{digest}"


def written(filter: CaseFilter) -> dict[str, Any]:
    """A filter as a variable would have it: only what is given, by the names of the schema."""
    shown: dict[str, Any] = {}
    for field in dataclasses.fields(filter):
        value = getattr(filter, field.name)
        if value is not None:
            shown[to_camel_case(field.name.rstrip("_"))] = (
                [_plain(item) for item in value] if isinstance(value, list) else _plain(value)
            )
    return shown


def read(document: dict[str, Any]) -> CaseFilter:
    """The filter that was written."""
    given: dict[str, Any] = {}
    for field in dataclasses.fields(CaseFilter):
        value = document.get(to_camel_case(field.name.rstrip("_")))
        if value is not None:
            given[field.name] = _KINDS.get(field.name, lambda kept: kept)(value)
    return CaseFilter(**given)


_KINDS: dict[str, Any] = {
    "kinds": lambda names: [CaseKind[name] for name in names],
    "severities": lambda names: [SeverityLabel[name] for name in names],
    "highest_class": lambda name: DataClass[name],
    "highest_tlp": lambda name: Tlp[name],
    "occurred_after": date.fromisoformat,
    "occurred_before": date.fromisoformat,
    "and_": lambda parts: [read(part) for part in parts],
    "or_": lambda parts: [read(part) for part in parts],
}


def _plain(value: Any) -> Any:
    if isinstance(value, CaseFilter):
        return written(value)
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, date) else value
