"""Names of people by their shape alone: capitalised words side by side that are in no dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..letters import LOWER, UPPER
from ..spans import Span
from .lexicon import is_known, is_stop_word, is_written_small
from .personal_names import family_names, given_names, plain
from .technical_terms import TECHNICAL
from .world_names import world_family_names, world_given_names

CAPITALISED_WORD = re.compile(rf"[{UPPER}][^\W\d_]*[{LOWER}][^\W\d_]*")
_REST_OF_WORD = rf"(?:['’-][{UPPER}]?[^\W\d_{UPPER}]{{1,24}})*"
_NAME_WORD = re.compile(rf"[{UPPER}](?:[^\W\d_]*[{LOWER}][^\W\d_]*)?{_REST_OF_WORD}")
_PART = re.compile(r"[^\W\d_]{3,}")
_CAPITALS_WORD = re.compile(rf"[{UPPER}][{UPPER}'’-]{{2,24}}")
_VOWEL = re.compile(r"[aeiouyıæøœ]")
_PARTICLE = r"(?:van|von|de|der|den|da|del|della|di|du|la|le|al|bin|ibn|dos|das|ter|el)"
_CAPITALISED_RUN = re.compile(
    rf"(?<![\w@./:=#\\-])[{UPPER}][^\W\d_{UPPER}]{{1,24}}{_REST_OF_WORD}"
    rf"(?:,?[ ](?:{_PARTICLE}[ ]){{0,3}}[{UPPER}](?:\.|[^\W\d_]{{0,2}}[^\W\d_{UPPER}]{{1,24}}{_REST_OF_WORD})){{1,4}}"
    r"(?![\w@(=-])"
)
_INITIALS = re.compile(
    rf"(?<![\w.@/:-])(?:[{UPPER}]\.[ ]?){{1,3}}([{UPPER}][^\W\d_{UPPER}]{{2,24}}{_REST_OF_WORD})(?![\w@(=/-]|\.\w)"
)
# In capitals a name is a run of words of its own: "SERVED BY" before it ends at the first word that is known.
_CAPITALS_RUN = re.compile(rf"(?<![\w@./:=#\\-])[{UPPER}'’-]{{3,25}}(?:,?[ ][{UPPER}'’-]{{3,25}}){{1,9}}(?![\w@(=-])")
# Two words in small letters, the second one perhaps with a hyphen; the next pair may begin with it.
_SMALL_PAIR = re.compile(
    rf"(?<![\w@./:=#\\-])([{LOWER}]{{3,24}})(?=[ ]([{LOWER}]{{3,24}}(?:-[{LOWER}]{{2,24}})?)(?![\w@(=/-]|\.\w))"
)


def find(text: str) -> Iterator[Span]:
    """Names by how they are written, in the usual way, in capitals and in small letters."""
    yield from _capitalised(text)
    yield from _after_initials(text)
    yield from _in_capitals(text)
    for pair in _SMALL_PAIR.finditer(text):
        if _is_small_name(pair[1], pair[2]):
            yield Span(pair.start(1), pair.end(2), "PERSON", 0.5, "shape")


def _is_small_name(first: str, second: str) -> bool:
    """Whether two words in small letters are a name: a given name leads, or both are in no dictionary."""
    last = plain(second).rpartition("-")[2]
    is_family_name = last in world_family_names()
    if is_given(first) and not is_stop_word(first):
        return not is_written_small(second)
    if is_known(first):
        return False
    is_listed = plain(first) in world_given_names()
    if is_listed and not is_written_small(second):
        return True
    return not is_known(second) and (is_family_name or not (first + second).isascii())


def _capitalised(text: str) -> Iterator[Span]:
    """Capitalised words side by side that may be names, at least one of them in no dictionary."""
    for run in _CAPITALISED_RUN.finditer(text):
        words = list(_NAME_WORD.finditer(text, *run.span()))
        is_alone = run.start() == len(text) - len(text.lstrip()) and run.end() == len(text.rstrip())
        strangers = False
        for row in _rows_of_names(words):
            is_any_strange = any(is_strange(word[0]) for word in row)
            strangers = strangers or is_any_strange
            if 2 <= len(row) <= 5 and is_any_strange:
                yield Span(row[0].start(), row[-1].end(), "PERSON", 0.55, "shape")
        if is_alone and strangers and 2 <= len(words) <= 4 and not any(plain(word[0]) in TECHNICAL for word in words):
            yield Span(*run.span(), "PERSON", 0.55, "shape")


def _after_initials(text: str) -> Iterator[Span]:
    """A family name behind initials; at the beginning of a line only a strange one: "A. Price" may be an answer."""
    for match in _INITIALS.finditer(text):
        word = match[1]
        opens_line = not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        if plain(word) not in TECHNICAL and (is_strange(word) or (plain(word) in family_names() and not opens_line)):
            yield Span(*match.span(), "PERSON", 0.55, "shape")


def _in_capitals(text: str) -> Iterator[Span]:
    """Rows of words in capitals, without those that can only be abbreviations."""
    for run in _CAPITALS_RUN.finditer(text):
        words = list(_CAPITALS_WORD.finditer(text, *run.span()))
        for row in _rows_of_names([word for word in words if len(word[0]) >= 4 and _VOWEL.search(plain(word[0]))]):
            is_together = row[-1].end() - row[0].start() <= sum(len(word[0]) + 2 for word in row)
            if 2 <= len(row) <= 4 and is_together and any(len(word[0]) >= 5 and is_strange(word[0]) for word in row):
                yield Span(row[0].start(), row[-1].end(), "PERSON", 0.5, "shape")


def _rows_of_names(words: Sequence[re.Match[str]]) -> Iterator[Sequence[re.Match[str]]]:
    """The longest rows of words each of which is in no dictionary or in a list of names."""
    row: list[re.Match[str]] = []
    for word in words:
        if is_strange(word[0]) or _is_listed(word[0]):
            row.append(word)
        elif row:
            yield row
            row = []
    if row:
        yield row


def is_strange(word: str) -> bool:
    """Whether a word is in no dictionary; one with an accent is not the English word without it."""
    return not word.isascii() or any(not is_known(part) for part in _PART.findall(word))


def _is_listed(word: str) -> bool:
    folded = plain(word)
    return folded not in TECHNICAL and (folded in world_given_names() or folded in world_family_names())


def is_given(word: str) -> bool:
    """Whether a word is a given name that is no ordinary word."""
    return plain(word) in given_names()
