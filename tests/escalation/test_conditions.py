"""Conditions: typed before they are kept, and an honest answer or none when they run."""

from typing import Any

import pytest

from hub.escalation.conditions import FACTS, ConditionError, compile_condition

SAMPLE: dict[str, Any] = {"string": "", "int": 0, "double": 0.0, "bool": False, "list(string)": []}


def facts(**values: Any) -> dict[str, Any]:
    """Every fact with a value of its type."""
    return {fact.name: SAMPLE[fact.type_name] for fact in FACTS} | values


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("severity >= HIGH && recurrence >= 3", {"severity": 4, "recurrence": 3}, True),
        ("severity >= HIGH && recurrence >= 3", {"severity": 4, "recurrence": 2}, False),
        ("tags.exists(t, t.startsWith('avid:'))", {"tags": ["x", 'avid:sep="E01"']}, True),
        ("model == 'assist-chat' && data_class < RESTRICTED", {"model": "assist-chat", "data_class": 2}, True),
        ("drift_score > 0.2 || error_rate > 0.1", {"drift_score": -1.0, "error_rate": 0.11}, True),
        ("!is_known && age_days > 7 && !is_reviewed", {"age_days": 8}, True),
    ],
)
def test_answers(condition: str, values: dict[str, Any], expected: bool) -> None:
    assert compile_condition(condition).holds(facts(**values)) is expected


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("severity", "must answer true or false, and this gives INT"),
        ("severty > 2", "line 1, character 1: undeclared reference to 'severty'"),
        ("severity > 'a'", "line 1, character 10: found no matching overload for '_>_' applied to '(int, string)'"),
        ("  ", "is empty"),
        ("true || " * 400 + "true", "is longer than 2000 characters"),
        (" || ".join(["tags.exists(t, t == 'x')"] * 4), "goes through lists more than 3 times"),
        ("tags.exists(a, tags.exists(b, a + b == 'x'))", "goes through a list inside another one"),
        ("tags.exists(a, [a].all(b, b == 'x'))", "goes through a list inside another one"),
        (r"kind == r'\' || tags.all(a, tags.all(b, a == b)) || kind == '\''", "goes through a list inside another one"),
        ("tags.map(a, a).size() > 1", "uses map, which is not there; use all, exists, exists_one or contains"),
        ("+".join(["severity"] * 40) + " > 0", "is nested too deeply: more than 32 steps inside one another"),
        ("kind.matches('(x|y)*z')", "uses matches, which is not there; use all, exists, exists_one or contains"),
        (
            "(tags + tags).size() > 1",
            "line 1, character 7: found no matching overload for '_+_' applied to '(list(string), list(string))'",
        ),
    ],
)
def test_refuses_before_it_is_kept(condition: str, problem: str) -> None:
    with pytest.raises(ConditionError) as refused:
        compile_condition(condition)
    assert str(refused.value) == problem


@pytest.mark.parametrize("condition", ["severity / 0 > 1", "tags[7] == 'x'"])
def test_a_fault_at_run_time_is_no_yes(condition: str) -> None:
    with pytest.raises(ConditionError, match="no answer"):
        compile_condition(condition).holds(facts())


@pytest.mark.parametrize(
    "condition",
    [
        "tags.exists(a, {}) || tags.exists(a, {}) || tags.exists(a, {})".format(
            *[" || ".join([f"a.contains(a + '{number}')" for number in range(20)])] * 3
        ),
        "[{}].exists(a, a == 2)".format(",".join(["1"] * 900)),
        "tags.exists(a, {} == 'x')".format("+".join(["a"] * 25)),
    ],
)
def test_the_worst_that_can_be_written_goes_through_each_entry_once(condition: str) -> None:
    # The largest case: 200 tags of 200 letters. What is refused above took minutes on it.
    tags = [f"{number:03}" + "x" * 197 for number in range(200)]
    assert compile_condition(condition).holds(facts(tags=tags)) is False


def test_a_condition_that_goes_on_for_too_long_is_ended() -> None:
    with pytest.raises(ConditionError, match="more entries than it may: 10,000"):
        compile_condition("tags.all(t, t != 'x')").holds(facts(tags=["y"] * 10_001))


def test_names_the_facts_it_asks_for() -> None:
    asked = compile_condition("recurrence >= 3 && kind != 'similarity' // is_known").names
    assert asked & {fact.name for fact in FACTS} == {"recurrence", "kind"}


def test_a_fact_of_another_type_is_refused() -> None:
    with pytest.raises(ConditionError, match="severity is missing or is no int"):
        compile_condition("severity > 1").holds(facts(severity="high"))
