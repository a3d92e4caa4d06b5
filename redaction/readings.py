"""Other ways to read a text (without invisible characters, escapes, encodings) that remember original offsets."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category, combining, normalize

from .lookalikes import LOOKALIKES


@dataclass(frozen=True, slots=True)
class Reading:
    """A text derived from an original one; character i stands for the original's starts[i]..ends[i]."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that a stretch of this reading stands for."""
        if start >= end:
            return (0, 0)
        return self.starts[start], self.ends[end - 1]

    def part(self, start: int, end: int) -> Reading:
        return Reading(self.text[start:end], self.starts[start:end], self.ends[start:end])


def as_it_stands(text: str) -> Reading:
    return Reading(text, range(len(text)), range(1, len(text) + 1))


class _Writer:
    """Collects a reading piece by piece over an earlier one."""

    def __init__(self, source: Reading) -> None:
        self.source = source
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def copy(self, start: int, end: int) -> None:
        self.pieces.append(self.source.text[start:end])
        self.starts.extend(self.source.starts[start:end])
        self.ends.extend(self.source.ends[start:end])

    def put(self, text: str, start: int, end: int) -> None:
        first, last = self.source.starts[start], self.source.ends[end - 1]
        self.pieces.append(text)
        self.starts.extend([first] * len(text))
        self.ends.extend([last] * len(text))

    def reading(self) -> Reading:
        return Reading("".join(self.pieces), self.starts, self.ends)


# Latin with its accents and ordinary typographic signs reads as it stands.
_UNUSUAL = re.compile("[^\t\n\r -~\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2018\u2019\u201c-\u201e\u2022\u2026\u20ac]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("\u2018\u2019\u201b\u02bc", "''''")


def cleaned(source: Reading) -> Reading:
    """Invisible and combining characters gone, compatibility forms and look-alike letters plain."""
    text = source.text
    if not _UNUSUAL.search(text) and not ("\u2018" in text or "\u2019" in text):
        return source
    writer = _Writer(source)
    position, length = 0, len(text)
    while position < length:
        character = text[position]
        if character == "\u00ad" or (ord(character) > 0x24F and category(character) in ("Cf", "Mn", "Me")):
            position += 1
            continue
        if _CONTROL.match(character):
            position += 1
            continue
        after = position + 1
        while after < length and combining(text[after]):
            after += 1
        if after > position + 1:
            composed = normalize("NFC", text[position:after])
            plain = composed if len(composed) == 1 else composed[0]
            writer.put(normalize("NFKC", plain), position, after)
        elif _UNUSUAL.match(character):
            writer.put(normalize("NFKC", character), position, after)
        else:
            writer.copy(position, after)
        position = after
    return _without_lookalikes(writer.reading())


def _without_lookalikes(source: Reading) -> Reading:
    text = source.text.translate(_APOSTROPHES)
    if text.isascii():
        return Reading(text, source.starts, source.ends)
    characters = list(text)
    letters = [letter for letter in text if letter.isalpha()]
    is_latin = sum(ord(letter) < 0x250 for letter in letters) * 2 >= len(letters)
    for word in _WORD.finditer(text):
        if word[0].isascii():
            continue
        swapped = word[0].translate(LOOKALIKES)
        # In a Latin text a word whose every letter has a twin is a disguise; in any text a word of mixed scripts is.
        if swapped != word[0] and (
            (is_latin and swapped.isascii()) or any("a" <= letter.lower() <= "z" for letter in word[0])
        ):
            characters[word.start() : word.end()] = swapped
    return Reading("".join(characters), source.starts, source.ends)


_OPENABLE = re.compile(
    r"""(?P<percent>(?:%[0-9A-Fa-f]{2})+)
      |(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)
      |(?P<unicode>(?<!\\)(?:\\+u[0-9A-Fa-f]{4})+)
      |(?P<byte>(?:\\x[0-9A-Fa-f]{2})+)
      |(?P<escape>(?<!\\)\\+["'/nrt])
      |(?P<quoted>=(?:\r?\n|[0-9A-F]{2}(?:=[0-9A-F]{2})*))
      |(?P<plus>(?<=\w)\+(?=\w))""",
    re.VERBOSE,
)
_MAYBE_OPENABLE = re.compile(r"%[0-9A-Fa-f]{2}|&[#A-Za-z]|\\|=\r?\n|=[0-9A-F]{2}|\w\+\w")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_ROUNDS = 3


def opened(source: Reading) -> Reading | None:
    """The text with percent signs, entities, escapes and quoted-printable taken off; None when there are none."""
    current = source
    for _ in range(_ROUNDS):
        if not _MAYBE_OPENABLE.search(current.text):
            break
        following = _opened_once(current)
        if following is None:
            break
        current = following
    return cleaned(current) if current is not source else None


def _opened_once(source: Reading) -> Reading | None:
    writer = _Writer(source)
    text, position, changed = source.text, 0, False
    for match in _OPENABLE.finditer(text):
        written = _decoded(match)
        if written is None:
            continue
        writer.copy(position, match.start())
        steps = _steps(match, written)
        for piece, start, end in steps:
            writer.put(piece, start, end)
        position, changed = match.end(), True
    if not changed:
        return None
    writer.copy(position, len(text))
    return writer.reading()


def _decoded(match: re.Match[str]) -> str | None:
    kind, piece = match.lastgroup, match[0]
    try:
        if kind == "percent":
            return bytes.fromhex(piece.replace("%", "")).decode("utf-8")
        if kind == "entity":
            plain = html.unescape(piece)
            return plain if plain != piece else None
        if kind == "unicode":
            units = bytes.fromhex(re.sub(r"\\+u", "", piece))
            return units.decode("utf-16-be")
        if kind == "byte":
            return bytes.fromhex(piece.replace("\\x", "")).decode("utf-8")
        if kind == "escape":
            return _ESCAPES.get(piece[-1], piece[-1])
        if kind == "quoted":
            return "" if piece.endswith("\n") else bytes.fromhex(piece.replace("=", "")).decode("utf-8")
        return " "
    except (ValueError, UnicodeDecodeError):
        return None


def _steps(match: re.Match[str], written: str) -> list[tuple[str, int, int]]:
    """Which decoded character comes from which stretch, so that a span inside a long escaped run stays narrow."""
    start, end = match.span()
    if not written:
        return []
    unit = {"percent": 3, "byte": 4}.get(match.lastgroup or "")
    if unit and len(written) > 1:
        steps, position = [], start
        for character in written:
            width = len(character.encode("utf-8")) * unit
            steps.append((character, position, position + width))
            position += width
        return steps
    if match.lastgroup == "unicode" and len(written) > 1:
        pieces = list(re.finditer(r"\\+u[0-9A-Fa-f]{4}", match[0]))
        if len(pieces) == len(written):
            return [(c, start + p.start(), start + p.end()) for c, p in zip(written, pieces, strict=True)]
    return [(written, start, end)]


# Five or more single signs with blanks between them ("a n n a @ m a i l"), or with one other sign between all of them.
_SPELLED = re.compile(
    r"(?<!\S)[^\s](?:[ \u00a0]{1,3}[^\s]){4,}(?!\S)|(?<![\w.*_|-])\w(?:([.*_|-])\w)(?:\1\w){3,}(?![\w*_|-])"
)


def respelled(source: Reading) -> list[Reading]:
    """The stretches that are spelled out sign by sign, read as the words they spell."""
    found = []
    for match in _SPELLED.finditer(source.text):
        if sum(character.isalpha() for character in match[0]) < 3:
            continue
        separator = match[1]
        kept = [i for i in range(*match.span()) if source.text[i] != separator and not source.text[i].isspace()]
        if separator:
            kept = list(range(match.start(), match.end(), 2))
        text = "".join(source.text[i] for i in kept)
        found.append(Reading(text, [source.starts[i] for i in kept], [source.ends[i] for i in kept]))
    return found
