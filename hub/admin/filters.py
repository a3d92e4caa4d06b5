"""Filters of the lists: choices from a closed set, and days. None takes free text, so no address carries any."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

Choices = Iterable[tuple[str, Any]]


class PickFilter(SimpleListFilter):
    """One of a few values, from a drop-down. A value that is not offered selects nothing."""

    template = "hub_admin/filter_pick.html"
    classes = " ".join([*SELECT_CLASSES, "cw-select"])
    find_choices: ClassVar[Callable[[HttpRequest], Choices]]
    find_condition: ClassVar[Callable[[str], Q]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The values on offer."""
        return list(type(self).find_choices(request))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with the chosen value."""
        value = self.value()
        if not value:
            return queryset
        if value not in {str(known) for known, _ in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(type(self).find_condition(value))

    def has_output(self) -> bool:
        """Shown even where there is one value only, so that the page looks the same every day."""
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        """What the template shows."""
        yield {"selected": not self.value(), "value": "", "display": "All"}
        for value, words in self.lookup_choices:
            yield {"selected": self.value() == str(value), "value": value, "display": words}


class DayFilter(SimpleListFilter):
    """Rows since the beginning of a day, or until the end of one."""

    template = "hub_admin/filter_day.html"
    classes = " ".join(INPUT_CLASSES)
    field: ClassVar[str]
    is_end: ClassVar[bool]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Django asks for something here; the days themselves come from the browser's calendar."""
        return [("day", "day")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows on the right side of the day; what is no day selects nothing."""
        value = self.value()
        if not value:
            return queryset
        moment = start_of(value)
        if moment is None:
            return queryset.none()
        if self.is_end:
            return queryset.filter(**{f"{self.field}__lt": moment + timedelta(days=1)})
        return queryset.filter(**{f"{self.field}__gte": moment})

    def choices(self, changelist: Any) -> Iterator[Any]:
        """What the template shows."""
        yield {"value": self.value() or ""}


def start_of(day: str) -> datetime | None:
    """Midnight at the beginning of `2026-01-31`, or None where that is no day."""
    try:
        parsed = parse_date(day)
    except ValueError:
        parsed = None
    return timezone.make_aware(datetime.combine(parsed, time.min)) if parsed else None


def pick(
    title: str,
    parameter: str,
    choices: Choices | Callable[[HttpRequest], Choices],
    condition: Callable[[str], Q] | None = None,
) -> type[PickFilter]:
    """A drop-down over a column (or a condition) with these values."""
    find = choices if callable(choices) else lambda request: choices
    return type(
        f"Pick{parameter.title().replace('_', '')}",
        (PickFilter,),
        {
            "title": title,
            "parameter_name": parameter,
            "find_choices": staticmethod(find),
            "find_condition": staticmethod(condition or (lambda value: Q(**{parameter: value}))),
        },
    )


def between(field: str) -> list[type[DayFilter]]:
    """Two filters: since a day, and until a day."""
    return [
        type(f"{words.title()}Day", (DayFilter,), {
            "title": words, "parameter_name": words, "field": field, "is_end": words == "until",
        })
        for words in ("since", "until")
    ]  # fmt: skip
