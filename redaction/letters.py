"""Letters as classes for patterns: names begin with more capitals than those of Western Europe."""

from __future__ import annotations


def _latin(is_wanted: str) -> str:
    """The Latin letters beyond ASCII of which a method of strings says yes, as the inside of a character class."""
    letters = [chr(code) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))]
    return "".join(letter for letter in letters if getattr(letter, is_wanted)())


UPPER = "A-Z" + _latin("isupper")
LOWER = "a-z" + _latin("islower")
