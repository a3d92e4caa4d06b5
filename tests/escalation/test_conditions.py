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
        ("tags.map(a, tags.map(b, tags.map(c, tags.map(d, a)))).size() > 0", "goes through lists more than 3 times"),
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


def test_a_fact_of_another_type_is_refused() -> None:
    with pytest.raises(ConditionError, match="severity is missing or is no int"):
        compile_condition("severity > 1").holds(facts(severity="high"))
