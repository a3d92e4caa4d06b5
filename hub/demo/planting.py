"""Draws what is planted in the demo cases and remembers every value, where it stands and in which form."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .drawing import Draw, Person
from .needles import needles_for

CATEGORIES = (
    "person", "address", "account_number", "iban", "credit_card", "email", "phone", "api_key", "token", "password",
    "ip_address", "user_name",
)  # fmt: skip
FORMS = (
    "prose", "json", "log", "traceback", "url_encoded", "base64", "hex", "html_entities", "json_in_json", "zero_width",
    "line_break", "spaces", "upper", "lower", "possessive", "initials",
)  # fmt: skip

KINDS = {  # the word in a placeholder: the category of what is planted
    "person": "person", "given": "person", "family": "person", "address": "address", "account": "account_number",
    "iban": "iban", "card": "credit_card", "email": "email", "phone": "phone", "key": "api_key", "jwt": "token",
    "bearer": "token", "password": "password", "ip": "ip_address", "username": "user_name",
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """One sensitive value at one place of one case; finding a needle in an output means that it got out."""

    value: str
    category: str
    case_slug: str
    form: str
    needles: tuple[str, ...]
    # Where it stands in the case document: the string's path and the planted characters in it.
    path: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Value:
    """A drawn value before it is written anywhere."""

    text: str
    category: str


class Planter:
    """One run's values: the same role in the same case is the same person everywhere in that case."""

    def __init__(self, rng: random.Random) -> None:
        self.planted: list[Planted] = []
        self._draw = Draw(rng)
        self._people: dict[tuple[str, str], Person] = {}
        self._values: dict[tuple[str, str, str], Value] = {}
        self._seen: set[str] = set()

    def meet(self, case_slug: str, role: str) -> Person:
        """The person who plays a role in a case."""
        if (case_slug, role) not in self._people:
            self._people[case_slug, role] = self._draw.person()
        return self._people[case_slug, role]

    def value(self, case_slug: str, kind: str, role: str, style: str | None = None) -> Value:
        """The value of one placeholder; asked again for the same case, kind and role, it is the same value."""
        key = (case_slug, kind, role)
        if key not in self._values:
            self._values[key] = Value(self._fresh(case_slug, kind, role, style), KINDS[kind])
        return self._values[key]

    def record(self, value: Value, case_slug: str, form: str, path: str, start: int, end: int) -> None:
        needles = needles_for(value.text, value.category)
        self.planted.append(Planted(value.text, value.category, case_slug, form, needles, path, start, end))

    def distinct_values(self) -> set[str]:
        return {planted.value for planted in self.planted}

    def _fresh(self, case_slug: str, kind: str, role: str, style: str | None) -> str:
        person = self._people.get((case_slug, role))
        if kind in ("person", "given", "family"):
            person = self.meet(case_slug, role)
            return {
                "person": person.full,
                "given": person.given,
                "family": person.family,
            }[kind]
        make: dict[str, Callable[[], str]] = {
            "email": lambda: self._draw.email(person),
            "username": lambda: self._draw.username(person),
            "address": lambda: self._draw.address(style),
            "account": lambda: self._draw.account(style),
            "iban": lambda: self._draw.iban(style),
            "card": lambda: self._draw.card(style),
            "phone": lambda: self._draw.phone(style),
            "key": lambda: self._draw.key(style),
            "ip": lambda: self._draw.ip(style),
            "jwt": self._draw.jwt,
            "bearer": self._draw.bearer,
            "password": self._draw.password,
        }
        while (text := make[kind]()) in self._seen:
            pass
        self._seen.add(text)
        return text


def plant(count_seed: int | None = None) -> Planter:
    """A planter with values of its own; a seed is for reproducing a run while looking into it."""
    if count_seed is None:
        return Planter(random.SystemRandom())
    return Planter(random.Random(count_seed))  # noqa: S311 - nothing secret hangs on a reproduced run
