"""Fills templates with invented values and remembers where each of them stands."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .values import LABELLED, NEUTRAL, QUASI, Person

_TEMPLATES = Path(__file__).with_name("templates.yaml")
KINDS: dict[str, list[str]] = yaml.safe_load(_TEMPLATES.read_text(encoding="utf-8"))
_PLACE = re.compile(r"⟦(\w+?)(\d?)⟧")


def documents(each: int = 40, seed: int = 2026) -> Iterator[dict[str, Any]]:
    """So many labelled documents of each kind; `canary` is a code that stands in one document only."""
    draw = random.Random(seed)
    for kind, templates in KINDS.items():
        for number in range(each):
            yield {
                "id": f"{kind.replace(' ', '-').lower()}-{number:03}",
                "kind": kind,
                **_filled(templates, number, draw),
            }


def _filled(templates: list[str], number: int, draw: random.Random) -> dict[str, Any]:
    template = templates[number % len(templates)]
    people = [Person(draw) for _ in range(3)]
    pieces: list[str] = []
    spans: list[dict[str, Any]] = []
    position = length = 0
    for place in _PLACE.finditer(template):
        pieces.append(template[position : place.start()])
        length += place.start() - position
        value, label, kind = _value(place[1], people[int(place[2] or 1) - 1], draw)
        if label:
            spans.append({"start": length, "end": length + len(value), "label": label, "identifier_type": kind})
        pieces.append(value)
        length += len(value)
        position = place.end()
    pieces.append(template[position:])
    text = "".join(pieces)
    canaries = [person.canary for person in people if person.canary in text]
    return {"text": text, "spans": spans, "canary": canaries[0] if canaries else None}


def _value(field: str, person: Person, draw: random.Random) -> tuple[str, str, str]:
    if field in LABELLED:
        label, make = LABELLED[field]
        return make(person), label, "DIRECT"
    if field in QUASI:
        label, make = QUASI[field]
        return make(person), label, "QUASI"
    return NEUTRAL[field](draw), "", ""
