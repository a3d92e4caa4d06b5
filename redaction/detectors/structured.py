"""Reads structure: fields of documents, then pairs, parameters, login names, SQL and tables inside their texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..documents import Leaf
from ..segments import Segment, Surface
from ..spans import Span
from . import pairs, tables, user_names
from .field_values import is_telling
from .key_names import category_of_key, is_number_of_something

version = "2"

# Under a case's typed facts a person or an account may stand under a key that says so; titles of models stay.
_SURE_IN_FACTS = frozenset(
    {
        "SECRET",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "USERNAME",
        "GOVERNMENT_ID",
        "BANK_ACCOUNT",
        "CREDIT_CARD",
        "IP_ADDRESS",
        "ACCOUNT_ID",
    }
)
_SENTENCE = 200


def find_field(segment: Segment) -> Iterator[Span]:
    """The whole value, when the key above it says that it is sensitive."""
    if not segment.keys or segment.surface == Surface.KEY:
        return
    key = segment.keys[-1]
    parent = segment.keys[-2] if len(segment.keys) > 1 else ""
    category = category_of_key(key, parent)
    if category is None and parent:
        # {"address": {"line1": ...}} and {"emails": {"work": ...}}: the map's key speaks for its entries.
        inherited = category_of_key(parent)
        if inherited in ("ADDRESS", "EMAIL_ADDRESS", "PHONE_NUMBER", "COORDINATE"):
            category = inherited
    if category is None or (segment.surface == Surface.FACT and category not in _SURE_IN_FACTS):
        return
    text = segment.text
    if (
        segment.surface == Surface.NUMBER
        and category
        in (
            "PERSON",
            "LOCATION",
            "ORGANIZATION",
            "DEMOGRAPHIC",
            "HEALTH",
            "URL",
        )
        and (category != "LOCATION" or len(text) < 4)
    ):
        return
    if len(text) > _SENTENCE and category not in ("SECRET", "ADDRESS"):
        return
    if is_telling(text, category):
        yield Span(0, len(text), category, 0.85, "field")


_WHO = frozenset({"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER"})
_SHORTEST_NUMBER = 5


def find_beside_people(
    leaves: Sequence[Leaf], segments: Sequence[Segment], found: Sequence[tuple[Segment, Span]]
) -> Iterator[tuple[Segment, Span]]:
    """A bare number in a map that also holds somebody's name, address of mail or telephone: whose number it is."""

    def map_of(segment: Segment) -> tuple[str, tuple[str, ...]]:
        # Where the map stands in the document, and in the JSON inside one of its strings.
        return leaves[segment.leaf].within, segment.keys[:-1]

    with_people = {
        map_of(segment)
        for segment, span in found
        if span.category in _WHO and span.detector == "field" and segment.keys and not segment.is_whole
    }
    for segment in segments if with_people else ():
        if (
            segment.keys
            and is_number_of_something(segment.keys[-1])
            and segment.surface not in (Surface.KEY, Surface.FACT)
            and map_of(segment) in with_people
            and sum(character.isalnum() for character in segment.text) >= _SHORTEST_NUMBER
            and is_telling(segment.text, "ACCOUNT_ID")
        ):
            yield segment, Span(0, len(segment.text), "ACCOUNT_ID", 0.6, "field")


def find(segment: Segment) -> Iterator[Span]:
    """Everything that the structure of a segment tells."""
    yield from find_field(segment)
    if segment.surface in (Surface.NUMBER, Surface.KEY):
        return
    text = segment.text
    yield from pairs.find_pairs(text)
    yield from pairs.find_query(text)
    yield from user_names.find(text, segment.surface)
    if segment.surface != Surface.FACT:
        yield from tables.find_sql(text)
        if "\n" in text:
            yield from tables.find_table(text)
