"""Conditions of rules: CEL over typed case facts, checked before they are kept, and within a budget when they run.

The budget holds by construction: what is left of CEL goes through each list once, so the longest condition on the
largest case takes milliseconds. Iterations and depth are limited by the library as well.
"""

import re
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
    # Of a fact that only some entries have; without one it must be there.
    default: int | float | None = None


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
    Fact("token_operations", "int", "of a unusual_volume: what the token did today", 0),
    Fact("token_score", "double", "of a unusual_volume: how far that is above its own days before", 0.0),
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
# What goes through a list; one inside another would multiply, and building lists or patterns has no bound of its own.
_COMPREHENSIONS = ("all", "exists", "exists_one")
_LEFT_OUT = ("map", "filter", "existsOne", "matches")
MOST_COMPREHENSIONS = 3
_LANGUAGE = """
stdlib:
  include_macros: [has, all, exists, exists_one]
  exclude_functions:
    - name: matches
    - name: _+_
      overloads:
        - id: add_list
        - id: add_bytes
"""
# Texts and comments, which are looked past: raw texts, where a backslash is a letter, then the others.
_TEXTS = re.compile(
    r"(?:[rR][bB]?|[bB][rR])(?:'{3}.*?'{3}|\"{3}.*?\"{3}|'[^'\n]*'|\"[^\"\n]*\")"
    r"|[bB]?(?:'{3}(?:\\.|.)*?'{3}|\"{3}(?:\\.|.)*?\"{3}|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")"
    r"|//[^\n]*",
    re.DOTALL,
)
_CALLS = re.compile(r"\.\s*([A-Za-z_]\w*)\s*\(|[()]")
_NAMES = re.compile(r"[A-Za-z_]\w*")


class ConditionError(ValueError):
    """A condition cannot be used, or could not be evaluated; the message says where and why."""


class Condition:
    """A condition that was compiled against the types of the facts, and answers yes or no."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._program = _compile(source)
        # Names that may be facts; the words of texts are not among them.
        self.names = frozenset(_NAMES.findall(_TEXTS.sub(" ", source)))

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it holds for these facts; raises ConditionError where it cannot be told."""
        for fact in FACTS:
            if not isinstance(facts.get(fact.name, fact.default), _CHECKED[fact.type_name]):
                raise ConditionError(f"The fact {fact.name} is missing or is no {fact.type_name}.")
        try:
            values = {fact.name: facts.get(fact.name, fact.default) for fact in FACTS}
            answer = self._program.eval(data={**CONSTANTS, **values})
            value = answer.value()
        except Exception as error:
            if "budget" in str(error):
                raise ConditionError("The condition goes through more entries than it may: 10,000.") from None
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
    _check_work(source)
    try:
        program = _environment().compile(source)
    except Exception as error:
        raise ConditionError(_in_words(str(error))) from None
    if program.return_type() != cel.Type.BOOL:
        raise ConditionError(f"must answer true or false, and this gives {program.return_type().name()}")
    return program


def _check_work(source: str) -> None:
    """Refuse what could take long on a large case: lists inside lists, and what builds lists or patterns."""
    found, enclosing = 0, [False]
    for call in _CALLS.finditer(_TEXTS.sub(" ", source)):
        name = call.group(1)
        if name in _LEFT_OUT:
            raise ConditionError(f"uses {name}, which is not there; use {', '.join(_COMPREHENSIONS)} or contains")
        if name in _COMPREHENSIONS:
            found += 1
            if enclosing[-1]:
                raise ConditionError("goes through a list inside another one")
        if call.group(0) == ")":
            enclosing = enclosing[:-1] or [False]
        else:
            enclosing.append(enclosing[-1] or name in _COMPREHENSIONS)
    if found > MOST_COMPREHENSIONS:
        raise ConditionError(f"goes through lists more than {MOST_COMPREHENSIONS} times")


@lru_cache(maxsize=1)
def _environment() -> Any:
    variables = {fact.name: _TYPES[fact.type_name] for fact in FACTS} | dict.fromkeys(CONSTANTS, cel.Type.INT)
    return cel.NewEnv(config=cel.NewEnvConfigFromYaml(_LANGUAGE), variables=variables)


def _in_words(message: str) -> str:
    if "recursion depth" in message:
        return "is nested too deeply: more than 32 steps inside one another"
    lines = [line.split("<input>:", 1)[1] for line in message.splitlines() if "<input>:" in line]
    found = []
    for line in lines[:3]:
        row, column, problem = [*line.split(":", 2), "", ""][:3]
        found.append(f"line {row}, character {column}: {problem.split(' (in container')[0].strip()}")
    return "; ".join(found) or "is no CEL expression"
