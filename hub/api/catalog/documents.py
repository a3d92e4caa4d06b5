"""Reads redacted documents, in which any value may be gone or have become a label, a band or a month."""

from typing import Any


def part(document: Any, *path: str) -> Any:
    """The value at a path, or None where any step of it is gone."""
    for step in path:
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


def text(value: Any) -> str | None:
    """A text, or a number as text; empty and absent are the same, and anything else is no text."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else None


def texts(value: Any) -> list[str]:
    """The texts of a list; a single text is a list of one."""
    members = value if isinstance(value, list) else [value]
    return [found for found in (text(item) for item in members) if found is not None]


def some(value: Any) -> Any:
    """A structured value, or None where there is nothing in it."""
    return None if value in (None, "", [], {}) else value
