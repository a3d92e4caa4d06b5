"""Identifiers that are known by how they are written: contacts, machines, numbers of accounts and people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

from ..spans import Span
from . import iban_groups
from .identifier_guards import (
    is_account,
    is_broken_email,
    is_card,
    is_iban,
    is_ipv4,
    is_ipv6,
    is_lettered,
    is_lettered_near,
    is_long_number,
    is_own_number,
    is_phone,
    is_position,
    is_spaced_iban,
    is_spoken_phone,
    stands_alone,
)

Guard = Callable[[str, int, int], bool]
version = "1"


@dataclass(frozen=True)
class Rule:
    """A linear-time pattern, what it finds, and the conditions a pattern of that kind cannot say."""

    category: str
    pattern: Any
    score: float = 0.8
    group: int = 0
    needs: str = ""  # characters of which one must stand in the text; spares most texts most patterns
    guard: Guard | None = None


def compiled(pattern: str, *, ignore_case: bool = False) -> Any:
    """A google-re2 pattern: no hostile text makes it slow."""
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.max_mem = 32 << 20
    return re2.compile(pattern, options)


_LABEL = r"[\pL\pN](?:[\pL\pN-]{0,62}[\pL\pN])?"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)"
)
RULES = (
    Rule("EMAIL_ADDRESS", compiled(rf"[\pL\pN_][\pL\pN._%+'-]{{0,80}}@(?:{_LABEL}\.)+[\pL]{{2,24}}"), 0.95, needs="@"),
    Rule(
        "EMAIL_ADDRESS",
        compiled(
            r"[^\s@\"'<>,;:()\[\]]{1,80}[ \t]{1,2}@[ \t]{1,2}[A-Za-z0-9-]{1,63}(?:[ \t]{0,2}\.[ \t]{0,"
            r"2}[A-Za-z0-9-]{1,63}){1,5}"
        ),
        0.9,
        needs="@",
    ),
    Rule("EMAIL_ADDRESS", compiled(r"[\pL\pN][\pL\pN._%+'-]{1,80}@[\pL][\pL\pN-]{2,60}"), 0.6, needs="@"),
    Rule(
        "EMAIL_ADDRESS",
        compiled(
            rf"([\pL\pN][\pL\pN._+-]{{1,60}}(?: dot [\pL\pN]+)*)(?:\s*[\[({{<]\s*(?:at|@)\s*[\])}}>]\s*|\s+at\s+)"
            rf"({_LABEL}(?:(?:\s*[\[({{<]\s*(?:dot|\.)\s*[\])}}>]\s*|\s+dot\s+|\.){_LABEL}){{0,3}}"
            r"(?:\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|\s+dot\s+|\.)[a-z]{2,12})\b",
            ignore_case=True,
        ),
        0.85,
        guard=lambda text, start, end: re.search(r"(?i)[\[({<]\s*(?:at|@|dot)|\sdot\s", text[start:end]) is not None,
    ),
    Rule(
        "EMAIL_ADDRESS",
        compiled(
            r"[^\s@\"'<>,;:()\[\]]{2,80}(?:[ \t]{0,2}\r?\n[ \t]{0,8}@|@[ \t]{0,2}\r?\n[ \t]{0,"
            r"8})[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
        ),
        0.85,
        needs="@",
        guard=is_broken_email,
    ),
    # A line that ends inside the first word behind the sign: what follows has the dots.
    Rule(
        "EMAIL_ADDRESS",
        compiled(
            r"[\pL\pN][\pL\pN._%+'-]{1,80}@[\pL\pN-]{1,62}[ \t]?\r?\n[ \t]{0,8}"
            r"[\pL\pN-]{1,62}(?:\.[\pL\pN-]{1,63}){1,5}"
        ),
        0.9,
        needs="@",
    ),
    Rule(
        "URL",
        compiled(r"\b(?:https?|hxxps?|ftps?|sftp|wss?|s3|gs|hdfs|ssh|git|ldaps?|smb|file)://[^\s\"'<>)\]}|\\]+"),
        0.8,
        needs=":",
    ),
    Rule(
        "HOSTNAME",
        compiled(rf"\b(?:{_LABEL}\.){{1,5}}(?:local|internal|intranet|corp|lan|home|localdomain)\b"),
        0.6,
        needs=".",
    ),
    Rule("IP_ADDRESS", compiled(r"\d{1,3}(?:\.\d{1,3}){3}"), 0.9, needs=".", guard=is_ipv4),
    Rule("IP_ADDRESS", compiled(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"), 0.9, needs=":", guard=is_ipv6),
    Rule(
        "DEVICE_ID",
        compiled(r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b|\b(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\b"),
        0.8,
    ),
    Rule("CREDIT_CARD", compiled(r"\d(?:[ \n-]?\d){11,18}"), 0.9, guard=is_card),
    Rule(
        "BANK_ACCOUNT",
        compiled(r"[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,4})?"),
        0.9,
        guard=is_iban,
    ),
    Rule("BANK_ACCOUNT", compiled(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"), 0.9, guard=is_iban),
    Rule("BANK_ACCOUNT", compiled(r"[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z0-9]){11,30}"), 0.9, guard=is_spaced_iban),
    Rule("GOVERNMENT_ID", compiled(r"\d{3}-\d{2}-\d{4}"), 0.85, needs="-", guard=is_own_number),
    Rule(
        "PHONE_NUMBER",
        compiled(r"(?:\+|\b00)\d{1,3}(?:[ ./-]{0,2}\(?\d{1,5}\)?){2,6}(?:\s*(?:x|ext\.?)\s*\d{1,6})?"),
        0.8,
        guard=is_phone,
    ),
    Rule(
        "PHONE_NUMBER",
        compiled(r"\(\d{2,5}\)[ .-]?\d{2,5}(?:[ .-]?\d{2,5}){1,3}(?:\s*(?:x|ext\.?)\s*\d{1,6})?"),
        0.8,
        needs="(",
        guard=is_phone,
    ),
    Rule(
        "PHONE_NUMBER",
        compiled(r"\b(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}(?:\s*(?:x|ext\.?)\s*\d{1,6})?"),
        0.8,
        guard=is_phone,
    ),
    Rule("PHONE_NUMBER", compiled(r"\b0\d(?:[ .-]\d{2}){4}\b"), 0.8, guard=is_phone),
    Rule(
        "PHONE_NUMBER", compiled(r"\b0\d{1,4}[ /-]{1,2}\d{2,8}(?:[ -]\d{2,8}){0,4}\b"), 0.7, needs="0", guard=is_phone
    ),
    Rule("PHONE_NUMBER", compiled(r"\b[679]\d{2} ?\d{2,3} ?\d{2,3} ?\d{2,3}\b"), 0.6, guard=is_spoken_phone),
    Rule("PHONE_NUMBER", compiled(r"\b\d{3}[ -]\d{4}\b|\b\d[\d ().-]{5,18}\d\b"), 0.6, guard=is_spoken_phone),
    Rule("ACCOUNT_ID", compiled(r"\b[A-Z]{2,4}-\d{3,}(?:-\d{2,})+\b"), 0.8, needs="-", guard=is_lettered),
    Rule("ACCOUNT_ID", compiled(r"\b[A-Z]{1,3}\d{6,14}[A-Z]?\b"), 0.7, guard=is_lettered),
    Rule("ACCOUNT_ID", compiled(r"\b\d{2,4}-\d{3,7}-\d{3,7}(?:-\d{1,7})?\b"), 0.7, needs="-", guard=is_own_number),
    Rule("ACCOUNT_ID", compiled(r"\b\d{9,22}\b"), 0.6, guard=is_long_number),
    Rule("ACCOUNT_ID", compiled(r"\b\d[\d -]{3,18}\d\b"), 0.6, guard=is_account),
    Rule(
        "ACCOUNT_ID",
        compiled(r"\b[A-Z0-9]{2,8}(?:-[A-Z0-9]{2,8}){1,4}\b|\b[A-Z0-9]{6,18}\b"),
        0.6,
        guard=is_lettered_near,
    ),
    Rule("ACCOUNT_ID", compiled(r"\b0x[0-9a-fA-F]{40}\b"), 0.8, needs="x"),
    Rule(
        "COORDINATE",
        compiled(r"-?\d{1,2}\.\d{3,}°?\s?[NS]?\s*[,;/ ]\s*-?\d{1,3}\.\d{3,}°?\s?[EWO]?"),
        0.7,
        needs=".",
        guard=is_position,
    ),
    Rule("COORDINATE", compiled(r"\d{1,3}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d+)?[\"″]\s?)?[NSEWO]"), 0.8, needs="°"),
    Rule(
        "DATE_OF_BIRTH",
        compiled(
            (
                r"(?:\bborn(?: on)?|\bDOB|date of birth|birth ?date|birthday|geboren(?: am)?|né(?:e)? le|"
                r"nacid[oa] el|nat[oa] il)\W{1,4}(\d[\d./ -]{4,12}\d|\d{1,2}(?:st|nd|rd|th)? [\pL]{3,9},? "
                r"\d{4}|[\pL]{3,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
            ),
            ignore_case=True,
        ),
        0.8,
        group=1,
    ),
    Rule(
        "DATE_TIME",
        compiled(
            r"\b\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?Z|\s?[+-]\d{2}:?\d{2})?)?\b"
        ),
        0.8,
        needs="-",
        guard=is_own_number,
    ),
    Rule(
        "DATE_TIME",
        compiled(
            r"\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b|\b\d{4}[/.]\d{1,2}[/.]\d{1,2}\b|\b\d{1,2}-\d{1,2}-\d{4}\b"
        ),
        0.7,
        guard=is_own_number,
    ),
    Rule(
        "DATE_TIME",
        compiled(
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\.?,?(?: \d{{4}})?\b|\b{_MONTH}\.? \d{{1,"
            rf"2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|\b{_MONTH} \d{{4}}\b"
        ),
        0.7,
        guard=stands_alone,
    ),
    Rule("AGE", compiled(r"\b(\d{1,3})[- ]years?[- ](?:old|of age)\b", ignore_case=True), 0.7, group=1),
    Rule(
        "AGE",
        compiled(r"\b(?:aged?|is) (\d{2})\b(?: years)?", ignore_case=True),
        0.5,
        group=1,
        guard=lambda t, s, e: t[max(0, s - 6) : s].lower().strip().endswith(("age", "aged")),
    ),
    Rule(
        "PERSON",
        compiled(
            r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Madam|Herrn?|Frau|Fr|Monsieur|Madame|Mme|M|Mlle|Señora?|"
            r"Sra?|Don|Doña|Sig|Signora?|Sig\.ra|Dott|Meneer|Mevrouw|Dhr|Mevr|Senhora?)\.? "
            r"((?:(?:[Dd]e|[Vv]an|[Vv]on|[Dd]er|[Dd]en|al|bin|[Dd]a|[Dd]el|[Dd]i|[Ll]a|[Ll]e|O')[ -]?){0,"
            r"3}(?:[\p{Lu}]\.? ?){0,2}[\p{Lu}][\pL'-]{1,30}"
            r"(?: (?:(?:de|van|von|der|den|al|bin|da|del|di|la|le) ){0,3}[\p{Lu}][\pL'-]{1,30}){0,2})"
        ),
        0.75,
        group=1,
    ),
)


def find(text: str) -> Iterator[Span]:
    """Every identifier of a text."""
    has_digit = any(character.isdigit() for character in text)
    for rule in RULES:
        if rule.needs and not any(character in text for character in rule.needs):
            continue
        if not has_digit and rule.category not in (
            "EMAIL_ADDRESS",
            "URL",
            "HOSTNAME",
            "IP_ADDRESS",
            "PERSON",
            "DEVICE_ID",
        ):
            continue
        for match in rule.pattern.finditer(text):
            start, end = match.span(rule.group)
            if start < 0 or start == end or (rule.guard is not None and not rule.guard(text, start, end)):
                continue
            while text[end - 1] in ".,;:- " and end - 1 > start:
                end -= 1
            yield Span(start, end, rule.category, rule.score, "pattern")
    if has_digit:
        yield from iban_groups.find(text)
