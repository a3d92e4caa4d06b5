"""Measures how much of a case's own words and figures a projection keeps.

Counted are the characters of the source's strings and numbers, without spaces and without the planted characters; keys
are not counted, since redaction never touches them. A string of the projection is laid beside the string at the same
path, both cut into words, figures and signs; a piece counts as kept when it stands in the projection in the same order
(the longest matching blocks, as difflib finds them). So what was replaced counts as gone, what was put in its place
counts nothing, and words that only moved elsewhere do not count as kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any

from .planting import Planted

PIECE = re.compile(r"\w+|[^\w\s]")


def kept_share(source_document: Any, projected_document: Any, planted: Iterable[Planted]) -> float:
    """The share of the source's other characters that survive, from 0.0 to 1.0; 1.0 when there are none.

    `planted` are the values of this document, or of many cases: then the document's `source_id` picks its own.
    """
    slug = source_document.get("source_id") if isinstance(source_document, dict) else None
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for value in planted:
        if slug is None or value.case_slug == slug:
            spans[value.path].append((value.start, value.end))
    projected = dict(texts_by_path(projected_document))
    total = kept = 0
    for path, text in texts_by_path(source_document):
        pieces = _pieces_outside(text, sorted(spans.get(path, ())))
        total += sum(map(len, pieces))
        kept += _length_kept(pieces, PIECE.findall(projected.get(path, "")))
    return kept / total if total else 1.0


def texts_by_path(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string and number of a document with its path, like `evidence[0].payload.user.email`."""
    if isinstance(document, str):
        yield path, document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield from texts_by_path(value, f"{path}.{key}" if path else key)
    elif isinstance(document, (list, tuple)):
        for index, value in enumerate(document):
            yield from texts_by_path(value, f"{path}[{index}]")
    elif isinstance(document, (int, float)) and not isinstance(document, bool):
        yield path, repr(document)


def _pieces_outside(text: str, spans: list[tuple[int, int]]) -> list[str]:
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        pieces += PIECE.findall(text[last : max(start, last)])
        last = max(last, end)
    return pieces + PIECE.findall(text[last:])


def _length_kept(source: list[str], projected: list[str]) -> int:
    if source == projected:
        return sum(map(len, source))
    blocks = SequenceMatcher(None, source, projected, autojunk=False).get_matching_blocks()
    return sum(len(piece) for block in blocks for piece in source[block.a : block.a + block.size])
