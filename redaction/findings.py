"""The values that detection hands out: findings, the analysis that holds them, and the refusal to give one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Document: TypeAlias = "bool | int | float | str | list[Document] | dict[str, Document] | None"

# The closed set of categories; a detector that reports anything else fails the analysis.
CATEGORIES: dict[str, str] = {
    "PERSON": "a person's name or a part of it",
    "EMAIL_ADDRESS": "an e-mail address, also spelled out",
    "PHONE_NUMBER": "a telephone or fax number",
    "ADDRESS": "a postal address or a telling part of it",
    "LOCATION": "a town, region, country or place",
    "ORGANIZATION": "a company, authority or school",
    "DATE_TIME": "a calendar date or a point in time",
    "DATE_OF_BIRTH": "a date of birth",
    "AGE": "a person's age",
    "DEMOGRAPHIC": "gender, nationality, religion, profession and the like, under a key that says so",
    "HEALTH": "a diagnosis or health record value under a key that says so",
    "URL": "a web or resource address",
    "HOSTNAME": "the name of a machine inside a network",
    "IP_ADDRESS": "an IPv4 or IPv6 address",
    "DEVICE_ID": "a hardware address, serial number, IMEI or similar",
    "CREDIT_CARD": "a payment card number, its code or expiry",
    "BANK_ACCOUNT": "an IBAN or other bank account, routing or SWIFT code",
    "GOVERNMENT_ID": "a number issued by an authority: social security, passport, licence, tax, plate",
    "ACCOUNT_ID": "a customer, contract, member, case or record number of a person",
    "USERNAME": "a login or handle",
    "SECRET": "a password, token, key or other credential",
    "COORDINATE": "a geographic position",
    "AMOUNT": "income, salary or balance of a person, under a key that says so",
    "OBFUSCATED": "text that was encoded or spelled out and hides what it says",
    "UNSUPPORTED_LANGUAGE": "text in a language that no model here reads",
    "CUSTOM": "a value or pattern that the caller asked for",
}

ReasonCode = Literal[
    "oversized",
    "too_deep",
    "undecodable",
    "timeout",
    "memory",
    "detector_failed",
    "language",
    "incomplete",
    "process_failed",
]

REASONS: dict[str, str] = {
    "oversized": "the document is larger than the budget allows; split it or raise the budget",
    "too_deep": "the document is nested more deeply than the budget allows; flatten it",
    "undecodable": "the document holds something other than text, numbers, lists and maps; clean it and submit again",
    "timeout": "detection did not finish in its time budget",
    "memory": "detection needed more memory than its budget",
    "detector_failed": "a detector failed, so its findings are unknown",
    "language": "the document holds text in a language that no model reads and the policy withholds such text",
    "incomplete": "a layer did not report, so the analysis is not complete",
    "process_failed": "the detection process ended before it answered",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sensitive stretch: characters start..end of the original string at `path` (a number counts as its digits)."""

    path: str
    start: int
    end: int
    category: str
    score: float
    detector: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that was found, the layers that finished, and the engine that did it. Holds no text."""

    findings: tuple[Finding, ...]
    layers: tuple[str, ...]
    fingerprint: str


class Withheld(Exception):
    """The document cannot be vouched for and must not be published. Carries a code and a fixed sentence, never text."""

    def __init__(self, reason_code: str, message: str = "") -> None:
        if reason_code not in REASONS:
            reason_code, message = "detector_failed", ""
        self.reason_code = reason_code
        self.message = message or REASONS[reason_code]
        super().__init__(f"{reason_code}: {self.message}")


@dataclass(frozen=True, slots=True)
class Budget:
    """What one document may cost. The time is enforced by the detection process, sizes everywhere."""

    seconds: float = 20.0
    memory_mb: int = 2_000
    characters: int = 2_000_000
    values: int = 200_000
    depth: int = 60
    documents_per_process: int = 5_000
