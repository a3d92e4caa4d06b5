"""IBANs in whatever groups and over whatever line ends they are written: the check digits tell them from other text."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from ..spans import Span

SHORTEST, LONGEST = 15, 34
_START = re2.compile(r"\b[A-Z]{2}[\s-]?\d[\s-]?\d")
# How far a grouped IBAN can reach, with two separators after each character.
_REACH = LONGEST * 3
_SEPARATORS = " -\n\r\t\u00a0"


def find(text: str) -> Iterator[Span]:
    """The longest stretch from each possible beginning whose check digits are right and that ends with a word."""
    for match in _START.finditer(text):
        end = _end_of(text, match.start())
        if end:
            yield Span(match.start(), end, "BANK_ACCOUNT", 0.9, "pattern")


def _end_of(text: str, start: int) -> int:
    compact: list[str] = []
    found, gap = 0, 0
    for position in range(start, min(len(text), start + _REACH)):
        character = text[position]
        if character in _SEPARATORS:
            gap += 1
            if gap > 2:
                break
            continue
        if not (character.isascii() and (character.isdigit() or character.isupper())):
            break
        gap = 0
        compact.append(character)
        if len(compact) > LONGEST:
            break
        is_end = not text[position + 1 : position + 2].isalnum()
        if is_end and len(compact) >= SHORTEST and has_valid_check_digits("".join(compact)):
            found = position + 1
    return found


def has_valid_check_digits(compact: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as numbers, remainder 1 by 97."""
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1
