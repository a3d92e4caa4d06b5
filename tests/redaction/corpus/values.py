"""Invented people, accounts and machines: the values that the documents are filled with, each with its label."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable

# Typed for this corpus, and deliberately not taken from any list that the detectors read.
_GIVEN = (
    "Aisling", "Bartosz", "Chidinma", "Dorothea", "Eloïse", "Fadekemi", "Gernot", "Henrike", "Ignacio", "Joaquín",
    "Kerstin", "Ludovica", "Mireille", "Nadjib", "Oriol", "Penelope", "Quirin", "Rosalind", "Sanne", "Thijs",
    "Ulrike", "Vasco", "Wolfram", "Yasmin", "Zuzanna", "Priya", "Hiroshi", "Mei-Ling", "Tobias", "Claire",
)  # fmt: skip
_STARTS = ("Bar", "Fel", "Gros", "Hal", "Kor", "Lind", "Mor", "Ned", "Ost", "Pet", "Rav", "Sol", "Tev", "Wies", "Zan")
_MIDDLES = ("a", "e", "i", "o", "en", "er", "in", "ov", "ar", "el")
_ENDS = ("berg", "mann", "son", "ski", "quist", "etti", "ez", "dijk", "feld", "aux", "wood", "eira", "aro", "holm")
_STREETS = (
    "{n} Larchfield Avenue", "{n} Old Kiln Road", "Amselgrund {n}", "Heidekampstraße {n}", "{n} rue des Tilleuls",
    "Calle del Olmo {n}", "Via dei Gelsi {n}", "Wilgenlaan {n}", "Rua das Camélias {n}",
)  # fmt: skip
_TOWNS = ("Leicester", "Erfurt", "Rennes", "Zaragoza", "Modena", "Zwolle", "Coimbra", "Duluth", "Graz", "Galway")
_DOMAINS = ("larkmail.example", "posteo.example", "tulip-mail.example.org", "firma-nord.example.com")


class Person:
    """One invented person with everything that a document may say about them; the canary is theirs alone."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.given = draw.choice(_GIVEN)
        self.family = draw.choice(_STARTS) + draw.choice(_MIDDLES) + draw.choice(_ENDS)
        self.canary = "".join(draw.choices("bcdfghjklmnprstvz", k=4)) + "".join(draw.choices(string.digits, k=4))
        self.login = f"{self.given[0].lower()}{self.family.lower()}{draw.randrange(10, 99)}"
        self.email = f"{self.family.lower()}.{self.canary}@{draw.choice(_DOMAINS)}"
        self.phone = draw.choice(
            (
                f"+49 {draw.randrange(151, 179)} {draw.randrange(1_000_000, 9_999_999)}",
                f"+44 7{draw.randrange(100, 999)} {draw.randrange(100_000, 999_999)}",
                f"({draw.randrange(201, 989)}) 555-{draw.randrange(100, 199):04}",
                f"0{draw.randrange(1, 6)} {' '.join(f'{draw.randrange(100):02}' for _ in range(4))}",
                f"+31 6 {draw.randrange(10_000_000, 99_999_999)}",
            )
        )
        self.street = draw.choice(_STREETS).format(n=draw.randrange(2, 190))
        self.town = draw.choice(_TOWNS)
        self.account = draw.choice(
            (
                f"CU-{draw.randrange(1000, 9999)}-{draw.randrange(10_000, 99_999)}",
                f"KD{draw.randrange(10_000_000, 99_999_999)}",
                f"{draw.randrange(10**9, 2 * 10**9 - 1) + 10**9}",
            )
        )
        self.address = f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(1, 255)}"
        self.born = f"{draw.randrange(1940, 2004)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"

    def name(self) -> str:
        return f"{self.given} {self.family}"

    def secret(self) -> str:
        """A credential as systems make them; none of them opens anything."""
        signs = string.ascii_letters + string.digits
        body = "".join(self.draw.choices(signs, k=36))
        return self.draw.choice(
            (
                f"ghp_{body}",
                f"sk-proj-{body}",
                "AKIA" + "".join(self.draw.choices(string.ascii_uppercase + string.digits, k=16)),
                f"hf_{body[:34]}",
                base64.b64encode(body.encode()).decode().rstrip("="),
            )
        )

    def password(self) -> str:
        word = self.draw.choice(("Tulpe", "Granite", "orbit", "Kestrel", "maple"))
        return f"{word}{self.draw.choice('!#$%')}{self.draw.randrange(100, 9999)}{self.draw.choice('xQz')}"


LABELLED: dict[str, tuple[str, Callable[[Person], str]]] = {
    "name": ("NAME", Person.name),
    "given": ("NAME", lambda person: person.given),
    "family": ("NAME", lambda person: person.family),
    "inverted": ("NAME", lambda person: f"{person.family}, {person.given}"),
    "initial": ("NAME", lambda person: f"{person.given[0]}. {person.family}"),
    "lower": ("NAME", lambda person: person.name().lower()),
    "email": ("EMAIL", lambda person: person.email),
    "phone": ("PHONE", lambda person: person.phone),
    "street": ("ADDRESS", lambda person: person.street),
    "account": ("ACCOUNT", lambda person: person.account),
    "login": ("USERNAME", lambda person: person.login),
    "ip": ("IP", lambda person: person.address),
    "secret": ("SECRET", Person.secret),
    "password": ("SECRET", Person.password),
}
# Points at a group rather than at one person: counted among all labels, not among the direct identifiers.
QUASI: dict[str, tuple[str, Callable[[Person], str]]] = {
    "town": ("TOWN", lambda person: person.town),
    "born": ("BIRTH", lambda person: person.born),
}


def _hexadecimal(draw: random.Random, length: int) -> str:
    return "".join(draw.choices("0123456789abcdef", k=length))


# What failed must stay readable: none of these may go.
NEUTRAL: dict[str, Callable[[random.Random], str]] = {
    "model": lambda draw: (
        f"{draw.choice(('intent-router', 'fraud-scorer', 'doc-ranker', 'churn-gbm', 'asr-large'))}"
        f"-v{draw.randrange(1, 9)}.{draw.randrange(10)}"
    ),
    "score": lambda draw: f"0.{draw.randrange(100, 999)}",
    "count": lambda draw: str(draw.randrange(2, 900)),
    "line": lambda draw: str(draw.randrange(10, 480)),
    "ms": lambda draw: str(draw.randrange(3, 4000)),
    "commit": lambda draw: _hexadecimal(draw, 40),
    "trace": lambda draw: _hexadecimal(draw, 32),
    "pod": lambda draw: f"scorer-{_hexadecimal(draw, 9)}-{''.join(draw.choices('bcdfghjk', k=5))}",
    "day": lambda draw: f"2026-0{draw.randrange(1, 10)}-{draw.randrange(10, 29)}",
    "time": lambda draw: f"{draw.randrange(10, 24)}:{draw.randrange(10, 60)}:{draw.randrange(10, 60)}",
    "feature": lambda draw: draw.choice(
        ("basket_value", "days_since_login", "session_length", "n_retries", "age_bucket")
    ),
    "error": lambda draw: draw.choice(
        ("ValueError: shapes (32, 768) and (512,) not aligned", "KeyError: 'embedding'",
         "TimeoutError: no answer in 30 s", "RuntimeError: CUDA out of memory", "IndexError: list index out of range")
    ),
    "fault": lambda draw: draw.choice(
        ("the assistant repeated an earlier answer word for word", "the ranking put the oldest document first",
         "the classifier sends refunds to the wrong queue", "the summary left out the second paragraph",
         "recall fell after the nightly retraining", "the model refuses a harmless question",
         "the transcript loses every third sentence", "predictions are the same for all inputs")
    ),
}  # fmt: skip
