"""Tells values that say something about a person or open a door from placeholders and words that any field holds."""

from __future__ import annotations

import re

from .word_lists import word_list

# Words that stand in fields of any kind and say nothing about anybody.
NEUTRAL = word_list("neutral_values.txt")
PLACEHOLDER = re.compile(
    (
        r"\$\{?[\w.]*\}?|<[^<>]*>|\{\{?[^{}]*\}?\}|%\(?\w*\)?s?|[*xX•.#-]{2,}|process\.env[\w.]*|"
        r"os\.environ.*|env\.\w*|self\.\w+|[a-z_]\w*\([^()]*\)|\.\.\.|[A-Z_]+_[0-9a-f]{6}"
    ),
    re.DOTALL,
)
_HAS_SUBSTANCE = re.compile(r"[^\W_]")


def is_telling(value: str, category: str) -> bool:
    """Whether a field's value says something about a person or opens a door."""
    stripped = value.strip().strip("\"'")
    if not _HAS_SUBSTANCE.search(stripped) or stripped.lower() in NEUTRAL or PLACEHOLDER.fullmatch(stripped):
        return False
    if category == "SECRET":
        return len(stripped) >= 4 and not (stripped.isdigit() and len(stripped) < 4)
    if category == "PERSON":
        return not stripped.replace(".", "").isdigit() and len(stripped) >= 2
    if category in ("EMAIL_ADDRESS",):
        return "@" in stripped or len(stripped) >= 5
    if category == "IP_ADDRESS":
        return any(c in stripped for c in ".:")
    return True
