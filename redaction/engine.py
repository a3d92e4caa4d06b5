"""Finds everything sensitive in documents with all layers, in this process; what cannot be vouched for is withheld."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from . import propagation
from .detectors import (
    addresses,
    broken_lines,
    custom,
    identifiers,
    name_shapes,
    personal_names,
    places,
    secrets,
    structured,
    vetting,
    word_lists,
)
from .detectors.custom import CustomRule
from .detectors.identifier_guards import is_public_number, luhn_valid
from .detectors.key_names import is_maybe_a_name
from .detectors.token_classifier import Token
from .documents import Leaf, leaves
from .findings import CATEGORIES, Analysis, Budget, Document, Finding, Withheld
from .languages import foreign_stretches
from .letters import UPPER
from .readings import Reading, as_it_stands
from .segments import Segment, Surface, segments_of
from .spans import Span, grown_to_words, joined, trimmed

RULES_VERSION = 6
LAYERS = (
    "fields",
    "identifiers",
    "addresses",
    "secrets",
    "presidio",
    "names_by_list",
    "names_by_model",
    "languages",
    "propagation",
)
_REMEMBERED = 40_000
_LONGEST_REMEMBERED = 2_000


def analyse(document: Document, *, budget: Budget | None = None, rules: Sequence[CustomRule] = ()) -> Analysis:
    """Everything sensitive in one document; raises Withheld when that cannot be said."""
    result = analyse_many([document], budget=budget, rules=rules)[0]
    if isinstance(result, Withheld):
        raise result
    return result


def analyse_many(
    documents: Sequence[Document], *, budget: Budget | None = None, rules: Sequence[CustomRule] = ()
) -> list[Analysis | Withheld]:
    """Several documents in one go, which costs less than one by one; each has its own analysis or refusal."""
    limits = budget or Budget()
    read: list[_Read | Withheld] = []
    for document in documents:
        try:
            read.append(_Read(document, limits))
        except Withheld as refusal:
            read.append(refusal)
        except RecursionError:
            read.append(Withheld("too_deep"))
    readable = [one for one in read if isinstance(one, _Read)]
    try:
        sightings = _sightings([segment for one in readable for segment in one.segments])
    except MemoryError:
        return [Withheld("memory") for _ in documents]
    except Exception:
        # Which document it was is unknown; together they are all unvouched for. One by one the others get through.
        if len(readable) > 1:
            return [analyse_many([document], budget=budget, rules=rules)[0] for document in documents]
        return [one if isinstance(one, Withheld) else Withheld("detector_failed") for one in read]
    compiled = custom.compile_rules(rules)
    results: list[Analysis | Withheld] = []
    for one in read:
        if isinstance(one, Withheld):
            results.append(one)
            continue
        try:
            results.append(one.analysed(sightings, compiled))
        except Withheld as refusal:
            results.append(refusal)
        except MemoryError:
            results.append(Withheld("memory"))
        except Exception:
            results.append(Withheld("detector_failed"))
    return results


class _Read:
    """One document taken apart into leaves and segments."""

    def __init__(self, document: Document, limits: Budget) -> None:
        self.leaves: list[Leaf] = leaves(document, limits)
        self.segments: list[Segment] = [
            segment for number, leaf in enumerate(self.leaves) for segment in segments_of(number, leaf)
        ]

    def analysed(
        self, sightings: dict[str, tuple[list[Span], list[Token]]], rules: Sequence[tuple[CustomRule, Any]]
    ) -> Analysis:
        finished: set[str] = set()
        found: list[tuple[Segment, Span]] = []
        known: dict[tuple[str, Surface, tuple[str, ...]], list[Span]] = {}
        for segment in self.segments:
            key = (segment.text, segment.surface, segment.keys[-2:])
            spans = known.get(key)
            if spans is None:
                spans = list(_detect(segment, sightings, finished, rules))
                spans.extend(addresses.completed(segment.text, spans))
                known[key] = spans
            found.extend((segment, span) for span in spans)
        found.extend(structured.find_beside_people(self.leaves, self.segments, found))
        finished.update(LAYERS[:-1] if not self.segments else ())
        values = propagation.collect((segment.reading, span) for segment, span in found)
        found.extend(propagation.in_segments(values, self.segments))
        finished.add("propagation")
        missing = [layer for layer in LAYERS if layer not in finished]
        if missing:
            raise Withheld("incomplete")
        return Analysis(tuple(self._findings(found)), LAYERS, engine_fingerprint())

    def _findings(self, found: list[tuple[Segment, Span]]) -> Iterator[Finding]:
        by_leaf: dict[int, list[Span]] = {}
        for segment, span in found:
            if span.category not in CATEGORIES:
                raise Withheld("detector_failed")
            whole = trimmed(segment.text, span)
            if whole is None:
                continue
            if span.category not in _EXACT:
                whole = grown_to_words(segment.text, whole)
            if whole.category not in _ASKED_FOR and is_public_number(segment.text, whole):
                continue
            start, end = segment.reading.origin(whole.start, whole.end)
            by_leaf.setdefault(segment.leaf, []).append(whole._replace(start=start, end=end))
        for number in sorted(by_leaf):
            path = self.leaves[number].path
            for span in joined(by_leaf[number]):
                yield Finding(path, span.start, span.end, span.category, round(float(span.score), 3), span.detector)


# A public number's digits may well be one of these.
_ASKED_FOR = frozenset({"SECRET", "CUSTOM", "URL"})
# Growing these to word edges would take the word they are glued to: units after numbers, the day after a month.
_EXACT = frozenset({"DATE_TIME", "AGE", "URL"})


def _detect(
    segment: Segment,
    sightings: dict[str, tuple[list[Span], list[Token]]],
    finished: set[str],
    rules: Sequence[tuple[CustomRule, Any]],
) -> Iterator[Span]:
    """All layers over one segment, each named when it is through."""
    text, surface = segment.text, segment.surface
    yield from structured.find(segment)
    finished.add("fields")
    yield from custom.find(text, rules)
    if surface == Surface.NUMBER:
        yield from _long_number(segment)
        finished.update(LAYERS[:-1])
        return
    yield from identifiers.find(text)
    yield from broken_lines.find(text)
    finished.add("identifiers")
    yield from secrets.find(text, by_entropy=surface != Surface.DATA or not segment.keys)
    finished.add("secrets")
    if surface == Surface.KEY:
        finished.update(LAYERS[:-1])
        return
    yield from addresses.find(text)
    finished.add("addresses")
    from .detectors import pii

    yield from pii.validated_recognisers().find(text)
    finished.add("presidio")
    if surface != Surface.FACT:
        if surface != Surface.CODE:
            yield from personal_names.find(text)
        if surface in (Surface.PROSE, Surface.LOG) or segment.keys[-1:] == ("encoded_run",):
            yield from places.find(text)
        for piece in _for_models(segment):
            offset, end = piece.starts[0], piece.ends[-1]
            seen = sightings[piece.text]
            entities, tokens = seen if len(piece.text) == end - offset else _moved(piece, *seen)
            for span in vetting.find(text[offset:end], entities, tokens, surface):
                yield span._replace(start=span.start + offset, end=span.end + offset)
        yield from name_shapes.find(text)
        yield from foreign_stretches(text)
        if segment.is_whole and len(text) >= 6:
            yield Span(0, len(text), "OBFUSCATED", 0.5, "encoded")
    finished.update(("names_by_list", "names_by_model", "languages"))


def _moved(piece: Reading, entities: list[Span], tokens: list[Token]) -> tuple[list[Span], list[Token]]:
    """What was seen in a template, at the places of the line that it stands for."""
    offset = piece.starts[0]

    def place(start: int, end: int) -> tuple[int, int]:
        first, last = piece.origin(start, end)
        return first - offset, last - offset

    return (
        [Span(*place(span.start, span.end), span.category, span.score, span.detector) for span in entities],
        [Token(*place(token.start, token.end), token.label, token.score) for token in tokens],
    )


def _long_number(segment: Segment) -> Iterator[Span]:
    """A number without a telling key is a measurement, unless it is a valid card number."""
    text = segment.text
    if text.isdigit() and 15 <= len(text) <= 19 and luhn_valid(text) and text[0] in "23456":
        yield Span(0, len(text), "CREDIT_CARD", 0.7, "pattern")


# What differs from line to line of a log: numbers, and words in small letters with a number in them.
_CHANGING = re.compile(rf"(?<!\S)[^\s{UPPER}]*\d[^\s{UPPER}]*(?!\S)|\d(?:[\d.,:-]*\d)?")
_LINE = re.compile(r"[^\n]+")
_NAME_LIKE = re.compile(
    rf"[{UPPER}][^\W\d_]+(?:['’-][^\W\d_]+)*(?:[ ,.]{{1,2}}(?:[{UPPER}a-z][^\W\d_]*(?:['’-][^\W\d_]+)*\.?)){{0,4}}\Z"
)
_TWO_WORDS = re.compile(r"[^\W\d_]{2}[^\w\n]{1,3}[^\W\d_]{2}|^[^\W\d_]{3,}$")
_LONGEST_PIECE = 20_000


def _for_models(segment: Segment) -> Iterator[Reading]:
    """The parts of a segment that are worth a model's time; log lines as templates, so that they repeat."""
    text, surface = segment.text, segment.surface
    if surface in (Surface.KEY, Surface.NUMBER, Surface.FACT):
        return
    if surface == Surface.DATA:
        if not segment.is_whole and _field_says_all(segment):
            return
        if (
            _NAME_LIKE.match(text.strip())
            or (segment.keys and is_maybe_a_name(segment.keys[-1]) and len(text) >= 3)
            or segment.is_whole
        ):
            yield as_it_stands(text)
        return
    if surface == Surface.PROSE and len(text) <= _LONGEST_PIECE:
        yield as_it_stands(text)
        return
    for line in _LINE.finditer(text):
        for start in range(line.start(), line.end(), _LONGEST_PIECE):
            end = min(line.end(), start + _LONGEST_PIECE)
            if not _TWO_WORDS.search(text[start:end]):
                continue
            if surface == Surface.LOG:
                yield _template(text, start, end)
            else:
                yield Reading(text[start:end], range(start, end), range(start + 1, end + 1))


def _field_says_all(segment: Segment) -> bool:
    """Whether the key above a value has it hidden as a whole, so that no model can add anything."""
    return any(
        span.category in _HIDDEN_EVERYWHERE and span.start == 0 and span.end == len(segment.text)
        for span in structured.find_field(segment)
    )


_HIDDEN_EVERYWHERE = frozenset({"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "ADDRESS", "SECRET", "USERNAME"})


def _template(text: str, start: int, end: int) -> Reading:
    """A log line with a nought for everything that differs from line to line."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = start
    for match in _CHANGING.finditer(text, start, end):
        pieces.extend((text[position : match.start()], "0"))
        starts.extend((*range(position, match.start()), match.start()))
        ends.extend((*range(position + 1, match.start() + 1), match.end()))
        position = match.end()
    pieces.append(text[position:end])
    starts.extend(range(position, end))
    ends.extend(range(position + 1, end + 1))
    return Reading("".join(pieces), starts, ends)


_memory: OrderedDict[str, tuple[list[Span], list[Token]]] = OrderedDict()


def _sightings(segments: Sequence[Segment]) -> dict[str, tuple[list[Span], list[Token]]]:
    """What the models see in every distinct text; texts seen before are remembered."""
    from .detectors import pii

    wanted = dict.fromkeys(piece.text for segment in segments for piece in _for_models(segment))
    seen: dict[str, tuple[list[Span], list[Token]]] = {}
    fresh = []
    for text in wanted:
        if text in _memory:
            _memory.move_to_end(text)
            seen[text] = _memory[text]
        else:
            fresh.append(text)
    if fresh:
        models = pii.name_models()
        for text, entities, tokens in zip(fresh, models.entities(fresh), models.tokens(fresh), strict=True):
            seen[text] = (entities, tokens)
            if len(text) <= _LONGEST_REMEMBERED:
                _memory[text] = seen[text]
        while len(_memory) > _REMEMBERED:
            _memory.popitem(last=False)
    return seen


@lru_cache(maxsize=1)
def engine_fingerprint() -> str:
    """One string for everything whose change changes what is found: packages, models and our rules."""
    from .detectors import pii

    parts = {
        "rules": RULES_VERSION,
        "layers": LAYERS,
        **{
            module.__name__: module.version
            for module in (
                addresses,
                custom,
                identifiers,
                personal_names,
                places,
                secrets,
                structured,
                vetting,
                propagation,
            )
        },
        "word_lists": word_lists.digest(),
        **pii.versions(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
