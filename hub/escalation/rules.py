"""Escalation rules as logic: what a rule says, which pattern a case belongs to, what a match comes to. No database."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import isodate

from .conditions import SEVERITIES, Condition, ConditionError, compile_condition
from .models.triggers import MatchOutcome, TriggerKind

CLUSTER_FACTS = ("model", "model_version", "failure_mode", "kind", "severity")
ACTIONS = ("open_ticket", "pause_release", "request_retraining", "notify")
MAX_DEPTH = 3
_ENTRIES = {
    "title", "triggers", "condition", "cluster", "window", "severity", "respond_within", "due_within", "actions",
    "cool_down", "storm_limit", "storm_window", "reopen_within", "quiet_hours",
}  # fmt: skip


class RuleError(ValueError):
    """A rule's document cannot be used; says which entry and what it must be."""


@dataclass(frozen=True, slots=True)
class RuleAction:
    """What else is done when a ticket is opened or re-opened."""

    do: str
    destination: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nobody is told of low severities; what is held back is told at the end."""

    begins: time
    ends: time
    zone: str
    up_to: int

    def ends_at(self, moment: datetime, severity: int) -> datetime | None:
        """The end of the quiet hours that this moment lies in, or None."""
        if severity > self.up_to:
            return None
        local = moment.astimezone(ZoneInfo(self.zone))
        now = local.time()
        over_night = self.begins > self.ends
        inside = (now >= self.begins or now < self.ends) if over_night else self.begins <= now < self.ends
        if not inside:
            return None
        day = local.date() + timedelta(days=1 if over_night and now >= self.begins else 0)
        return datetime.combine(day, self.ends, ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's document, read."""

    title: str
    triggers: frozenset[str]
    condition: Condition
    cluster: tuple[str, ...]
    window: timedelta
    severity: str
    respond_within: timedelta | None
    due_within: timedelta | None
    actions: tuple[RuleAction, ...]
    cool_down: timedelta
    storm_limit: int
    storm_window: timedelta
    reopen_within: timedelta
    quiet_hours: QuietHours | None


@dataclass(slots=True)
class KnownTicket:
    """What a rule knows of a ticket of its own."""

    id: UUID
    cluster: str
    opened_at: datetime
    acted_at: datetime
    closed_at: datetime | None = None


class Memory(Protocol):
    """What a rule has done so far: rows when it runs, a list in a back-test."""

    def latest(self, cluster: str) -> KnownTicket | None:
        """The newest ticket of a cluster."""

    def opened_since(self, moment: datetime) -> list[KnownTicket]:
        """Tickets opened by the rule since then, oldest first."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a match comes to, and with which ticket, where there is one."""

    outcome: MatchOutcome
    ticket: KnownTicket | None = None


def cluster_of(rule: Rule, facts: Mapping[str, Any], *, team_id: UUID, restricted_case: UUID | None) -> str:
    """The pattern that a case belongs to under a rule, as a digest. A restricted case is a pattern of its own."""
    parts = [str(team_id), str(restricted_case or "")]
    parts += [] if restricted_case else [f"{name}={facts[name]}" for name in rule.cluster]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def decide(rule: Rule, cluster: str, at: datetime, depth: int, memory: Memory) -> Decision:
    """What a match comes to, from what the rule has done before. The live run and the back-test both ask here."""
    if depth > MAX_DEPTH:
        return Decision(MatchOutcome.CAPPED)
    known = memory.latest(cluster)
    if known is not None:
        is_open = known.closed_at is None
        if at - known.acted_at < rule.cool_down:
            return Decision(MatchOutcome.COOLED_DOWN, known)
        if is_open:
            return Decision(MatchOutcome.RECURRED, known)
        if known.closed_at is not None and at - known.closed_at <= rule.reopen_within:
            return Decision(MatchOutcome.REOPENED, known)
    recent = memory.opened_since(at - rule.storm_window)
    if len(recent) >= rule.storm_limit:
        return Decision(MatchOutcome.FOLDED, recent[-1])
    return Decision(MatchOutcome.OPENED)


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """Read a rule's document; unknown entries are errors, since a misspelt limit would limit nothing."""
    for name in sorted(set(document) - _ENTRIES):
        raise RuleError(f"{name}: is not an entry of an escalation rule; expected {', '.join(sorted(_ENTRIES))}")
    title = document.get("title")
    if not isinstance(title, str) or not title.strip() or len(title) > 200:
        raise RuleError("title: expected what the ticket shall say, in up to 200 characters")
    condition = document.get("condition")
    if not isinstance(condition, str):
        raise RuleError("condition: expected a CEL expression")
    try:
        compiled = compile_condition(condition.strip())
    except ConditionError as error:
        raise RuleError(f"condition: {error}") from None
    storm_limit = document.get("storm_limit", 10)
    if not isinstance(storm_limit, int) or isinstance(storm_limit, bool) or not 1 <= storm_limit <= 1000:
        raise RuleError("storm_limit: expected a whole number from 1 to 1000")
    severity = document.get("severity", "")
    if severity not in SEVERITIES:
        raise RuleError(f"severity: expected one of {', '.join(SEVERITIES[1:])}, or nothing for the case's own")
    return Rule(
        title=title.strip(),
        triggers=frozenset(_names(document, "triggers", TriggerKind.values, ["case_submitted", "case_changed"])),
        condition=compiled,
        cluster=tuple(_names(document, "cluster", CLUSTER_FACTS, ["model", "failure_mode"])),
        window=_duration(document, "window", "P30D"),
        severity=severity,
        respond_within=_duration(document, "respond_within", "P2D"),
        due_within=_duration(document, "due_within", "P14D"),
        actions=_actions(document.get("actions", [{"do": "open_ticket"}])),
        cool_down=_duration(document, "cool_down", "PT1H"),
        storm_limit=storm_limit,
        storm_window=_duration(document, "storm_window", "PT1H"),
        reopen_within=_duration(document, "reopen_within", "P30D"),
        quiet_hours=_quiet_hours(document.get("quiet_hours")),
    )


def _names(document: Mapping[str, Any], entry: str, allowed: Any, default: list[str]) -> list[str]:
    values = document.get(entry, default)
    if not isinstance(values, list) or not values or any(value not in allowed for value in values):
        raise RuleError(f"{entry}: expected a list of {', '.join(allowed)}")
    return values


def _duration(document: Mapping[str, Any], entry: str, default: str) -> timedelta:
    value = document.get(entry, default)
    try:
        found = isodate.parse_duration(value)
    except Exception:
        found = None
    if not isinstance(found, timedelta) or not timedelta(0) <= found <= timedelta(days=730):
        raise RuleError(f"{entry}: expected an ISO 8601 duration in days, hours and minutes, e.g. P7D or PT6H")
    return found


def _actions(value: Any) -> tuple[RuleAction, ...]:
    if not isinstance(value, list) or not value or len(value) > 10:
        raise RuleError("actions: expected a list of one to ten actions")
    found = []
    for place, entry in enumerate(value):
        if not isinstance(entry, Mapping) or entry.get("do") not in ACTIONS:
            raise RuleError(f"actions[{place}].do: expected one of {', '.join(ACTIONS)}")
        extra = set(entry) - {"do", "destination", "channel"}
        if extra or not all(isinstance(text, str) and len(text) <= 60 for text in entry.values()):
            raise RuleError(f"actions[{place}]: takes do, destination and channel, each a short text")
        action = RuleAction(entry["do"], entry.get("destination", ""), entry.get("channel", ""))
        if action.do in {"request_retraining", "notify"} and not action.destination:
            raise RuleError(f"actions[{place}].destination: names where this is sent")
        found.append(action)
    if found[0].do != "open_ticket" and not any(action.do == "open_ticket" for action in found):
        raise RuleError("actions: one of them is open_ticket; the others hang on its ticket")
    return tuple(found)


def _quiet_hours(value: Any) -> QuietHours | None:
    if value is None:
        return None
    try:
        begins, ends = time.fromisoformat(value["from"]), time.fromisoformat(value["to"])
        zone = value.get("zone", "UTC")
        ZoneInfo(zone)
        return QuietHours(begins, ends, zone, SEVERITIES.index(value.get("up_to", "medium")))
    except Exception:
        raise RuleError("quiet_hours: expected from and to as HH:MM, a zone, and up_to, a severity") from None
