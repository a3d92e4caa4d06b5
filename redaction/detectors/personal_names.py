"""Names of people and places known from lists: backs up the models where a name stands without a sentence around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import combining, normalize

from ..letters import LOWER, UPPER
from ..spans import Span
from .word_lists import word_list

version = "3"

# Ordinary words, months, products and places that are given names too: on their own they say nothing.
_ALSO_WORDS = word_list("names_also_words.txt")
# Months and the small words of every sentence: with them in a list of names, dates and beginnings of sentences are
# people. Short forms such as Jan stay: they are people's names more often.
_NEVER_NAMES = word_list("function_words.txt") | {word for word in word_list("calendar_words.txt") if len(word) > 4}
_CAPITALISED = re.compile(rf"[{UPPER}][\w'-]*[{LOWER}]|[{UPPER}]{{3,}}|[{UPPER}]\.")
_PARTICLES = word_list("name_particles.txt")
_ENDS = re.compile(r"'s$")


def plain(word: str) -> str:
    """Lower case without accents and possessive."""
    lowered = _ENDS.sub("", word).casefold()
    if lowered.isascii():
        return lowered
    return "".join(c for c in normalize("NFKD", lowered) if not combining(c))


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Given names without accents; words of the language are left out."""
    names = {plain(name) for name in word_list("given_names.txt", "census_given.txt")}
    return frozenset(names - _ALSO_WORDS - _NEVER_NAMES)


@lru_cache(maxsize=1)
def family_names() -> frozenset[str]:
    return frozenset(plain(name) for name in word_list("census_family.txt"))


@lru_cache(maxsize=1)
def ambiguous_names() -> frozenset[str]:
    return _ALSO_WORDS


def find(text: str) -> Iterator[Span]:
    """A known given name with the capitalised words after it, or "Family, Given"."""
    words = [(match.start(), match.end(), match[0]) for match in _CAPITALISED.finditer(text)]
    given = given_names()
    index = 0
    while index < len(words):
        start, end, word = words[index]
        if plain(word) not in given or not _is_whole(text, start, end):
            index += 1
            continue
        last = index
        while last + 1 < len(words) and last - index < 3 and _continues(text, words[last][1], words[last + 1][0]):
            last += 1
        first_start = start
        if (
            index
            and re.fullmatch(r", ?", text[words[index - 1][1] : start])
            and plain(words[index - 1][2]) in family_names()
        ):
            first_start = words[index - 1][0]
        yield Span(first_start, words[last][1], "PERSON", 0.6 if last > index else 0.5, "gazetteer")
        index = last + 1


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return (
        not before.isalnum()
        and before not in ("_", "-", "/", ".")
        and not after.isalnum()
        and after not in ("_", "-", "/")
    )


def _continues(text: str, end: int, start: int) -> bool:
    between = text[end:start]
    if between == " ":
        return True
    return (
        2 <= len(between) <= 12
        and between[0] == between[-1] == " "
        and all(word in _PARTICLES for word in between.split())
    )
