"""Finds everything sensitive in documents with all layers, in this process; what cannot be vouched for is withheld."""

from __future__ import annotations

import hashlib
import json
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
from .documents import Leaf, leaves
from .findings import CATEGORIES, Analysis, Budget, Document, Finding, Withheld
from .languages import foreign_stretches
from .segments import Segment, Surface, segments_of
from .sightings import Sightings, seen_in, sightings_in
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
        sightings = sightings_in([segment for one in readable for segment in one.segments])
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

    def analysed(self, sightings: Sightings, rules: Sequence[tuple[CustomRule, Any]]) -> Analysis:
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
    sightings: Sightings,
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
        for offset, end, entities, tokens in seen_in(segment, sightings):
            for span in vetting.find(text[offset:end], entities, tokens, surface):
                yield span._replace(start=span.start + offset, end=span.end + offset)
        yield from name_shapes.find(text)
        yield from foreign_stretches(text)
        if segment.is_whole and len(text) >= 6:
            yield Span(0, len(text), "OBFUSCATED", 0.5, "encoded")
    finished.update(("names_by_list", "names_by_model", "languages"))


def _long_number(segment: Segment) -> Iterator[Span]:
    """A number without a telling key is a measurement, unless it is a valid card number."""
    text = segment.text
    if text.isdigit() and 15 <= len(text) <= 19 and luhn_valid(text) and text[0] in "23456":
        yield Span(0, len(text), "CREDIT_CARD", 0.7, "pattern")


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
