"""Names of people and places known from lists: backs up the models where a name stands without a sentence around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from unicodedata import combining, normalize

from ..spans import Span

version = "1"
_DATA = Path(__file__).with_name("data")

# Ordinary words, months, products and places that are given names too: on their own they say nothing.
_ALSO_WORDS = frozenset(
    [
        "a",
        "an",
        "ada",
        "al",
        "alma",
        "amber",
        "angel",
        "april",
        "art",
        "august",
        "aurora",
        "autumn",
        "basil",
        "bell",
        "ben",
        "berlin",
        "bill",
        "blanche",
        "bob",
        "bud",
        "buck",
        "candy",
        "carol",
        "case",
        "chance",
        "charity",
        "chase",
        "cherry",
        "chip",
        "christian",
        "clay",
        "clear",
        "cliff",
        "crystal",
        "dale",
        "dallas",
        "dawn",
        "dean",
        "denver",
        "dick",
        "don",
        "dot",
        "drew",
        "earl",
        "eve",
        "faith",
        "fern",
        "flora",
        "floor",
        "florence",
        "frank",
        "gene",
        "george",
        "ginger",
        "glen",
        "grace",
        "grant",
        "guy",
        "hazel",
        "heath",
        "heather",
        "holly",
        "hope",
        "hunter",
        "iris",
        "ivory",
        "ivy",
        "jack",
        "jade",
        "jasmine",
        "jay",
        "jean",
        "jewel",
        "jordan",
        "joy",
        "judge",
        "june",
        "kai",
        "kay",
        "kelly",
        "kim",
        "king",
        "lance",
        "lane",
        "laurel",
        "lee",
        "li",
        "lily",
        "lin",
        "linda",
        "long",
        "lou",
        "love",
        "mac",
        "madison",
        "major",
        "mark",
        "marshall",
        "martin",
        "mason",
        "max",
        "may",
        "mercedes",
        "merit",
        "mike",
        "mina",
        "ming",
        "miles",
        "mini",
        "olive",
        "page",
        "paris",
        "pat",
        "patience",
        "pearl",
        "penny",
        "per",
        "price",
        "prince",
        "ray",
        "rich",
        "rob",
        "robin",
        "rock",
        "rod",
        "roman",
        "rose",
        "royal",
        "ruby",
        "rusty",
        "sage",
        "sam",
        "sandy",
        "scott",
        "sierra",
        "sky",
        "star",
        "stella",
        "sterling",
        "stone",
        "storm",
        "summer",
        "sunny",
        "swan",
        "sydney",
        "tad",
        "tara",
        "teal",
        "terry",
        "tiffany",
        "tim",
        "tom",
        "tony",
        "trinity",
        "tuan",
        "van",
        "vera",
        "victor",
        "victoria",
        "viola",
        "violet",
        "virginia",
        "wade",
        "wang",
        "ward",
        "warren",
        "wayne",
        "will",
        "willow",
        "wood",
        "young",
        "ken",
        "can",
        "ender",
        "ola",
        "tan",
        "dia",
        "jun",
        "jin",
        "hang",
        "huang",
        "ram",
        "roy",
        "sol",
        "sky",
        "said",
        "raj",
        "eun",
        "yan",
        "yi",
        "xin",
        "ina",
        "ida",
        "ana",
        "eva",
        "ali",
        "lea",
        "mia",
        "asia",
        "china",
        "india",
        "santiago",
        "lima",
        "rio",
        "rio",
        "de",
        "la",
        "das",
        "del",
        "der",
        "den",
        "das",
        "ein",
        "eine",
        "im",
        "am",
        "new",
        "old",
        "data",
        "model",
        "test",
        "train",
        "trace",
        "error",
        "monitor",
        "label",
        "string",
        "null",
        "base",
        "chart",
        "case",
        "max",
        "min",
        "sum",
        "mean",
        "log",
        "loss",
        "cell",
        "lake",
        "delta",
    ]
)
_CAPITALISED = re.compile(r"[A-ZÀ-ÞŁŚŻĆŽŠČĐ][\w'-]*[a-zà-ÿ]|[A-ZÀ-Þ]{3,}|[A-ZÀ-Þ]\.")
_PARTICLES = frozenset(
    [
        "de",
        "van",
        "von",
        "der",
        "den",
        "da",
        "del",
        "di",
        "du",
        "la",
        "le",
        "al",
        "bin",
        "ibn",
        "dos",
        "das",
        "ter",
        "ten",
        "zu",
    ]
)
_ENDS = re.compile(r"'s$")


def plain(word: str) -> str:
    """Lower case without accents and possessive."""
    lowered = _ENDS.sub("", word).casefold()
    if lowered.isascii():
        return lowered
    return "".join(c for c in normalize("NFKD", lowered) if not combining(c))


def _read(name: str) -> Iterator[str]:
    for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Given names without accents; words of the language are left out."""
    names = {plain(name) for source in ("given_names.txt", "census_given.txt") for name in _read(source)}
    return frozenset(names - _ALSO_WORDS)


@lru_cache(maxsize=1)
def family_names() -> frozenset[str]:
    return frozenset(plain(name) for name in _read("census_family.txt"))


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
