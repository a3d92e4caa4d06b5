"""Tables and figures that stand on the start page and below rows."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it counts and where the rows are."""

    label: str
    count: int
    url: str
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A table with a heading and a sentence that says what it is for."""

    title: str
    explanation: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    empty: str
    more_url: str = ""
    more_label: str = "Show all"

    @property
    def table(self) -> dict[str, Any]:
        """The same for the theme's table."""
        return {"headers": list(self.headers), "rows": [list(row) for row in self.rows]}


def moment(value: Any, *, to_the_second: bool = False) -> str:
    """A point in time, as the site writes it."""
    if not value:
        return "–"
    local = timezone.localtime(value)
    return f"{local:%d %b %Y, %H:%M:%S}" if to_the_second else f"{local:%d %b %Y, %H:%M}"


def list_url(app: str, model: str) -> str:
    """Where the rows of a model are listed."""
    return reverse(f"admin:{app}_{model}_changelist")


def link_to(app: str, model: str, pk: Any, words: str) -> SafeString:
    """A link to one row."""
    url = reverse(f"admin:{app}_{model}_change", args=[pk])
    return format_html('<a href="{}" class="text-link">{}</a>', url, words)
