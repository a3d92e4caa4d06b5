"""Spans inside one text: the small value all detectors speak in, and how spans grow and join."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Characters start..end of a text, what they are, how sure the detector is, and who says so."""

    start: int
    end: int
    category: str
    score: float
    detector: str


_PERCENT_SIGN = re.compile(r"%[0-9A-Fa-f]{2}")
_TRIM_LEFT = " \t\r\n,;:.'\"([{<>|/\\"
_TRIM_RIGHT = " \t\r\n,;:'\"([{<>|/\\"


def trimmed(text: str, span: Span) -> Span | None:
    """The span without the blanks and punctuation at its ends."""
    start, end = span.start, span.end
    while start < end and text[start] in _TRIM_LEFT and not (text[start] == "(" and ")" in text[start:end]):
        start += 1
    while end > start and (text[end - 1] in _TRIM_RIGHT or (text[end - 1] == ")" and "(" not in text[start:end])):
        end -= 1
    return span._replace(start=start, end=end) if start < end else None


def grown_to_words(text: str, span: Span) -> Span:
    """The span with the words it cuts completed: half a name gives away the other half."""
    start, end = span.start, span.end
    while (
        start > 0
        and text[start].isalnum()
        and text[start - 1].isalnum()
        and not _PERCENT_SIGN.fullmatch(text[max(0, start - 3) : start])
    ):
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return span._replace(start=start, end=end)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Overlapping spans of one category become one; those of different categories stay, for the policy to weigh."""
    result: list[Span] = []
    latest: dict[str, int] = {}
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        index = latest.get(span.category)
        if index is not None and span.start < result[index].end:
            known = result[index]
            # Who saw it says more than where else it was seen.
            first = span if known.detector == "propagation" else known
            score = max(known.score, span.score)
            result[index] = Span(known.start, max(known.end, span.end), span.category, score, first.detector)
        else:
            latest[span.category] = len(result)
            result.append(span)
    return result
