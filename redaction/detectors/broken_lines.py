"""Names and telephone numbers that a line end cuts in two: each half alone looks like nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..spans import Span
from .lexicon import is_known, is_ordinary
from .personal_names import family_names, given_names, plain
from .world_names import world_family_names, world_given_names

_TWO_WORDS = re.compile(r"(?<![\w./@-])([^\W\d_][\w'’-]{2,})[ \t]?\r?\n[ \t]{0,8}([^\W\d_][\w'’-]{2,})(?![\w/@])")
# At most three groups on either side of the line end; digits and the separators of telephone numbers.
_BEFORE = re.compile(r"(?<![\w.-])\+?\(?\d[\d .()/-]{0,18}\Z")
_AFTER = re.compile(r"[ \t]{0,8}([\d .()/-]{1,18}\d)(?![\w-])")
_SHAPE = re.compile(r"\+?\(?\d{1,4}\)?(?:[ .()/-]{1,2}\d{1,5}){2,5}")
# With a plus or a nought in front, groups of any length: the line end may stand inside one of them.
_SHAPE_WITH_PREFIX = re.compile(
    r"(?:\+\d|\(?0)\d{1,14}(?:[ .()/-]{1,2}\d{1,14}){0,6}|\+\d{1,3}(?:[ .()/-]{1,2}\d{1,14}){1,6}"
)
_LONGEST = 24


def find(text: str) -> Iterator[Span]:
    """What stands over a line end."""
    if "\n" not in text:
        return
    for match in _TWO_WORDS.finditer(text):
        if _is_name(text, match):
            yield Span(match.start(1), match.end(2), "PERSON", 0.6, "gazetteer")
    position = text.find("\n")
    while position >= 0:
        yield from _number_over(text, position)
        position = text.find("\n", position + 1)


def _is_name(text: str, match: re.Match[str]) -> bool:
    given, family = match[1], match[2]
    if not all(word[0].isupper() and not word.isupper() for word in (given, family)):
        return False
    if plain(given) in given_names():
        return plain(family) in family_names() or not is_known(family)
    if plain(given) in world_given_names() and not (is_known(given) and is_known(family)):
        return plain(family) in world_family_names() or not is_known(family)
    # Two strange capitalised words; a list with one word a line is no name.
    line_start = text.rfind("\n", 0, match.start()) + 1
    is_in_running_text = bool(text[line_start : match.start()].strip())
    return is_in_running_text and not is_ordinary(given) and not is_ordinary(family)


def _number_over(text: str, line_end: int) -> Iterator[Span]:
    before = _BEFORE.search(text, max(0, line_end - _LONGEST), line_end)
    after = _AFTER.match(text, line_end + 1)
    if before is None or after is None:
        return
    written = text[before.start() : line_end].rstrip("\r") + text[after.start(1) : after.end(1)]
    digits = sum(character.isdigit() for character in written)
    # Both halves of a telephone number in groups; two whole numbers of a column make no such shape.
    first = text[before.start() : line_end].strip()
    has_groups = re.search(r"[ .()/+-]", first) is not None or (first[0] == "0" and re.search(r"[ .-]", after[1]))
    if has_groups and 9 <= digits <= 15 and (_SHAPE.fullmatch(written) or _SHAPE_WITH_PREFIX.fullmatch(written)):
        yield Span(before.start(), after.end(1), "PHONE_NUMBER", 0.7, "pattern")
