"""Looks a second time, at the output: whether a found value still stands in it, in any encoding, or a new one."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import category
from urllib.parse import quote

import ahocorasick

from .detectors.lexicon import is_known
from .detectors.personal_names import ambiguous_names
from .documents import is_fact, leaves, texts_of
from .findings import Budget, Document, Finding, Withheld
from .operators import Redacted
from .policy import Policy
from .propagation import _COMMON as ORDINARY
from .propagation import squashed
from .readings import as_it_stands, cleaned, opened
from .segments import decoded_runs

_ANY_SIZE = Budget(characters=10**10, values=10**9, depth=200)
# Values of these kinds are hidden where they stand; elsewhere the same word may be another thing.
_LOCAL = frozenset(
    {
        "LOCATION",
        "ORGANIZATION",
        "DATE_TIME",
        "AGE",
        "DEMOGRAPHIC",
        "HEALTH",
        "AMOUNT",
        "COORDINATE",
        "URL",
        "OBFUSCATED",
        "UNSUPPORTED_LANGUAGE",
        "DATE_OF_BIRTH",
    }
)
_TOKEN = re.compile(r"<[A-Z_]+>|\b[A-Z]+_[0-9a-f]{6}\b|\*\*\*")
_BLANKS = re.compile(r"[\s,;/_&+]+")
_AROUND = ".:'’\"()[]<>*-"
_ENDING = re.compile(r"['’]s?$", re.IGNORECASE)
_DOUBLE_NAME = re.compile(r"[^\W\d_]+(?:['’‐‑-][^\W\d_]+)+")
LAYERS = ("literal", "squashed", "encoded")


@dataclass(frozen=True, slots=True)
class LeakageVerdict:
    """Whether the output may leave; reasons are codes (`value_remains`, `found_again:PERSON`, …), never text."""

    is_clean: bool
    reasons: tuple[str, ...]
    layers: tuple[str, ...]


def second_look(
    original: Document,
    redacted: Redacted | Document,
    findings: Sequence[Finding],
    *,
    policy: Policy | None = None,
    deep: bool = True,
) -> LeakageVerdict:
    """The verdict on an output. Without the Redacted value or the policy, every finding must be gone."""
    if isinstance(redacted, Redacted):
        output, hidden = redacted.document, redacted.hidden
    else:
        output = redacted
        hidden = tuple(
            f for f in findings if policy is None or policy.operator_for(f.category, in_facts=is_fact(f.path)) != "keep"
        )
    reasons: set[str] = set()
    texts = {leaf.path: leaf.text for leaf in leaves(original, _ANY_SIZE)}
    values = _Values()
    for finding in hidden:
        text = texts.get(finding.path)
        if text is None or finding.end > len(text):
            return LeakageVerdict(False, ("findings_of_another_document",), ())
        if finding.category not in _LOCAL:
            values.add(text[finding.start : finding.end], finding.category)
    for text in dict.fromkeys(texts_of(output)):
        reasons.update(values.reasons_in(text))
    layers: tuple[str, ...] = LAYERS
    if deep:
        found_again, deep_layers = _found_again(output, {finding.category for finding in hidden}, policy)
        reasons.update(found_again)
        layers = (*LAYERS, *deep_layers)
    return LeakageVerdict(not reasons, tuple(sorted(reasons)), layers)


class _Values:
    """The found values, as they are and in the encodings that systems wrap around them."""

    def __init__(self) -> None:
        self._plain: set[str] = set()
        self._words: set[str] = set()
        self._encoded: set[str] = set()
        self._machines: tuple[ahocorasick.Automaton, ahocorasick.Automaton] | None = None

    def add(self, text: str, found_as: str) -> None:
        self._machines = None
        key = squashed(text)[0]
        words = list(_words_of(text)) if found_as == "PERSON" else []
        if found_as == "PERSON":
            self._words.update(word for word in words if len(word) >= 4)
            if len(words) < 2:
                return
        if len(key) < 6 or key in ORDINARY or (found_as == "USERNAME" and is_known(text)):
            return
        (self._plain if len(key) >= 9 else self._words).add(key)
        if len(text) >= 8:
            raw = text.encode()
            self._encoded.add(raw.hex())
            for offset in range(3):
                core = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")[(0, 2, 3)[offset] :]
                core = core[:-1] if (offset + len(raw)) % 3 else core
                if len(core) >= 10:
                    self._encoded.update((core, core.replace("+", "-").replace("/", "_")))
            self._encoded.update(form for form in (quote(text, safe=""), html.escape(text)) if form != text)

    def reasons_in(self, text: str) -> Iterator[str]:
        if self._machines is None:
            self._machines = _machine(self._plain | self._words), _machine(self._encoded)
        values, encoded = self._machines
        if len(encoded) and next(encoded.iter(text), None) is not None:
            yield "value_encoded"
        if not len(values):
            return
        for index, reading in enumerate(_all_readings(text)):
            signs, places = squashed(reading)
            for last, key in values.iter(signs):
                start, end = places[last - len(key) + 1], places[last] + 1
                piece = reading[start:end]
                is_word = len(piece) == len(key) or _DOUBLE_NAME.fullmatch(piece) is not None
                if key in self._words and not (_alone(reading, start, end) and is_word):
                    continue
                if len(piece) > len(key) * 2 + 4 or (len(piece) > len(key) and not _alone(reading, start, end)):
                    continue
                yield "value_remains" if index == 0 else "value_encoded"


def _words_of(name: str) -> Iterator[str]:
    """The telling words of a name, taken apart anew: what blinded the first look shall not blind the second."""
    for word in _BLANKS.split(name):
        bare = _ENDING.sub("", word.strip(_AROUND)).strip(_AROUND)
        key = squashed(bare)[0]
        if (
            len(key) >= 3
            and not any(sign.isdigit() for sign in key)
            and key not in ORDINARY
            and (key not in ambiguous_names() or len(key) > 6)
        ):
            yield key


def _machine(keys: set[str]) -> ahocorasick.Automaton:
    machine = ahocorasick.Automaton()
    for key in keys:
        machine.add_word(key, key)
    if keys:
        machine.make_automaton()
    return machine


def _alone(text: str, start: int, end: int) -> bool:
    return not text[start - 1 : start].isalpha() and not text[end : end + 1].isalpha()


def _all_readings(text: str) -> Iterator[str]:
    without_marks = text if text.isascii() else "".join(c for c in text if category(c) != "Cf")
    yield _TOKEN.sub(" \u2756 ", without_marks)
    reading = cleaned(as_it_stands(text))
    other = opened(reading)
    for run in (reading, *([other] if other else [])):
        if run is not reading:
            yield run.text
        for decoded in decoded_runs(run):
            yield decoded.text


# What a model alone believes it sees changes with every word beside it; only sightings with other ground count.
_GROUNDED = frozenset(
    {"pattern", "secret_pattern", "presidio", "field", "pair", "sql", "query", "table", "path", "address"}
)
_SURE = 0.7


def _found_again(output: Document, hidden: set[str], policy: Policy | None) -> tuple[set[str], tuple[str, ...]]:
    from .engine import analyse

    try:
        analysis = analyse(output)
    except Withheld as refusal:
        return {f"withheld:{refusal.reason_code}"}, ()
    texts = {leaf.path: leaf.text for leaf in leaves(output, _ANY_SIZE)}
    reasons = set()
    for finding in analysis.findings:
        if (
            finding.category not in hidden
            or finding.category in _LOCAL
            or finding.score < _SURE
            or finding.detector not in _GROUNDED
        ):
            continue
        if policy is not None and policy.operator_for(finding.category, in_facts=is_fact(finding.path)) == "keep":
            continue
        if _TOKEN.search(texts[finding.path][max(0, finding.start - 12) : finding.end + 12]):
            continue
        reasons.add(f"found_again:{finding.category}")
    return reasons, analysis.layers
