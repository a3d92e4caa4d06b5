"""Cuts the texts of a document into segments a detector can read: values in JSON, decoded runs, other readings."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from .documents import Leaf, is_fact
from .readings import Reading, as_it_stands, cleaned, opened, respelled


class Surface(StrEnum):
    """What kind of text stands before us; it chooses the layers."""

    PROSE = "prose"
    LOG = "log"
    DATA = "data"
    CODE = "code"
    FACT = "fact"
    KEY = "key"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Segment:
    """A reading of a part of leaf number `leaf`, the kind of text it is and the map keys above it."""

    leaf: int
    reading: Reading
    surface: Surface
    keys: tuple[str, ...] = ()
    # A finding anywhere in a decoded run hides the whole run: a part of base64 cannot be cut out.
    is_whole: bool = False

    @property
    def text(self) -> str:
        return self.reading.text


_LOG_LINE = re.compile(
    r"(?m)^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d|\w{3}\s+\d{1,2} \d\d:\d\d:\d\d|"
    r"(?:DEBUG|INFO|WARN|WARNING|ERROR|"
    r"FATAL|CRITICAL|TRACE)\b|Traceback \(most recent|  File \"|\s+at [\w$.]+\(|level=\w+|\d{1,3}(?:\.\d{1,3}){3} - )"
)
_CODE_SIGN = re.compile(r"[{}();=<>\[\]]|->|::|\bdef \b|\bimport \b|\breturn\b")
_WORDY = re.compile(r"[^\W\d_]{2}[\s,]{1,9}[^\W\d_]{2}")


def surface_of(text: str) -> Surface:
    """The kind of text, judged by how it is written."""
    if _LOG_LINE.search(text):
        return Surface.LOG
    if len(text) >= 30 and len(_CODE_SIGN.findall(text)) * 12 > len(text):
        return Surface.CODE
    return Surface.PROSE if _WORDY.search(text) else Surface.DATA


def segments_of(number: int, leaf: Leaf) -> list[Segment]:
    """All segments of one leaf."""
    plain = as_it_stands(leaf.text)
    if leaf.is_number:
        surface = Surface.FACT if is_fact(leaf.path) else Surface.NUMBER
        return [Segment(number, plain, surface, leaf.keys)]
    if leaf.is_key:
        return [Segment(number, cleaned(plain), Surface.KEY, leaf.keys)]
    found: list[Segment] = []
    _cut(number, cleaned(plain), leaf.keys, Surface.FACT if is_fact(leaf.path) else None, 0, found)
    return found


_DEEPEST = 4


def _cut(
    number: int, reading: Reading, keys: tuple[str, ...], surface: Surface | None, depth: int, found: list[Segment]
) -> None:
    text = reading.text
    if not text or text.isspace():
        return
    values = json_values(reading) if depth < _DEEPEST else None
    if values is not None:
        for value, own_keys, is_number in values:
            if is_number:
                found.append(Segment(number, value, Surface.NUMBER, (*keys, *own_keys)))
            else:
                _cut(number, value, (*keys, *own_keys), surface, depth + 1, found)
        return
    found.append(Segment(number, reading, surface or surface_of(text), keys))
    if depth >= _DEEPEST:
        return
    other = opened(reading)
    if other is not None:
        # What only the escapes hid may be JSON, base64 or prose again.
        _cut(number, other, keys, surface, depth + 1, found)
    for cell in _cells(reading):
        found.append(Segment(number, cell, Surface.DATA, (*keys, "cell")))
    for spelled in respelled(reading):
        found.append(Segment(number, spelled, Surface.DATA, ("spelled_out",), is_whole=True))
    for run in decoded_runs(reading):
        found.append(Segment(number, run, surface_of(run.text), (*keys, "encoded_run"), is_whole=True))
        inner = opened(run)
        if inner is not None:
            found.append(Segment(number, inner, surface_of(inner.text), keys, is_whole=True))


# Three or more values of a row, parted by the same sign without blanks: "CU-1,Anna Schmidt,412".
_ROW = re.compile(
    r"(?m)^[^\n,;\t|]*(?:,[^\n\s,][^\n,]*){2,}$|^[^\n;]*(?:;[^\n\s;][^\n;]*){2,}$|"
    r"^[^\n\t]*(?:\t[^\n\t]+){2,}$|^[^\n|]*(?:\|[^\n|]+){2,}$"
)
_CELL = re.compile(r"[^\n,;\t|]+")
_LONGEST_CELL = 60


def _cells(reading: Reading) -> list[Reading]:
    """Cells of rows that are two to five capitalised words: they hold names that no sentence explains."""
    cells = []
    for row in _ROW.finditer(reading.text):
        for cell in _CELL.finditer(reading.text, *row.span()):
            value = cell[0].strip(" \"'")
            if (
                len(value) <= _LONGEST_CELL
                and 1 <= value.count(" ") <= 4
                and value[:1].isupper()
                and value.replace(" ", "").replace("-", "").isalpha()
            ):
                start = cell.start() + cell[0].index(value)
                cells.append(reading.part(start, start + len(value)))
    return cells


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|-?\d[\d.eE+-]*|true|false|null', re.DOTALL)


def json_values(reading: Reading) -> list[tuple[Reading, tuple[str, ...], bool]] | None:
    """The values of a text that is JSON (one value or one a line), with the keys above them; None when it is not."""
    text = reading.text
    stripped = text.strip()
    if len(stripped) < 2 or stripped[0] not in "{[" or stripped[-1] not in "}]" or '"' not in stripped:
        return None
    try:
        json.loads(stripped)
    except (ValueError, RecursionError):
        lines = stripped.splitlines()
        try:
            if len(lines) < 2 or not all(isinstance(json.loads(line), (dict, list)) for line in lines if line.strip()):
                return None
        except (ValueError, RecursionError):
            return None
    return _walk_tokens(reading)


def _walk_tokens(reading: Reading) -> list[tuple[Reading, tuple[str, ...], bool]]:
    values: list[tuple[Reading, tuple[str, ...], bool]] = []
    keys: list[str | None] = []  # one entry for each open bracket: the key it stands under inside its map
    current: str | None = None
    tokens = list(_TOKEN.finditer(reading.text))
    for index, token in enumerate(tokens):
        piece = token[0]
        if piece in "{[":
            keys.append(current)
            current = None if piece == "{" else current
        elif piece in "}]":
            current = keys.pop() if keys else None
        elif piece[0] == '"':
            if index + 1 < len(tokens) and tokens[index + 1][0] == ":":
                current = piece[1:-1]
                if len(piece) > 2:
                    values.append((reading.part(token.start() + 1, token.end() - 1), ("json_key",), False))
            elif len(piece) > 2:
                path = tuple(dict.fromkeys([key for key in (*keys, current) if key]))
                values.append((_without_escapes(reading.part(token.start() + 1, token.end() - 1)), path, False))
        elif piece[0].isdigit() or piece[0] == "-":
            path = tuple(dict.fromkeys([key for key in (*keys, current) if key]))
            values.append((reading.part(*token.span()), path, True))
    return values


_JSON_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|.)", re.DOTALL)


def _without_escapes(reading: Reading) -> Reading:
    return (opened(reading) or reading) if _JSON_ESCAPE.search(reading.text) else reading


_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{60,78}\r?\n)*[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9a-fA-F]{2}){4,})(?![0-9A-Za-z])|(?:[0-9a-fA-F]{2}[ :]){5,}[0-9a-fA-F]{2}"
)


def decoded_runs(reading: Reading) -> list[Reading]:
    """Base64 and hexadecimal runs that decode to readable text; each character stands for the whole run."""
    found = []
    for pattern, decode in ((_BASE64, _from_base64), (_HEX, _from_hex)):
        for match in pattern.finditer(reading.text):
            plain = decode(match[0])
            if plain is not None:
                first, last = reading.origin(*match.span())
                found.append(cleaned(Reading(plain, [first] * len(plain), [last] * len(plain))))
    return found


def _from_base64(run: str) -> str | None:
    body = re.sub(r"\s", "", run).rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        return None
    try:
        return readable(base64.b64decode(body + "=" * (-len(body) % 4), validate=True))
    except (binascii.Error, ValueError):
        return None


def _from_hex(run: str) -> str | None:
    if run.isdigit() and len(run) < 16:
        return None
    try:
        return readable(bytes.fromhex(run.removeprefix("0x").replace(":", " ")))
    except ValueError:
        return None


_READS_AS_TEXT = re.compile(r"[^\W_]|[ @._+,:;'\"/=&?{}()\[\]\t\r\n-]")


def readable(raw: bytes) -> str | None:
    """The bytes as text when they are text that somebody could read."""
    if raw.count(0) * 2 >= len(raw) - 2 and b"\0" in raw:
        encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
    else:
        encoding = "utf-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    if len(text) < 4 or not all(character.isprintable() or character in "\t\r\n" for character in text):
        return None
    letters = len(_READS_AS_TEXT.findall(text))
    foreign = sum(ord(character) > 0x24F for character in text)
    return text if letters >= 0.85 * len(text) and foreign * 3 <= len(text) else None
