"""A person's values as they are looked for: whole in any encoding, in their telling parts, and as pseudonyms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from redaction import Document, Finding, second_look
from redaction.documents import texts_of
from redaction.propagation import FoundValues, squashed
from redaction.pseudonyms import NameLinks, token_for, words_of_name

KINDS = ("names", "emails", "phones", "others")
# What a value may have been found as, and so the labels under which its pseudonym may stand.
_CATEGORIES: dict[str, tuple[str, ...]] = {
    "names": ("PERSON",),
    "emails": ("EMAIL_ADDRESS",),
    "phones": ("PHONE_NUMBER",),
    "others": (
        "ACCOUNT_ID", "ADDRESS", "BANK_ACCOUNT", "CREDIT_CARD", "CUSTOM", "DEVICE_ID", "GOVERNMENT_ID", "HOSTNAME",
        "IP_ADDRESS", "SECRET", "USERNAME",
    ),
}  # fmt: skip

WHOLE, ENCODED, DERIVED = "whole", "encoded", "derived"


@dataclass(frozen=True, slots=True)
class PersonValues:
    """What an officer gave of a person: names, e-mail addresses, telephone numbers, anything else that is his.

    It is kept sealed, stands in no event and no log, and is gone when its erasure is proven.
    """

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> PersonValues:
        """What `to_json` wrote."""
        given: Mapping[str, Sequence[str]] = orjson.loads(text)
        return cls(**{kind: tuple(given[kind]) for kind in KINDS})

    def to_json(self) -> str:
        """All values, for sealing."""
        return orjson.dumps({kind: list(getattr(self, kind)) for kind in KINDS}).decode()

    def counts(self) -> dict[str, int]:
        """How many of each kind; all that a record may say of them."""
        return {kind: len(getattr(self, kind)) for kind in KINDS if getattr(self, kind)}

    def each(self) -> Iterator[tuple[str, str]]:
        """Every value with its kind."""
        for kind in KINDS:
            for value in getattr(self, kind):
                yield kind, value

    def __repr__(self) -> str:
        return f"PersonValues({self.counts()})"


@dataclass(slots=True)
class Finder:
    """Looks for a person's values in documents, with the same eyes as the second look at what is shared."""

    values: PersonValues
    _original: Document = field(init=False)
    _findings: list[Finding] = field(init=False)
    _parts: FoundValues = field(init=False)

    def __post_init__(self) -> None:
        wanted: list[str] = []
        self._parts = FoundValues()
        for kind, value in self.values.each():
            wanted.append(value)
            words = words_of_name(value) if kind == "names" else ()
            if len(words) > 1:
                wanted.append(" ".join((words[-1], *words[:-1])))
            if kind in ("emails", "phones"):
                self._parts.add(value, _CATEGORIES[kind][0], 1.0)
        self._original = {"values": list[Document](wanted)}
        # As a category of its own, a name is looked for as a whole: its words are other people's too.
        self._findings = [
            Finding(f"values[{index}]", 0, len(value), "CUSTOM", 1.0, "erasure") for index, value in enumerate(wanted)
        ]

    def find(self, document: Document) -> str:
        """How the document names the person: WHOLE, ENCODED, DERIVED, or not at all: empty."""
        verdict = second_look(self._original, document, self._findings, deep=False)
        if not verdict.is_clean:
            return WHOLE if "value_remains" in verdict.reasons else ENCODED
        texts = texts_of(document)
        return DERIVED if any(next(self._parts.find(text), None) is not None for text in texts) else ""

    def blind_to(self) -> list[tuple[str, str]]:
        """Values too short or too common to be looked for: they would be found in other words, or not at all."""
        return [
            (kind, value)
            for kind, value in self.values.each()
            if not Finder(PersonValues(**{kind: (value,)})).find([f"see {value}."])
        ]


def pseudonyms(values: PersonValues, key: bytes) -> frozenset[str]:
    """The tokens under which an audience with this key may know the person."""
    tokens: set[str] = set()
    for kind, value in values.each():
        canonical = NameLinks([value]).canonical(value) if kind == "names" else squashed(value)[0]
        tokens.update(token_for(category, canonical, key) for category in _CATEGORIES[kind])
    return frozenset(tokens)


def holds_token(document: Any, tokens: frozenset[str]) -> bool:
    """Whether one of these tokens stands in a document."""
    return any(token in text for text in texts_of(document) for token in tokens)
