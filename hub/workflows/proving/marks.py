"""What is planted in the cases of the synthetic tenants, and the search for it in whatever comes back."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

# Plain words that no detector takes for anything: three of them say which case a text is from.
WORDS = (
    "acorn", "anchor", "apron", "barley", "basket", "beacon", "blanket", "bottle", "bracket", "bucket", "button",
    "candle", "carpet", "cellar", "chimney", "cinnamon", "clover", "cotton", "cushion", "drawer", "feather", "ferry",
    "garlic", "gravel", "hammer", "harvest", "hinge", "kettle", "ladder", "lantern", "lentil", "marble", "meadow",
    "mirror", "needle", "nutmeg", "orchard", "paddle", "parcel", "pebble", "pepper", "pillow", "plough", "pocket",
    "puddle", "quarry", "radish", "ribbon", "saddle", "satchel", "shelf", "spoon", "stable", "teapot", "thimble",
    "timber", "trellis", "tunnel", "turnip", "velvet", "walnut", "wicker", "willow", "window",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """One planted value: the plain words that say which case it is, or a secret that no projection may hold."""

    case: str
    name: str
    value: str

    @property
    def is_secret(self) -> bool:
        """Whether redaction has to take it out."""
        return self.name != "words"

    def stands_in(self, text: str, folded: str) -> bool:
        """Whether it stands in a text, plainly or as URLs, hexadecimal and base64 carry it."""
        raw = self.value.encode()
        plain = (self.value, quote(self.value, safe=""), raw.hex())
        return any(form.casefold() in folded for form in plain) or any(core in text for core in _base64_cores(raw))


@dataclass(frozen=True, slots=True)
class MarkedCase:
    """What one case of a synthetic tenant holds: `side/name`, its words, and its secrets."""

    case: str
    words: Mark
    secrets: tuple[Mark, ...]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All of them."""
        return (self.words, *self.secrets)

    def draft(self, source_id: str, tags: Iterable[str]) -> dict[str, Any]:
        """The case as its owner would submit it, with the marks in every text and payload."""
        mail, card, key = (secret.value for secret in self.secrets)
        return {
            "source": "isolation",
            "source_id": source_id,
            "title": f"Synthetic case with {self.words.value} for {mail}",
            "summary": f"A step with {self.words.value} failed for {mail}, who paid with card {card}.",
            "write_up": {"results": f"The {self.words.value} step echoed {card}", "remediation": [f"Rotate {key}"]},
            "facts": {"kind": "exercise", "model": {"name": "isolation-probe", "version": "1"}},
            "tags": list(tags),
            "evidence": [
                {
                    "name": "log", "kind": "logs", "media_type": "text/plain",
                    "payload": f"step with {self.words.value} user={mail} key={key} card={card}",
                }
            ],
        }  # fmt: skip


def mark_case(case: str, salt: str = "") -> MarkedCase:
    """The marks of a case, the same whenever they are asked for; with a salt, of one run alone."""
    stream = _digest(f"{case}\0{salt}")
    words = " ".join(WORDS[byte % len(WORDS)] for byte in stream[:3])
    token = stream[4:20].hex()
    values = {
        "mail": f"probe.{token[:10]}@{token[10:18]}.example.org",
        "card": _card(stream[20:30]),
        "key": "ghp_" + (base64.b32encode(_digest(token)).decode().replace("=", "") * 2)[:36],
    }
    secrets = tuple(Mark(case, name, value) for name, value in values.items())
    return MarkedCase(case, Mark(case, "words", words), secrets)


def found_in(answer: bytes, marks: Iterable[Mark]) -> list[Mark]:
    """The marks that stand in an answer."""
    text = answer.decode("utf-8", errors="replace")
    folded = text.casefold()
    return [mark for mark in marks if mark.stands_in(text, folded)]


def _digest(text: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"isolation\0" + text.encode(), hashlib.sha256)


def _card(stream: bytes) -> str:
    """A card number of a range for tests, with a valid check digit."""
    digits = [4, 0, 0, 0, 0, 0, *(byte % 10 for byte in stream[:9])]
    doubled = [
        (digit * 2 - 9 if digit > 4 else digit * 2) if index % 2 == 0 else digit for index, digit in enumerate(digits)
    ]
    return "".join(map(str, [*digits, -sum(doubled) % 10]))


def _base64_cores(raw: bytes) -> list[str]:
    """What stands for the value in base64, wherever in a longer text it begins."""
    cores = []
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = encoded[4 if offset else 0 : -4]
        cores.append(core)
    return cores
