"""Fills the placeholders of a story and keeps, for every planted value, the exact characters it stands in.

A placeholder is `{kind:role}`, `{kind.style:role}` or `{kind:role|form}`. `[[base64:…]]` and `[[hex:…]]` encode what
they enclose; a mapping with the one key `$json` becomes a string that holds JSON. Values are wrapped in private-use
characters while the text is put together, so that their places survive every nesting, and are unwrapped at the end.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .planting import KINDS, Planter, Value

PLACEHOLDER = re.compile(r"\{([a-z]+)(?:\.([a-z_]+))?:([a-z0-9_]+)(?:\|([a-z_]+))?\}")
ENCLOSED = re.compile(r"\[\[(base64|hex):(.*?)\]\]", re.DOTALL)
OPEN, NUMBERED, CLOSE = "\ue000", "\ue001", "\ue002"
WRAPPED = re.compile(f"{OPEN}([0-9,]+){NUMBERED}([^{CLOSE}]*){CLOSE}")
ZERO_WIDTH = "\u200b"


class StoryError(ValueError):
    """A story names a placeholder or form that does not exist."""


@dataclass
class Occurrence:
    """A value on its way into a document."""

    value: Value
    form: str


def render(document: Any, planter: Planter, case_slug: str, surface: Callable[[str], str]) -> Any:
    """The document with every placeholder filled; what was planted is recorded with the planter.

    `surface` tells for a path which kind of text stands there: prose, json, log or traceback.
    """
    for kind, _, role, _ in (match.groups() for text in strings(document) for match in PLACEHOLDER.finditer(text)):
        if kind in ("person", "given", "family"):
            planter.meet(case_slug, role)
    return _Rendering(planter, case_slug, surface).fill(document, "")


def strings(document: Any) -> Iterator[str]:
    """Every string value of a document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings(value)


class _Rendering:
    def __init__(self, planter: Planter, case_slug: str, surface: Callable[[str], str]) -> None:
        self.planter, self.case_slug, self.surface = planter, case_slug, surface
        self.occurrences: list[Occurrence] = []

    def fill(self, node: Any, path: str) -> Any:
        if isinstance(node, str):
            return self._unwrap(self._wrap(node, self.surface(path)), path)
        if isinstance(node, dict):
            if node.keys() == {"$json"}:
                return self._unwrap(self._nested(node), path)
            return {key: self.fill(value, f"{path}.{key}" if path else key) for key, value in node.items()}
        if isinstance(node, list):
            return [self.fill(value, f"{path}[{index}]") for index, value in enumerate(node)]
        return node

    def _nested(self, node: Any) -> Any:
        """The inside of a `$json` mapping, still wrapped; one in another is JSON in JSON in JSON."""
        if isinstance(node, str):
            return self._wrap(node, "json_in_json")
        if isinstance(node, list):
            return [self._nested(value) for value in node]
        if not isinstance(node, dict):
            return node
        if node.keys() == {"$json"}:
            return json.dumps(self._nested(node["$json"]), ensure_ascii=False)
        return {key: self._nested(value) for key, value in node.items()}

    def _wrap(self, template: str, surface: str) -> str:
        def written(match: re.Match[str]) -> str:
            kind, style, role, form = match.groups()
            if kind not in KINDS:
                raise StoryError(
                    f"{self.case_slug}: {match[0]} asks for an unknown kind of value; known are {', '.join(KINDS)}"
                )
            value = self.planter.value(self.case_slug, kind, role, style)
            if form is None:
                return self._wrapped(value, surface, value.text)
            if form not in WRITTEN:
                raise StoryError(
                    f"{self.case_slug}: {match[0]} asks for an unknown form; known are {', '.join(WRITTEN)}"
                )
            name, write, after = WRITTEN[form]
            return self._wrapped(value, name, write(value.text)) + after

        return ENCLOSED.sub(self._enclosed, PLACEHOLDER.sub(written, template))

    def _wrapped(self, value: Value, form: str, text: str) -> str:
        self.occurrences.append(Occurrence(value, form))
        return f"{OPEN}{len(self.occurrences) - 1}{NUMBERED}{text}{CLOSE}"

    def _enclosed(self, match: re.Match[str]) -> str:
        """The encoded text; as one stretch it belongs to every value inside it."""
        form, inside = match.groups()
        numbers = [number for number, _ in WRAPPED.findall(inside)]
        for number in numbers:
            self.occurrences[int(number)].form = form
        raw = WRAPPED.sub(r"\2", inside).encode()
        text = base64.b64encode(raw).decode() if form == "base64" else raw.hex()
        return f"{OPEN}{','.join(numbers)}{NUMBERED}{text}{CLOSE}" if numbers else text

    def _unwrap(self, wrapped: str, path: str) -> str:
        plain, last = "", 0
        for match in WRAPPED.finditer(wrapped):
            plain += wrapped[last : match.start()]
            start = len(plain)
            plain += match[2]
            last = match.end()
            for number in match[1].split(","):
                occurrence = self.occurrences[int(number)]
                self.planter.record(
                    occurrence.value,
                    self.case_slug,
                    occurrence.form,
                    path,
                    start,
                    len(plain),
                )
        return plain + wrapped[last:]


def _with_zero_width(text: str) -> str:
    third = max(2, len(text) // 3)
    return ZERO_WIDTH.join((text[:third], text[third : 2 * third], text[2 * third :]))


def _over_two_lines(text: str) -> str:
    """Broken where a line would wrap: at a space if there is one, else in the middle."""
    middle = len(text) // 2
    spaces = [i for i, c in enumerate(text) if c == " "]
    if not spaces:
        return f"{text[:middle]}\n{text[middle:]}"
    at = min(spaces, key=lambda i: abs(i - middle))
    return f"{text[:at]}\n{text[at + 1 :]}"


def _spaced(text: str) -> str:
    """Apart the way people dictate or type it: around the signs of an address, in pairs for a number."""
    if "@" in text:
        return re.sub(r"([@.])", r" \1 ", text)
    compact = re.sub(r"[\s-]", "", text)
    return " ".join(compact[i : i + 2] for i in range(0, len(compact), 2))


def _as_entities(text: str) -> str:
    escaped = html.escape(text).replace(" ", "&nbsp;").replace("@", "&#64;").replace(".", "&#46;").replace("-", "&#45;")
    return "".join(c if c.isascii() else f"&#{ord(c)};" for c in escaped)


def _initial(text: str) -> str:
    given, _, family = text.partition(" ")
    return f"{given[0]}. {family}"


# The word in a placeholder: the form's name, how the value is written, what follows it outside the planted characters.
WRITTEN: dict[str, tuple[str, Callable[[str], str], str]] = {
    "url": ("url_encoded", lambda text: quote(text, safe=""), ""),
    "html": ("html_entities", _as_entities, ""),
    "zero_width": ("zero_width", _with_zero_width, ""),
    "line_break": ("line_break", _over_two_lines, ""),
    "spaces": ("spaces", _spaced, ""),
    "upper": ("upper", str.upper, ""),
    "lower": ("lower", str.lower, ""),
    "possessive": ("possessive", str, "'s"),
    "initials": ("initials", _initial, ""),
}
