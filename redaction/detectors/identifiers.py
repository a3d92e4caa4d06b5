"""Identifiers that are known by how they are written: contacts, machines, numbers of accounts and people."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

from ..spans import Span
from . import iban_groups

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


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or before == "_" or after.isalnum() or after == "_")


def _is_own_number(text: str, start: int, end: int) -> bool:
    """Not a piece of a longer number, a decimal or a version."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or before[-1:] in ("_", "$", "€", "£") or after[:1].isalnum() or after[:1] in ("_", "%"):
        return False
    if before[-1:] in (".", ",") and before[:1].isdigit():
        return False
    return not (after[:1] in (".", ",") and after[1:2].isdigit())


def _is_ipv4(text: str, start: int, end: int) -> bool:
    if not _is_own_number(text, start, end) or text[start:end].startswith(("0.", "127.")):
        return False
    before = text[max(0, start - 12) : start].lower()
    if re.search(r"(?:version|release|ver|==|>=|<=|~=|v)[\s:=-]*$", before):
        return False
    return all(int(part) < 256 and (len(part) == 1 or part[0] != "0") for part in text[start:end].split("."))


def _is_ipv6(text: str, start: int, end: int) -> bool:
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


def _is_card(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    if not _is_own_number(text, start, end):
        return False
    return (
        luhn_valid(piece)
        or bool(re.fullmatch(r"\d{4}([ \n-])\d{4}\1\d{4}\1\d{1,4}", piece))
        or _near(CARD_WORDS, text, start)
    )


def _is_iban(text: str, start: int, end: int) -> bool:
    compact = re.sub(r"[\s-]", "", text[start:end]).upper()
    if not 15 <= len(compact) <= 34 or not _stands_alone(text, start, end):
        return False
    return _mod97(compact) or _near(r"iban|account|konto|rekening|bank", text, start)


def _is_spaced_iban(text: str, start: int, end: int) -> bool:
    """In whatever groups it is written, its check digits are right; the end is looked for backwards."""
    compact = re.sub(r"[\s-]", "", text[start:end]).upper()
    return _stands_alone(text, start, end) and 15 <= len(compact) <= 34 and _mod97(compact)


def _mod97(compact: str) -> bool:
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


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


def _is_phone(text: str, start: int, end: int) -> bool:
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


def _is_spoken_phone(text: str, start: int, end: int) -> bool:
    return _is_phone(text, start, end) and _near(PHONE_WORDS, text, start)


def _is_account(text: str, start: int, end: int) -> bool:
    return _is_own_number(text, start, end) and _near(ACCOUNT_WORDS, text, start)


def _is_long_number(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    if not _is_own_number(text, start, end):
        return False
    if _UUID.search(text[max(0, start - 28) : end]):
        return False
    if len(piece) in (10, 13, 16, 19) and piece[0] == "1":
        return _near(ACCOUNT_WORDS, text, start)  # most of these are moments in seconds or less
    return True


_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
# Numbers of publications, standards and vulnerabilities: they name what failed, not who.
_PUBLIC_NUMBERS = re.compile(
    r"(?:CVE|CWE|ISO|IEC|RFC|AVID|AML|EU|EN|DIN|GDPR|OWASP|NIST|ICD|CAPEC|PEP|BUG|PR|SUP|INC|JIRA)[-0-9]"
)


def _is_broken_email(text: str, start: int, end: int) -> bool:
    """An address over two lines, and not a decorator in code."""
    local = text[start:end].partition("@")[0].strip()
    return re.search(r"[._\d-]", local) is not None and text[end : end + 1] != "("


def _is_lettered(text: str, start: int, end: int) -> bool:
    if _PUBLIC_NUMBERS.match(text[start:end]):
        return False
    return not (
        not _stands_alone(text, start, end) or text[start - 1 : start] in ("-", ".", "/") or text[end : end + 1] == "-"
    )


def _is_lettered_near(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    return _is_lettered(text, start, end) and any(c.isdigit() for c in piece) and _near(ACCOUNT_WORDS, text, start, 25)


def _is_position(text: str, start: int, end: int) -> bool:
    return _near(r"lat(?:itude)?|lon(?:gitude)?|lng|gps|geo\w*|coord\w*|location|position|located|at", text, start, 30)


def _not_number_before(text: str, start: int, end: int) -> bool:
    return _is_own_number(text, start, end)


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
        guard=_is_broken_email,
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
    Rule("IP_ADDRESS", compiled(r"\d{1,3}(?:\.\d{1,3}){3}"), 0.9, needs=".", guard=_is_ipv4),
    Rule("IP_ADDRESS", compiled(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"), 0.9, needs=":", guard=_is_ipv6),
    Rule(
        "DEVICE_ID",
        compiled(r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b|\b(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\b"),
        0.8,
    ),
    Rule("CREDIT_CARD", compiled(r"\d(?:[ \n-]?\d){11,18}"), 0.9, guard=_is_card),
    Rule(
        "BANK_ACCOUNT",
        compiled(r"[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,4})?"),
        0.9,
        guard=_is_iban,
    ),
    Rule("BANK_ACCOUNT", compiled(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"), 0.9, guard=_is_iban),
    Rule("BANK_ACCOUNT", compiled(r"[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z0-9]){11,30}"), 0.9, guard=_is_spaced_iban),
    Rule("GOVERNMENT_ID", compiled(r"\d{3}-\d{2}-\d{4}"), 0.85, needs="-", guard=_not_number_before),
    Rule(
        "PHONE_NUMBER",
        compiled(r"(?:\+|\b00)\d{1,3}(?:[ ./-]{0,2}\(?\d{1,5}\)?){2,6}(?:\s*(?:x|ext\.?)\s*\d{1,6})?"),
        0.8,
        guard=_is_phone,
    ),
    Rule(
        "PHONE_NUMBER",
        compiled(r"\(\d{2,5}\)[ .-]?\d{2,5}(?:[ .-]?\d{2,5}){1,3}(?:\s*(?:x|ext\.?)\s*\d{1,6})?"),
        0.8,
        needs="(",
        guard=_is_phone,
    ),
    Rule(
        "PHONE_NUMBER",
        compiled(r"\b(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}(?:\s*(?:x|ext\.?)\s*\d{1,6})?"),
        0.8,
        guard=_is_phone,
    ),
    Rule("PHONE_NUMBER", compiled(r"\b0\d(?:[ .-]\d{2}){4}\b"), 0.8, guard=_is_phone),
    Rule(
        "PHONE_NUMBER", compiled(r"\b0\d{1,4}[ /-]{1,2}\d{2,8}(?:[ -]\d{2,8}){0,4}\b"), 0.7, needs="0", guard=_is_phone
    ),
    Rule("PHONE_NUMBER", compiled(r"\b[679]\d{2} ?\d{2,3} ?\d{2,3} ?\d{2,3}\b"), 0.6, guard=_is_spoken_phone),
    Rule("PHONE_NUMBER", compiled(r"\b\d{3}[ -]\d{4}\b|\b\d[\d ().-]{5,18}\d\b"), 0.6, guard=_is_spoken_phone),
    Rule("ACCOUNT_ID", compiled(r"\b[A-Z]{2,4}-\d{3,}(?:-\d{2,})+\b"), 0.8, needs="-", guard=_is_lettered),
    Rule("ACCOUNT_ID", compiled(r"\b[A-Z]{1,3}\d{6,14}[A-Z]?\b"), 0.7, guard=_is_lettered),
    Rule("ACCOUNT_ID", compiled(r"\b\d{2,4}-\d{3,7}-\d{3,7}(?:-\d{1,7})?\b"), 0.7, needs="-", guard=_not_number_before),
    Rule("ACCOUNT_ID", compiled(r"\b\d{9,22}\b"), 0.6, guard=_is_long_number),
    Rule("ACCOUNT_ID", compiled(r"\b\d[\d -]{3,18}\d\b"), 0.6, guard=_is_account),
    Rule(
        "ACCOUNT_ID",
        compiled(r"\b[A-Z0-9]{2,8}(?:-[A-Z0-9]{2,8}){1,4}\b|\b[A-Z0-9]{6,18}\b"),
        0.6,
        guard=_is_lettered_near,
    ),
    Rule("ACCOUNT_ID", compiled(r"\b0x[0-9a-fA-F]{40}\b"), 0.8, needs="x"),
    Rule(
        "COORDINATE",
        compiled(r"-?\d{1,2}\.\d{3,}°?\s?[NS]?\s*[,;/ ]\s*-?\d{1,3}\.\d{3,}°?\s?[EWO]?"),
        0.7,
        needs=".",
        guard=_is_position,
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
        guard=_not_number_before,
    ),
    Rule(
        "DATE_TIME",
        compiled(
            r"\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b|\b\d{4}[/.]\d{1,2}[/.]\d{1,2}\b|\b\d{1,2}-\d{1,2}-\d{4}\b"
        ),
        0.7,
        guard=_not_number_before,
    ),
    Rule(
        "DATE_TIME",
        compiled(
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\.?,?(?: \d{{4}})?\b|\b{_MONTH}\.? \d{{1,"
            rf"2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|\b{_MONTH} \d{{4}}\b"
        ),
        0.7,
        guard=_stands_alone,
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
