"""Which literal strings in an output would mean that a planted value, or a telling part of it, got out."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 6  # anything shorter turns up by chance


def needles_for(value: str, category: str) -> tuple[str, ...]:
    """The value, its telling parts, and the value in the encodings that systems wrap around it."""
    found = [value, *_parts(value, category), *_encodings(value)]
    return tuple(dict.fromkeys(needle for needle in found if len(needle) >= SHORTEST))


def _parts(value: str, category: str) -> Iterator[str]:
    """What would still point to the person or open the door if the rest were gone."""
    if category == "person":
        given, _, family = value.partition(" ")
        if family:
            yield from (f"{family}, {given}", family, given)
    elif category == "address":
        # The number and the street, and the street without its number. A town or a code alone is not telling.
        street = _street_of(value)
        yield street
        yield " ".join(re.findall(r"[^\W\d][^\s\d]*", street))
    elif category == "email":
        yield value.partition("@")[0] + "@"
    elif category == "token" and value.count(".") == 2:
        yield from value.split(".")[1:]
    elif category in ("phone", "credit_card", "iban", "account_number"):
        digits = re.sub(r"[^0-9A-Za-z]", "", value)
        yield digits
        if category == "phone":
            # The same number without its country code or trunk zero.
            yield re.sub(r"^(?:1|3[1349]|44|49|0)", "", digits) if value[0] in "+0" else digits


def _street_of(address: str) -> str:
    """The first piece between commas: every country's notation starts with the street, before or after its number."""
    return address.split(", ")[0]


def _encodings(value: str) -> Iterator[str]:
    raw = value.encode()
    yield from (quote(value, safe=""), quote_plus(value), html.escape(value))
    yield value.encode("ascii", "xmlcharrefreplace").decode()
    yield json.dumps(value)[1:-1]
    yield raw.hex()
    yield from _base64_cores(raw)


def _base64_cores(raw: bytes) -> Iterable[str]:
    """The characters that stand for the value wherever it starts inside a longer base64 text."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        # The first characters mix with what stands before the value, the last with what follows it.
        core = whole[(0, 2, 3)[offset] :]
        if (offset + len(raw)) % 3:
            core = core[:-1]
        if len(core) >= 8:
            yield core
