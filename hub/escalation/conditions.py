"""Conditions of rules: CEL over typed case facts, checked before they are kept, and within a budget when they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

LONGEST_CONDITION = 2_000

SEVERITIES = ("", "informational", "low", "medium", "high", "critical")
CLASSES = ("public", "internal", "confidential", "restricted")


@dataclass(frozen=True, slots=True)
class Fact:
    """A name that a condition may use, its CEL type, and what it says."""

    name: str
    type_name: str
    description: str


FACTS: tuple[Fact, ...] = (
    Fact("trigger", "string", "what has happened, e.g. 'case_submitted'"),
    Fact("kind", "string", "kind of case, e.g. 'incident'"),
    Fact("status", "string", "submitted, accepted, returned or withdrawn"),
    Fact("severity", "int", "0 where none is stated, then INFORMATIONAL … CRITICAL, 1 to 5"),
    Fact("data_class", "int", "PUBLIC … RESTRICTED, 0 to 3"),
    Fact("tlp", "string", "'CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT' or 'RED'"),
    Fact("tags", "list(string)", "machine tags of the case"),
    Fact("failure_mode", "string", "its AVID SEP values, sorted and joined by commas"),
    Fact("model", "string", "name of the model"),
    Fact("model_version", "string", "version of the model"),
    Fact("team", "string", "short name of the owner team"),
    Fact("tenant", "string", "short name of the organisation"),
    Fact("recurrence", "int", "cases of the same cluster in the rule's window, this one included"),
    Fact("similarity", "double", "0 to 1: share of facts in common with the most similar earlier case of the team"),
    Fact("is_known", "bool", "whether that similarity is 0.8 or more"),
    Fact("age_days", "int", "whole days since the case came in"),
    Fact("is_reviewed", "bool", "whether a reviewer has accepted or returned it"),
    Fact("has_owner", "bool", "whether somebody owns a ticket about the case"),
    Fact("ticket_state", "string", "state of the newest ticket about the case, '' where there is none"),
    Fact("error_rate", "double", "impact.slice_error_rate as stated, -1 where it is not"),
    Fact("drift_score", "double", "impact.drift_score as stated, -1 where it is not"),
)
CONSTANTS: dict[str, int] = {
    **{label.upper(): rank for rank, label in enumerate(SEVERITIES) if label},
    **{label.upper(): rank for rank, label in enumerate(CLASSES)},
}
_TYPES = {
    "string": cel.Type.STRING,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "bool": cel.Type.BOOL,
    "list(string)": cel.Type.List(cel.Type.STRING),
}
_CHECKED = {"string": str, "int": int, "double": float, "bool": bool, "list(string)": list}
# Comprehensions over lists multiply; one over the tags is plenty.
_COMPREHENSIONS = ("all(", "exists(", "exists_one(", "map(", "filter(")
MOST_COMPREHENSIONS = 3


class ConditionError(ValueError):
    """A condition cannot be used, or could not be evaluated; the message says where and why."""


class Condition:
    """A condition that was compiled against the types of the facts, and answers yes or no."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._program = _compile(source)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it holds for these facts; raises ConditionError where it cannot be told."""
        for fact in FACTS:
            if not isinstance(facts.get(fact.name), _CHECKED[fact.type_name]):
                raise ConditionError(f"The fact {fact.name} is missing or is no {fact.type_name}.")
        try:
            answer = self._program.eval(data={**CONSTANTS, **{fact.name: facts[fact.name] for fact in FACTS}})
            value = answer.value()
        except Exception as error:
            raise ConditionError("The condition could not be evaluated.") from error
        # A fault at run time comes back as an error value, which is true to Python.
        if value is not True and value is not False:
            raise ConditionError("The condition came to no answer, e.g. by a division by zero or an index too far.")
        return value


@lru_cache(maxsize=256)
def compile_condition(source: str) -> Condition:
    """The condition, compiled once per process; raises ConditionError."""
    return Condition(source)


def _compile(source: str) -> Any:
    if not source.strip():
        raise ConditionError("is empty")
    if len(source) > LONGEST_CONDITION:
        raise ConditionError(f"is longer than {LONGEST_CONDITION} characters")
    if sum(source.replace(" ", "").count(f".{name}") for name in _COMPREHENSIONS) > MOST_COMPREHENSIONS:
        raise ConditionError(f"goes through lists more than {MOST_COMPREHENSIONS} times")
    try:
        program = _environment().compile(source)
    except Exception as error:
        raise ConditionError(_in_words(str(error))) from None
    if program.return_type() != cel.Type.BOOL:
        raise ConditionError(f"must answer true or false, and this gives {program.return_type().name()}")
    return program


@lru_cache(maxsize=1)
def _environment() -> Any:
    variables = {fact.name: _TYPES[fact.type_name] for fact in FACTS} | dict.fromkeys(CONSTANTS, cel.Type.INT)
    return cel.NewEnv(variables=variables)


def _in_words(message: str) -> str:
    lines = [line.split("<input>:", 1)[1] for line in message.splitlines() if "<input>:" in line]
    found = []
    for line in lines[:3]:
        row, column, problem = [*line.split(":", 2), "", ""][:3]
        found.append(f"line {row}, character {column}: {problem.split(' (in container')[0].strip()}")
    return "; ".join(found) or "is no CEL expression"
