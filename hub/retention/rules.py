"""Retention rules as values: what a rule selects, how long it keeps, and which of several rules counts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import isodate

from hub.catalog.models.cases import DATA_CLASSES, CaseKind


class Track(StrEnum):
    """What is kept, each with a clock of its own."""

    RAW_EVIDENCE = "raw_evidence"
    RAW_TEXT = "raw_text"
    PROJECTION = "projection"
    SUMMARY = "summary"
    DELIVERY = "delivery"
    ACCESS_EVENT = "access_event"


class Clock(StrEnum):
    """Where a rule's time starts."""

    OCCURRED = "occurred"
    RECORDED = "recorded"
    CLOSED = "closed"
    LAST_READ = "last_read"


class Ending(StrEnum):
    """What happens when the time is over."""

    PURGE = "purge"
    KEEP_SUMMARY = "keep_summary"
    ARCHIVE = "archive"


# Evidence has no summary, and what is one already has nothing more to lose but itself.
ENDINGS_OF: Mapping[Track, tuple[Ending, ...]] = {
    Track.RAW_EVIDENCE: (Ending.PURGE, Ending.ARCHIVE),
    Track.RAW_TEXT: (Ending.PURGE, Ending.KEEP_SUMMARY, Ending.ARCHIVE),
    Track.PROJECTION: (Ending.PURGE, Ending.KEEP_SUMMARY, Ending.ARCHIVE),
    Track.SUMMARY: (Ending.PURGE, Ending.ARCHIVE),
    Track.DELIVERY: (Ending.PURGE, Ending.ARCHIVE),
    Track.ACCESS_EVENT: (Ending.PURGE,),
}
# A message may be about several cases, and a day of the access record is about none: their rules cover all of them,
# from when they were recorded.
PLAIN_TRACKS = (Track.DELIVERY, Track.ACCESS_EVENT)
# Stands for the case of an item that belongs to none.
NO_CASE = UUID(int=0)


class RuleError(Exception):
    """Why a document is no retention rule; the message names the place and what to write there."""


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as its document says it. An empty selection selects everything of its track."""

    track: Track
    clock: Clock
    keep: str
    then: Ending
    data_classes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """How specific the rule is: a tag outweighs a kind, a kind outweighs a data class."""
        return 4 * bool(self.tags) + 2 * bool(self.kinds) + bool(self.data_classes)


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule with where it comes from: the version that two people let govern, or the shipped default."""

    id: UUID
    name: str
    number: int
    digest: str
    approved_by: str
    spec: RuleSpec
    is_seen: bool = False

    def as_seen(self) -> "RuleInForce":
        """The same rule, as if somebody had confirmed a dry run of it."""
        return replace(self, is_seen=True)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What rules look at in one item."""

    track: Track
    data_class: str
    kind: str
    tags: frozenset[str]
    starts: Mapping[Clock, datetime | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule that counts for an item, when its time started, when it is over, and why this rule and no other."""

    rule: RuleInForce
    started_at: datetime | None
    due_at: datetime | None
    because: str


_KEYS = {"track", "select", "clock", "keep", "then"}
_SELECT = {"data_classes", "kinds", "tags"}
# Whole years, months, weeks, days and hours: a fraction of a month is no date in a calendar.
_DURATION = re.compile(r"P(?!$)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,5}D)?(T(?=\d)(\d{1,4}H)?(\d{1,5}M)?(\d{1,6}S)?)?")


def parse_rule(document: Mapping[str, Any]) -> RuleSpec:
    """Read a rule's document; whatever is unknown, missing or of no sense is an error that says where."""
    unknown = set(document) - _KEYS
    if unknown:
        raise RuleError(
            f"{', '.join(sorted(map(str, unknown)))}: not part of a rule; known are {', '.join(sorted(_KEYS))}."
        )
    select = document.get("select") or {}
    if not isinstance(select, Mapping) or set(select) - _SELECT:
        raise RuleError(f"select: a mapping with any of {', '.join(sorted(_SELECT))}.")
    track, then = _one_of(document, "track", Track), _one_of(document, "then", Ending)
    if then not in ENDINGS_OF[track]:
        raise RuleError(f"then: {track} ends with one of {', '.join(ENDINGS_OF[track])}.")
    clock = _one_of(document, "clock", Clock)
    if track in PLAIN_TRACKS and clock is not Clock.RECORDED:
        raise RuleError(f"clock: {track} knows recorded alone.")
    if track in PLAIN_TRACKS and any(select.values()):
        raise RuleError(f"select: {track} takes all or nothing; leave the lists empty.")
    return RuleSpec(
        track=track,
        clock=clock,
        keep=_duration(document.get("keep")),
        then=then,
        data_classes=_words(select, "data_classes", {value for value, _ in DATA_CLASSES}),
        kinds=_words(select, "kinds", set(CaseKind.values)),
        tags=_words(select, "tags", None),
    )


def due_at(started_at: datetime, keep: str) -> datetime:
    """When a time is over, by the calendar: a month after 31 January is the last of February."""
    due: datetime = started_at + isodate.parse_duration(keep)
    return due


def matches(spec: RuleSpec, facts: ItemFacts) -> bool:
    """Whether a rule selects an item."""
    return (
        spec.track is facts.track
        and (not spec.data_classes or facts.data_class in spec.data_classes)
        and (not spec.kinds or facts.kind in spec.kinds)
        and (not spec.tags or not facts.tags.isdisjoint(spec.tags))
    )


def decide(rules: Iterable[RuleInForce], facts: ItemFacts) -> Decision | None:
    """The rule that counts: the most specific one; of equals, the one that keeps longest; then the first by name.

    A clock that has not started keeps longest of all.
    """
    found = [(rule, facts.starts[rule.spec.clock]) for rule in in_order(rules) if matches(rule.spec, facts)]
    if not found:
        return None
    highest = max(rule.spec.rank for rule, _ in found)
    equals = [(rule, start, due_at(start, rule.spec.keep) if start else None) for rule, start in found
              if rule.spec.rank == highest]  # fmt: skip
    rule, start, due = next((entry for entry in equals if entry[2] is None), None) or max(
        equals, key=lambda entry: (entry[2], -equals.index(entry))
    )
    because = "it is the only rule that matches"
    if len(equals) < len(found):
        because = "it is the most specific rule that matches"
    if len(equals) > 1:
        because = "of the equally specific rules that match, it keeps longest"
    return Decision(rule, start, due, because)


def in_order(rules: Iterable[RuleInForce]) -> Sequence[RuleInForce]:
    """Rules by name: the last word where nothing else tells two apart."""
    return sorted(rules, key=lambda rule: (rule.name, rule.id))


def _one_of(document: Mapping[str, Any], key: str, values: Any) -> Any:
    try:
        return values(document.get(key))
    except ValueError:
        raise RuleError(f"{key}: one of {', '.join(values)}.") from None


def _words(select: Mapping[str, Any], key: str, known: set[str] | None) -> tuple[str, ...]:
    words = select.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise RuleError(f"select.{key}: a list of texts.")
    strange = [word for word in words if known is not None and word not in known]
    if strange and known is not None:
        raise RuleError(f"select.{key}: only {', '.join(sorted(known))}.")
    return tuple(words)


def _duration(value: Any) -> str:
    """An ISO 8601 duration longer than nothing, as it was written."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value) or not re.search(r"[1-9]", value):
        raise RuleError("keep: an ISO 8601 duration of whole units that is longer than nothing, such as P2Y or P18M.")
    return value
