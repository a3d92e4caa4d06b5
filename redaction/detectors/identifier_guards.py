"""What a pattern of an identifier cannot say: check digits, what stands around it, and the words before it."""

from __future__ import annotations

import ipaddress
import re

from ..spans import Span
from .iban_groups import has_valid_check_digits


def stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or before == "_" or after.isalnum() or after == "_")


def is_own_number(text: str, start: int, end: int) -> bool:
    """Not a piece of a longer number, a decimal or a version."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or before[-1:] in ("_", "$", "€", "£") or after[:1].isalnum() or after[:1] in ("_", "%"):
        return False
    if before[-1:] in (".", ",") and before[:1].isdigit():
        return False
    return not (after[:1] in (".", ",") and after[1:2].isdigit())


def is_ipv4(text: str, start: int, end: int) -> bool:
    if not is_own_number(text, start, end) or text[start:end].startswith(("0.", "127.")):
        return False
    before = text[max(0, start - 12) : start].lower()
    if re.search(r"(?:version|release|ver|==|>=|<=|~=|v)[\s:=-]*$", before):
        return False
    return all(int(part) < 256 and (len(part) == 1 or part[0] != "0") for part in text[start:end].split("."))


def is_ipv6(text: str, start: int, end: int) -> bool:
    if text[start - 1 : start].isalnum() or text[end : end + 1].isalnum() or text[start - 1 : start] == ":":
        return False
    try:
        address = ipaddress.IPv6Address(text[start:end])
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified) and sum(c.isalnum() for c in text[start:end]) >= 4


def luhn_valid(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if position % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def is_card(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    if not is_own_number(text, start, end):
        return False
    return (
        luhn_valid(piece)
        or bool(re.fullmatch(r"\d{4}([ \n-])\d{4}\1\d{4}\1\d{1,4}", piece))
        or _near(CARD_WORDS, text, start)
    )


def is_iban(text: str, start: int, end: int) -> bool:
    compact = re.sub(r"[\s-]", "", text[start:end]).upper()
    if not 15 <= len(compact) <= 34 or not stands_alone(text, start, end):
        return False
    return has_valid_check_digits(compact) or _near(r"iban|account|konto|rekening|bank", text, start)


def is_spaced_iban(text: str, start: int, end: int) -> bool:
    """In whatever groups it is written, its check digits are right; the end is looked for backwards."""
    compact = re.sub(r"[\s-]", "", text[start:end]).upper()
    return stands_alone(text, start, end) and 15 <= len(compact) <= 34 and has_valid_check_digits(compact)


CARD_WORDS = r"card|visa|mastercard|amex|maestro|cc|karte|carte|tarjeta"
PHONE_WORDS = (
    r"phone|tel|mobile|cell|call(?:ed|er|back| me)?|ring|rang|fax|sms|whats\s?app|dial|reach|text(?:ed)?|"
    r"contact|hotline|telefon\w*|"
    r"handy|anrufen|mobil\w*|nummer|t[ée]l[ée]phone|portable|appel\w*|tel[ée]fono|m[óo]vil|llam\w*|"
    r"telefono|cellulare|chiama\w*|telefone|bellen|number"
)
ACCOUNT_WORDS = (
    r"account|acct|a/c|customer|client|member(?:ship)?|contract|policy|polic[ey]nummer|patient|mrn|"
    r"konto(?:nummer)?|kunden?(?:nummer|nr)?|"
    r"meter|subscriber|loyalty|employee|staff|insurance|claim|iban|bank|routing|sort code|record|booking|"
    r"reservation|order|invoice|reference|ref|"
    r"vertrag\w*|client[e]?|cuenta|compte|conto|rekening\w*|klant\w*|case|file|ssn|social security|"
    r"passport|licen[cs]e|tax|vat|national id|id|no|nr|number|code|pin|vin|imei|serial"
)


def _near(words: str, text: str, start: int, reach: int = 40) -> bool:
    """Whether one of the words stands shortly before, in the same sentence."""
    # What an earlier redaction wrote is no context: its labels are made of these very words.
    before = _LABEL_WRITTEN.sub("", text[max(0, start - reach) : start]).lower()
    return re.search(rf"(?:^|[^a-z])(?:{words})(?:[^a-z\n]|\Z)(?:[^.\n;]|\.(?!\s))*\Z", before) is not None


_LABEL_WRITTEN = re.compile(r"<?\b[A-Z_]{2,}>|\b[A-Z]+_[0-9a-f]{6}\b")


def is_phone(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    digits = sum(c.isdigit() for c in piece)
    before, after = text[start - 1 : start], text[end : end + 1]
    if not 7 <= digits <= 15 or before.isalnum() or (before in ("_", "-", ".", "/") and piece[0] != "+"):
        return False
    return (
        not (after.isalnum() and after.lower() != "x")
        and after not in ("_", "%")
        and not re.search(r"\d{4}-\d\d-\d\d", piece)
    )


def is_spoken_phone(text: str, start: int, end: int) -> bool:
    return is_phone(text, start, end) and _near(PHONE_WORDS, text, start)


def is_account(text: str, start: int, end: int) -> bool:
    return is_own_number(text, start, end) and _near(ACCOUNT_WORDS, text, start)


def is_long_number(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    if not is_own_number(text, start, end):
        return False
    if _UUID.search(text[max(0, start - 28) : end]):
        return False
    if len(piece) in (10, 13, 16, 19) and piece[0] == "1":
        # Most of these are moments in seconds or less; the first cell of a row beside words is somebody's number.
        is_first_cell = text[start - 1 : start] in ("", "\n") and re.match(
            r"(?: {2,}|\t)[^\W\d_]", text[end : end + 12]
        )
        return bool(is_first_cell) or _near(ACCOUNT_WORDS, text, start)
    return True


_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
# Numbers of publications, standards and vulnerabilities: they name what failed, not who.
_PUBLIC_NUMBERS = re.compile(
    r"(?:CVE|CWE|ISO|IEC|RFC|AVID|AML|EU|EN|DIN|GDPR|OWASP|NIST|ICD|CAPEC|PEP|BUG|PR|SUP|INC|JIRA)[-0-9]"
)


def is_broken_email(text: str, start: int, end: int) -> bool:
    """An address over two lines, and not a decorator in code."""
    local = text[start:end].partition("@")[0].strip()
    return re.search(r"[._\d-]", local) is not None and text[end : end + 1] != "("


def is_lettered(text: str, start: int, end: int) -> bool:
    if _PUBLIC_NUMBERS.match(text[start:end]):
        return False
    return not (
        not stands_alone(text, start, end) or text[start - 1 : start] in ("-", ".", "/") or text[end : end + 1] == "-"
    )


def is_lettered_near(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    return is_lettered(text, start, end) and any(c.isdigit() for c in piece) and _near(ACCOUNT_WORDS, text, start, 25)


def is_position(text: str, start: int, end: int) -> bool:
    return _near(r"lat(?:itude)?|lon(?:gitude)?|lng|gps|geo\w*|coord\w*|location|position|located|at", text, start, 30)


# Numbers of public registers of weaknesses and AI failures: they name what failed, and nobody.
_PUBLIC_NUMBER = re.compile(
    r"\b(?:CVE-\d{4}-\d{4,7}|CWE-\d{1,5}|GHSA(?:-[0-9a-z]{4}){3}|AVID-\d{4}-[RV]?\d{3,5})\b", re.IGNORECASE
)


def is_public_number(text: str, span: Span) -> bool:
    """Whether a span stands inside the number of a public register."""
    return any(
        match.start() <= span.start and span.end <= match.end()
        for match in _PUBLIC_NUMBER.finditer(text, max(0, span.start - 20), span.end + 20)
    )
