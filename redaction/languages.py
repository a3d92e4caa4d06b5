"""Notices text in languages that no model here reads, so that it is masked or withheld and never passed as clean."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .spans import Span

# Runs of words in scripts other than Latin: Greek, Cyrillic, Hebrew, Arabic, Indic, Thai, CJK, Hangul and the rest.
_FOREIGN = re.compile(
    "[\u0370-\u052f\u0531-\u1dbf\u1f00-\u1fff\u2c00-\u2dff\u2e80-\u2fdf\u3040-\ua4cf\ua4d0-\ua6ff\ua8e0-\uabff\uac00-\ud7ff\uf900-\ufaff\ufb1d-\ufdff\ufe70-\ufeff\U00010000-\U0001efff\U00020000-\U0003ffff]+"
)
_BETWEEN = re.compile(r"[\s\d.,;:!?'\"()\u3000-\u303f\uff00-\uffef-]{0,3}\Z")
SHORTEST = 2  # one Greek letter is a formula


def foreign_stretches(text: str) -> Iterator[Span]:
    """Stretches written in another script."""
    if text.isascii():
        return
    start = end = -1
    for run in _FOREIGN.finditer(text):
        if end >= 0 and _BETWEEN.match(text[end : run.start()]):
            end = run.end()
            continue
        if end - start >= SHORTEST:
            yield Span(start, end, "UNSUPPORTED_LANGUAGE", 0.6, "language")
        start, end = run.span()
    if end - start >= SHORTEST:
        yield Span(start, end, "UNSUPPORTED_LANGUAGE", 0.6, "language")
