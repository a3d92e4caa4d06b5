"""Purposes of use (W3C Data Privacy Vocabulary) and which of them contain which."""

from functools import lru_cache
from importlib import resources

import orjson

TAXONOMY = "dpv-purpose"


def containing(purpose: str) -> tuple[str, ...]:
    """The purpose itself and every wider one, nearest first; none for a purpose that nobody knows."""
    broader = _broader()
    found: list[str] = []
    current = purpose
    while current in broader and current not in found:
        found.append(current)
        current = broader[current]
    return tuple(found)


def is_known(purpose: str) -> bool:
    """Whether the shipped taxonomy has this purpose."""
    return purpose in _broader()


def known_purposes() -> tuple[str, ...]:
    """Every purpose of the shipped taxonomy, for forms."""
    return tuple(sorted(_broader()))


@lru_cache(maxsize=1)
def _broader() -> dict[str, str]:
    """Each purpose with the one that contains it ('' at the top)."""
    content = (resources.files("hub.catalog") / "taxonomies" / f"{TAXONOMY}.json").read_bytes()
    return {
        entry["value"]: entry.get("broader") or ""
        for values in orjson.loads(content)["values"]
        for entry in values["entry"]
    }
