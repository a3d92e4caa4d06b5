"""Reads key=value, key: value and the parameters of URLs in running text, logs, code and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..letters import UPPER
from ..spans import Span
from .field_values import is_telling
from .key_names import category_of_key

_PAIR = re.compile(
    r"""(?<![\w$])(["'`]?)([A-Za-z_@$\u00c0-\u024f][\w.\u00c0-\u024f -]{0,40}?)\1[ \t]{0,3}(=>|:=|==?|:)[ \t]{0,3}
        (?:[bru]?(["'`])((?:\\.|(?!\4)[^\n\\]){0,400})\4|([^\s"'`,;&<>(){}\[\]|]{1,300}))""",
    re.VERBOSE,
)
# An unquoted value of these may be several words: "Name: Anna Maria Schmidt".
_REST_OF_LINE = re.compile(r"[ \t]*[^\n,;|<>\[\](){}\"=&]{1,80}")
_CODE_VALUE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]\w*)+|//.*")
# What a join or an index is keyed by: words joined by underscores.
_COLUMN_NAME = re.compile(r"[a-z]{2,}(?:_[a-z]{2,})+")
_LINE_CATEGORIES = frozenset({"PERSON", "ADDRESS", "PHONE_NUMBER"})
_IN_TEXT = frozenset(
    [
        "SECRET",
        "PERSON",
        "USERNAME",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "ADDRESS",
        "GOVERNMENT_ID",
        "DEVICE_ID",
        "IP_ADDRESS",
        "BANK_ACCOUNT",
        "CREDIT_CARD",
        "ACCOUNT_ID",
        "DATE_OF_BIRTH",
        "COORDINATE",
        "HEALTH",
    ]
)


def find_pairs(text: str) -> Iterator[Span]:
    """key=value, key: value and "key": "value" in running text, logs, code, environment files and headers."""
    if "=" not in text and ":" not in text:
        return
    for match in _PAIR.finditer(text):
        key = match[2].strip()
        words = key.split()
        # In prose the words before a colon are a sentence; the last three can be a field's name.
        category = category_of_key(" ".join(words[-3:]).rpartition(".")[2])
        if category not in _IN_TEXT:
            continue
        quoted = match[4] is not None
        start, end = match.span(5 if quoted else 6)
        if not quoted:
            if (
                match[3] == ":"
                and text[match.end(2) : start].count(":")
                and text[start - 1] == ":"
                and not text[start:end].strip("/")
            ):
                continue
            may_look_like_code = category in ("USERNAME", "IP_ADDRESS", "EMAIL_ADDRESS") or "@" in text[start:end]
            if not may_look_like_code and _CODE_VALUE.fullmatch(text[start:end]):
                continue
            if category in _LINE_CATEGORIES and match[3] == ":":
                start, end = _line_value(text, start, category)
        if end <= start or not is_telling(text[start:end], category):
            continue
        if words[-1].lower() == "key" and not quoted and _COLUMN_NAME.fullmatch(text[start:end]):
            continue
        if category == "PERSON" and not re.search(rf"[{UPPER}]|^[a-z]+[._][a-z]+", text[start:end]) and not quoted:
            continue
        yield Span(start, end, category, 0.7, "pair")


def _line_value(text: str, start: int, category: str) -> tuple[int, int]:
    rest = _REST_OF_LINE.match(text, start)
    if rest is None:
        return start, start
    value = rest[0].rstrip()
    words = value.split()
    if category == "PERSON":
        taken = 0
        for word in words[:5]:
            if not (
                word[:1].isupper()
                or word in ("de", "van", "von", "der", "den", "da", "del", "di", "la", "le", "al", "bin")
            ):
                break
            taken += 1
        if taken == 0:
            return start, start + len(words[0]) if words else start
        value = re.match(rf"\s*(?:\S+\s*){{{taken}}}", value)[0].rstrip(" .")  # type: ignore[index]
    elif category == "PHONE_NUMBER":
        value = re.match(r"[ \t]*[+\d(][\d ()./+x-]*|", value)[0].rstrip()  # type: ignore[index]
    elif len(words) > 10:
        return start, start
    return start, start + len(value)


_QUERY = re.compile(r"[?&;]([\w.%\[\]-]{1,60})=([^&#\s\"'<>;]{1,500})")


def find_query(text: str) -> Iterator[Span]:
    """Parameters of URLs and forms."""
    if "=" not in text:
        return
    for match in _QUERY.finditer(text):
        category = category_of_key(match[1])
        if category and category not in ("URL", "DATE_TIME", "ORGANIZATION") and is_telling(match[2], category):
            yield Span(*match.span(2), category, 0.75, "query")
