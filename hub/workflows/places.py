"""Names the parts of a case's document: officers learn where something is wrong without a word of what it says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from redaction import Finding, second_look
from redaction.operators import Redacted

# Parts that are maps of named texts, shown by name; the names are the hub's own.
_NAMED = ("write_up",)
_LISTED = ("evidence",)
_LABELS = {"write_up": "write-up", "unmapped": "other fields"}


def parts_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each part with its name: title, summary, "write-up: results", "evidence 2", other fields."""
    for key, value in document.items():
        label = _LABELS.get(key, key)
        if key in _NAMED and isinstance(value, Mapping):
            yield from ((f"{label}: {name}", part) for name, part in value.items())
        elif key in _LISTED and isinstance(value, list):
            yield from ((f"{label} {number}", part) for number, part in enumerate(value, start=1))
        else:
            yield label, value


def remaining_places(document: Mapping[str, Any], redacted: Redacted, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The parts of a redacted document in which the second look still sees a value of the original."""

    def is_unclean(part: Any) -> bool:
        return not second_look(dict(document), replace(redacted, document=part), findings, deep=False).is_clean

    return _places(redacted.document, is_unclean) if isinstance(redacted.document, Mapping) else ()


def largest_place(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The part that detection had most to do with, and its size."""
    sizes = [(len(orjson.dumps(part, default=str)), name) for name, part in parts_of(document)]
    if not sizes:
        return ()
    size, name = max(sizes)
    return (f"{name} ({size:,} bytes)",)


def _places(document: Mapping[str, Any], is_so: Callable[[Any], bool]) -> tuple[str, ...]:
    return tuple(name for name, part in parts_of(document) if is_so(part))
