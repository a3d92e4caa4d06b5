"""Bars as inline SVG: attributes only, since the strict content policy allows no style of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 120


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, and the same in words for whoever does not see it."""

    svg: SafeString
    words: str
    first: str
    last: str


def per_day_chart(label: str, counts: Mapping[date, int], first: date, last: date) -> Chart:
    """A bar a day from the first to the last; days without any are there too."""
    days = [first + timedelta(days=step) for step in range(min(max((last - first).days, 0), 730) + 1)]
    values = [counts.get(day, 0) for day in days]
    named = [f"{day:%d %b %Y}: {value}" for day, value in zip(days, values, strict=True)]
    words = f"{label}: {sum(values)} in {len(days)} days, {max(values)} on the busiest."
    return Chart(bars(words, values, named, WIDTH, HEIGHT), words, f"{days[0]:%d %b %Y}", f"{days[-1]:%d %b %Y}")


def bars(label: str, values: Sequence[int], named: Sequence[str], width: int, height: int) -> SafeString:
    """The drawing; each bar tells its value when pointed at."""
    highest, step = max([*values, 1]), width / max(len(values), 1)
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (f"{index * step:.2f}", f"{height - size:.2f}", f"{max(step * 0.8, 0.5):.2f}", f"{size:.2f}", name)
            for index, (value, name) in enumerate(zip(values, named, strict=True))
            for size in [max(height * value / highest, 2) if value else 0.5]
        ),
    )
    return format_html(
        '<svg class="cw-chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        width, height, label, drawn,
    )  # fmt: skip
