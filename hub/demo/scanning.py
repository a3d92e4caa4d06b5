"""Searches whatever leaves the hub for planted values: in any case, spacing, escaping or encoding."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from unicodedata import category, normalize
from urllib.parse import unquote, unquote_plus

import ahocorasick

from .keeping import kept_share
from .planting import Planted

__all__ = ["Leak", "Scanner", "kept_share"]

ROUNDS = 4  # JSON in a URL in JSON in HTML: deeper nesting than this was never seen in an answer
MOST_TEXTS = 64
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
HEX_RUN = re.compile(r"(?:[0-9a-fA-F]{2}){6,}")
BETWEEN_DIGITS = re.compile(r"(?<=[0-9A-Za-z])[\s./()+-]+(?=[0-9A-Za-z])")


@dataclass(frozen=True)
class Leak:
    """A planted value that was found, where, and which of its needles gave it away (kept out of the printed form)."""

    planted: Planted
    where: str
    needle: str = field(repr=False)


class Scanner:
    """All needles of a run in two automata: single words, which must stand alone, and the rest, found anywhere."""

    def __init__(self, planted: Iterable[Planted]) -> None:
        self._owners: dict[str, list[tuple[Planted, str]]] = defaultdict(list)
        self._words = ahocorasick.Automaton()
        self._runs = ahocorasick.Automaton()
        seen: set[tuple[str, str]] = set()
        for value in planted:
            if (value.category, value.value) in seen:
                continue
            seen.add((value.category, value.value))
            for needle in value.needles:
                key = _key(needle)
                self._owners[key].append((value, needle))
                # A name or a word of one; an encoding that happens to be all letters stands anywhere.
                is_word = needle.isalpha() and needle in value.value
                (self._words if is_word else self._runs).add_word(key, key)
        for automaton in (self._words, self._runs):
            automaton.make_automaton()

    def scan(self, text: str | bytes, where: str) -> list[Leak]:
        """One leak for each planted value found in the text, whatever it is wrapped in."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", errors="replace")
        leaks: dict[tuple[str, str], Leak] = {}
        for reading in _readings(text):
            for key in self._keys_in(reading):
                for planted, needle in self._owners[key]:
                    leaks.setdefault((planted.category, planted.value), Leak(planted, where, needle))
        return list(leaks.values())

    def _keys_in(self, reading: str) -> Iterator[str]:
        folded = _folded(reading)
        if len(self._words):
            # A single word counts only where it stands alone: a family name may be part of an ordinary word.
            for end, key in self._words.iter(folded):
                start = end - len(key) + 1
                before, after = folded[start - 1 : start], folded[end + 1 : end + 2]
                if not before.isalpha() and not after.isalpha():
                    yield key
        if len(self._runs):
            compact = "".join(folded.split())
            for _, key in self._runs.iter(compact):
                yield key
            # Numbers written with other separators than the planted one; joined, short ones would meet by chance.
            for _, key in self._runs.iter(BETWEEN_DIGITS.sub("", folded)):
                if len(key) >= 9:
                    yield key


def _folded(text: str) -> str:
    """Compatibility forms, case and invisible characters out of the way."""
    if not text.isascii():
        text = "".join(c for c in normalize("NFKC", text) if category(c) != "Cf")
        # Folding may decompose; composing again keeps one spelling per letter.
        return normalize("NFKC", text.casefold())
    return text.casefold()


def _key(needle: str) -> str:
    return "".join(_folded(needle).split())


def _readings(text: str) -> Iterator[str]:
    """The text and everything it turns into when escapes and encodings are taken off, in any order."""
    seen = {text}
    fresh = [text]
    yield text
    for _ in range(ROUNDS):
        found = []
        for reading in fresh:
            for opened in _opened(reading):
                if opened not in seen and len(seen) < MOST_TEXTS:
                    seen.add(opened)
                    found.append(opened)
                    yield opened
        fresh = found


def _opened(text: str) -> Iterator[str]:
    if "\\" in text:
        yield ESCAPED.sub(_unescaped, text)
    if "&" in text:
        yield html.unescape(text)
    if "%" in text:
        yield unquote(text)
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    decoded = "\n".join(_decoded_runs(text))
    if decoded:
        yield decoded


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return ESCAPES.get(match[2], match[2])


def _decoded_runs(text: str) -> Iterator[str]:
    """What the base64 and hex runs of a text say, as far as it reads as text."""
    for match in HEX_RUN.finditer(text):
        yield from _readable(bytes.fromhex(match[0]))
    for match in BASE64_RUN.finditer(text):
        run = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        if len(run) % 4 == 1:  # no base64 text has this length: a sign too many was taken along
            run = run[:-1]
        try:
            raw = base64.b64decode(run + "=" * (-len(run) % 4))
        except (binascii.Error, ValueError):
            continue
        yield from _readable(raw)


def _readable(raw: bytes) -> Iterator[str]:
    decoded = raw.decode("utf-8", errors="replace")
    if decoded and sum((c.isprintable() and c != "\ufffd") or c.isspace() for c in decoded) >= 0.8 * len(decoded):
        yield decoded
