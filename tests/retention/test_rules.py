"""Rules as values: what a document may say, dates by the calendar, and which of several rules counts."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.retention.rules import (
    Clock,
    Ending,
    ItemFacts,
    RuleError,
    RuleInForce,
    RuleSpec,
    Track,
    decide,
    due_at,
    parse_rule,
)

WHOLE = {"track": "raw_text", "clock": "recorded", "keep": "P2Y", "then": "purge"}


def test_reading_a_rule() -> None:
    rule = parse_rule({**WHOLE, "select": {"data_classes": ["restricted"], "kinds": ["incident"], "tags": ["a:b"]}})
    assert rule == RuleSpec(
        Track.RAW_TEXT, Clock.RECORDED, "P2Y", Ending.PURGE, ("restricted",), ("incident",), ("a:b",)
    )
    assert rule.rank == 7


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"keep": "two years"}, "keep"),
        ({"keep": "P0D"}, "keep"),
        ({"keep": "-P1Y"}, "keep"),
        ({"keep": "P1.5M"}, "keep"),
        ({"keep": None}, "keep"),
        ({"track": "everything"}, "track"),
        ({"clock": "full moon"}, "clock"),
        ({"then": "forget"}, "then"),
        ({"select": {"kinds": ["nonsense"]}}, "select.kinds"),
        ({"select": {"who": ["x"]}}, "select"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_rule(change: dict[str, object], place: str) -> None:
    with pytest.raises(RuleError, match=f"^{place}:"):
        parse_rule({**WHOLE, **change})


@pytest.mark.parametrize(
    ("start", "keep", "due"),
    [
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2023-01-31", "P1M", "2023-02-28"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-12-31", "P2M", "2025-02-28"),
        ("2024-03-30", "P1W", "2024-04-06"),
    ],
)
def test_dates_by_the_calendar(start: str, keep: str, due: str) -> None:
    assert due_at(datetime.fromisoformat(start).replace(tzinfo=UTC), keep).date().isoformat() == due


def in_force(name: str, keep: str, **select: tuple[str, ...]) -> RuleInForce:
    spec = RuleSpec(Track.RAW_TEXT, Clock.RECORDED, keep, Ending.PURGE, **select)
    return RuleInForce(UUID(int=sum(name.encode())), name, 1, "", "user:x", spec)


FACTS = ItemFacts(
    Track.RAW_TEXT, "restricted", "incident", frozenset({"pii:yes"}),
    {Clock.RECORDED: datetime(2024, 1, 1, tzinfo=UTC), Clock.CLOSED: None},
)  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "winner", "because"),
    [
        ([in_force("all", "P9Y"), in_force("tagged", "P1M", tags=("pii:yes",))], "tagged", "most specific"),
        ([in_force("all", "P9Y"), in_force("strange", "P1M", tags=("pii:no",))], "all", "only rule"),
        ([in_force("short", "P1M"), in_force("long", "P2M")], "long", "keeps longest"),
        ([in_force("b", "P1M"), in_force("a", "P1M")], "a", "keeps longest"),
        ([in_force("kind", "P1M", kinds=("incident",)), in_force("class", "P9Y", data_classes=("restricted",))],
         "kind", "most specific"),
    ],
)  # fmt: skip
def test_which_rule_counts(rules: list[RuleInForce], winner: str, because: str) -> None:
    decision = decide(rules, FACTS)
    assert decision is not None
    assert decision.rule.name == winner
    assert because in decision.because


def test_no_rule_that_matches() -> None:
    assert decide([in_force("hazards", "P1M", kinds=("hazard",))], FACTS) is None
