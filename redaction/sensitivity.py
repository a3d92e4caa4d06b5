"""How sensitive content is (data class) and who may have it (Traffic Light Protocol 2.0): the two ordered axes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Self

from .findings import Finding


class _Ordered(Enum):
    """An enumeration whose order is the order of its members, from most open to most closed."""

    @property
    def rank(self) -> int:
        return list(type(self)).index(self)

    def __lt__(self, other: Self) -> bool:
        return self.rank < other.rank

    def __le__(self, other: Self) -> bool:
        return self.rank <= other.rank

    def __gt__(self, other: Self) -> bool:
        return self.rank > other.rank

    def __ge__(self, other: Self) -> bool:
        return self.rank >= other.rank

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The member that a person or another system wrote, whatever the case and separator."""
        wanted = _plain(text.removeprefix("TLP:").removeprefix("tlp:"))
        for member in cls:
            if _plain(str(member.value)) == wanted:
                return member
        allowed = ", ".join(str(member.value) for member in cls)
        raise ValueError(f"not a {cls.__name__} value; expected one of: {allowed}")


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


class DataClass(_Ordered):
    """What content is."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class Tlp(_Ordered):
    """Who may have it."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


# What opens a door, or harms its owner by being known at all.
RESTRICTING = frozenset({"SECRET", "GOVERNMENT_ID", "HEALTH", "CREDIT_CARD", "BANK_ACCOUNT"})
# What points at one person or account.
IDENTIFYING = frozenset(
    {
        "PERSON",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "ADDRESS",
        "ACCOUNT_ID",
        "USERNAME",
        "DEVICE_ID",
        "COORDINATE",
        "DATE_OF_BIRTH",
        "OBFUSCATED",
        "UNSUPPORTED_LANGUAGE",
    }
)
CERTAIN_ENOUGH = 0.5


def class_for(findings: Iterable[Finding]) -> DataClass:
    """The lowest data class that content with these findings may have; nothing found implies internal, never public."""
    implied = DataClass.INTERNAL
    for finding in findings:
        if finding.score < CERTAIN_ENOUGH:
            continue
        if finding.category in RESTRICTING:
            return DataClass.RESTRICTED
        if finding.category in IDENTIFYING:
            implied = DataClass.CONFIDENTIAL
    return implied
