"""Finds the string at a path of a document, and blanks what is planted in it."""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from hub.demo.planting import Planted

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def text_at(document: Any, path: str) -> str:
    for key, index in STEP.findall(path):
        document = document[key] if key else document[int(index)]
    assert isinstance(document, str)
    return document


def blanked(case: dict[str, Any], planted: Iterable[Planted], label: str = "<GONE>") -> dict[str, Any]:
    """A copy of the case in which every planted stretch is replaced by a label."""
    spans: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for value in planted:
        if value.case_slug == case["source_id"]:
            spans[value.path].add((value.start, value.end))
    result = copy.deepcopy(case)
    for path, places in spans.items():
        text = text_at(result, path)
        for start, end in sorted(places, reverse=True):
            text = text[:start] + label + text[end:]
        _put(result, path, text)
    return result


def _put(document: Any, path: str, text: str) -> None:
    steps = [key or int(index) for key, index in STEP.findall(path)]
    for step in steps[:-1]:
        document = document[step]
    document[steps[-1]] = text
