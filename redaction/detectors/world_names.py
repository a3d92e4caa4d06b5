"""Names of the world's languages in Latin letters, from Faker's lists (MIT licence): too many to say much alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from ..letters import LOWER, UPPER
from .personal_names import family_names, given_names, plain

_LATIN = re.compile(rf"[{UPPER}{LOWER}]+")


@lru_cache(maxsize=1)
def world_given_names() -> frozenset[str]:
    """Given names, folded as by `plain`; ordinary words of English are among them."""
    return given_names() | _listed("first_name")


@lru_cache(maxsize=1)
def world_family_names() -> frozenset[str]:
    """Family names, folded as by `plain`; ordinary words of English are among them."""
    return family_names() | _listed("last_name")


def _listed(prefix: str) -> frozenset[str]:
    """What all of Faker's languages list under attributes that begin so, as single words of Latin letters."""
    people = import_module("faker.providers.person")
    found: set[str] = set()
    for module in iter_modules(people.__path__, "faker.providers.person."):
        provider = import_module(module.name).Provider
        for attribute in dir(provider):
            names = getattr(provider, attribute) if attribute.startswith(prefix) else ()
            if isinstance(names, Collection):
                found.update(_words(names))
    return frozenset(found)


def _words(names: Iterable[object]) -> set[str]:
    return {
        folded for name in names if isinstance(name, str) and _LATIN.fullmatch(name) and len(folded := plain(name)) >= 3
    }
