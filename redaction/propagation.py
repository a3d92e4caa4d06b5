"""What was found once in a case is found everywhere in it: other strings, ids, file names, split and encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick

from .detectors.lexicon import is_known
from .detectors.personal_names import ambiguous_names, plain
from .detectors.word_lists import word_list
from .readings import Reading
from .segments import Segment
from .spans import Span

version = "2"

_SPREADING = frozenset(
    [
        "PERSON",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "ADDRESS",
        "ACCOUNT_ID",
        "USERNAME",
        "SECRET",
        "GOVERNMENT_ID",
        "BANK_ACCOUNT",
        "CREDIT_CARD",
        "DEVICE_ID",
        "IP_ADDRESS",
        "HOSTNAME",
        "CUSTOM",
    ]
)
_SIGNS = re.compile(r"[^\W_]")
_NAME_PART = re.compile(r"[^\W\d_][^\W\d_'-]*(?:['-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"'s?$", re.IGNORECASE)
# A name of two parts: its key holds the letters alone, and a text may part them by one sign of any kind.
_DOUBLE_NAME = re.compile(r"[^\W\d_]+(?:(?:['’‐‑-]|[ _.])[^\W\d_]+)+")
_COMMON = word_list("common_words.txt")
_LONGEST_LIST = 20_000
SHORTEST_NAME = 3
SHORTEST_VALUE = 5
FREE_LENGTH = 9  # squashed values of this length are found without any edge: nothing that long occurs by chance


@dataclass(frozen=True, slots=True)
class _Wanted:
    category: str
    is_word: bool  # a name's part: needs an edge on both sides
    is_double: bool = False  # written with a hyphen or an apostrophe, at least once


def squashed(text: str) -> tuple[str, list[int]]:
    """Letters and digits only, lower case, without accents, and where each stood."""
    if text.isascii():
        kept = [i for i, c in enumerate(text) if c.isalnum()]
        return "".join([text[i] for i in kept]).lower(), kept
    signs: list[str] = []
    places: list[int] = []
    for index, character in enumerate(text):
        if not character.isalnum():
            continue
        for sign in plain(character):
            if sign.isalnum():
                signs.append(sign)
                places.append(index)
    return "".join(signs), places


def parts_of_name(name: str) -> Iterator[str]:
    """The words of a person's name that point to that person on their own."""
    for match in _NAME_PART.finditer(name):
        word = _POSSESSIVE.sub("", match[0])
        folded = plain(word)
        if (
            len(folded) >= SHORTEST_NAME
            and folded not in _COMMON
            and (folded not in ambiguous_names() or len(folded) > 6)
        ):
            yield word


class FoundValues:
    """The values of one case that must not stand anywhere else in it."""

    def __init__(self) -> None:
        self._wanted: dict[str, _Wanted] = {}
        self._automaton: Any = None

    def add(self, text: str, category: str, score: float) -> None:
        """A found stretch, with its telling parts."""
        if category not in _SPREADING or len(self._wanted) >= _LONGEST_LIST:
            return
        key, _ = squashed(text)
        if category == "PERSON":
            words = list(parts_of_name(text))
            # A single capitalised word that one model took for a name is no ground to hide it everywhere.
            if len(words) == 1 and len(_NAME_PART.findall(text)) == 1 and score < 0.5:
                return
            for word in words:
                is_double = _DOUBLE_NAME.fullmatch(word) is not None
                self._want(squashed(word)[0], "PERSON", is_word=True, is_double=is_double)
            if len(key) >= SHORTEST_VALUE and len(words) > 1:
                self._want(key, "PERSON", is_word=len(key) < FREE_LENGTH)
                swapped = "".join(squashed(word)[0] for word in reversed(words))
                self._want(swapped, "PERSON", is_word=len(key) < FREE_LENGTH)
            return
        if len(key) < SHORTEST_VALUE or key in _COMMON or (key.isdigit() and len(key) < 6):
            return
        # An account called `features` is hidden where it stands; the word is everybody's.
        if category == "USERNAME" and is_known(text):
            return
        if category == "EMAIL_ADDRESS" and "@" in text:
            local = squashed(text.partition("@")[0])[0]
            if len(local) >= 6 and local not in _COMMON:
                self._want(local, "EMAIL_ADDRESS", is_word=len(local) < FREE_LENGTH)
        if category == "PHONE_NUMBER" and key.isdigit() and len(key) >= 9:
            for prefix in ("00", "0", "1", "49", "44", "33", "31", "34", "39", "351"):
                if key.startswith(prefix) and len(key) - len(prefix) >= 8:
                    self._want(key[len(prefix) :], category, is_word=False)
        if category == "ADDRESS":
            street = re.match(r"[^,\n]+", text)
            if street and re.search(r"\d", street[0]) and len(squashed(street[0])[0]) >= 8:
                self._want(squashed(street[0])[0], category, is_word=False)
                letters = re.sub(r"[\d\W_]+", "", plain(street[0]))
                if len(letters) >= 8:
                    self._want(letters, category, is_word=True)
        self._want(key, category, is_word=len(key) < FREE_LENGTH)

    def _want(self, key: str, category: str, *, is_word: bool, is_double: bool = False) -> None:
        if len(key) >= SHORTEST_NAME and key not in self._wanted:
            self._wanted[key] = _Wanted(category, is_word, is_double)
            self._automaton = None

    def __len__(self) -> int:
        return len(self._wanted)

    def find(self, text: str) -> Iterator[Span]:
        """Every place of a text where one of the values stands, written together, apart, or in another case."""
        if not self._wanted or not text:
            return
        if self._automaton is None:
            self._automaton = ahocorasick.Automaton()
            for key in self._wanted:
                self._automaton.add_word(key, key)
            self._automaton.make_automaton()
        signs, places = squashed(text)
        for last, key in self._automaton.iter(signs):
            first = last - len(key) + 1
            start, end = places[first], places[last] + 1
            wanted = self._wanted[key]
            if _stands_there(text, start, end, len(key), wanted):
                yield Span(start, end, wanted.category, 0.8, "propagation")


def _stands_there(text: str, start: int, end: int, length: int, wanted: _Wanted) -> bool:
    gaps = (end - start) - length
    starts_well = _is_edge(text, start)
    ends_well = _is_edge(text, end)
    if not wanted.is_word:
        # Long values may stand inside longer runs, but not across the ends of several ordinary words.
        return gaps <= length * 3 and (gaps == 0 or starts_well or ends_well)
    if not (starts_well and ends_well):
        return False
    piece = text[start:end]
    return gaps == 0 or (wanted.is_double and _DOUBLE_NAME.fullmatch(piece) is not None) or _is_split(piece, length)


def _is_edge(text: str, position: int) -> bool:
    """Between two words, or where camel case, a digit or an underscore parts them."""
    if position <= 0 or position >= len(text):
        return True
    before, after = text[position - 1], text[position]
    if not (before.isalpha() and after.isalpha()):
        return True
    return before.islower() and after.isupper()


def _is_split(piece: str, length: int) -> bool:
    """Whether a word was taken apart on purpose: sign by sign, by a line break or a hyphen and line break."""
    words = re.split(r"[^\w]+", piece)
    if all(len(word) <= 2 for word in words):
        return True
    inner = _SIGNS.sub("", piece)
    return bool(inner) and (
        (inner.strip() == "" and "\n" in inner) or re.fullmatch(r"-?\s*\n\s*", inner) is not None or not inner.isascii()
    )


def in_segments(values: FoundValues, segments: Sequence[Segment]) -> Iterator[tuple[Segment, Span]]:
    """Where the values stand in any segment; also in readings of base64, hexadecimal and escaped text."""
    cache: dict[tuple[str, bool], list[Span]] = {}
    for segment in segments:
        key = (segment.text, segment.is_whole)
        spans = cache.get(key)
        if spans is None:
            spans = cache[key] = list(values.find(segment.text))
        for span in spans:
            yield segment, span


def collect(found: Iterable[tuple[Reading, Span]]) -> FoundValues:
    """The values behind spans that detectors reported."""
    values = FoundValues()
    for reading, span in found:
        values.add(reading.text[span.start : span.end], span.category, span.score)
    return values
