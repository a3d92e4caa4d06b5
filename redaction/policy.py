"""A redaction policy: which operator each category, field and surface gets; YAML with errors that name the line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .findings import CATEGORIES

PACKS = ("internal", "partner", "public")
OPERATORS = ("keep", "drop", "mask", "label", "pseudonymise", "generalise", "shift", "withhold")
GENERALISABLE = frozenset(
    {"DATE_TIME", "DATE_OF_BIRTH", "AGE", "AMOUNT", "LOCATION", "COORDINATE", "IP_ADDRESS", "URL"}
)
FIELD_DEFAULTS = ("analyse", "keep", "mask", "label", "drop")
_FOLDER = Path(__file__).with_name("policies")


class PolicyError(ValueError):
    """A policy that cannot be used; says at which line or rule, and what would be right."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """An operator for every value at the paths a pattern fits."""

    path: str
    operator: str

    def fits(self, path: str) -> bool:
        return _path_pattern(self.path).fullmatch(path) is not None


@dataclass(frozen=True)
class Policy:
    """One version of a policy. Equal content has an equal digest."""

    name: str
    version: int
    description: str
    default: str
    operators: Mapping[str, str]
    facts: Mapping[str, str] = field(default_factory=dict)
    unknown_fields: str = "analyse"
    fields: tuple[FieldRule, ...] = ()

    def operator_for(self, category: str, *, in_facts: bool = False) -> str:
        """What happens to a finding of this category."""
        if in_facts and category in self.facts:
            return self.facts[category]
        return self.operators.get(category, self.default)

    def rule_for(self, path: str) -> str | None:
        """The operator that a field rule gives to this place; the last rule that fits wins."""
        for rule in reversed(self.fields):
            if rule.fits(path):
                return rule.operator
        return None

    def to_document(self) -> dict[str, Any]:
        """The policy as plain data; parse_policy reads it back."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "default": self.default,
            "operators": dict(sorted(self.operators.items())),
            "facts": dict(sorted(self.facts.items())),
            "unknown_fields": self.unknown_fields,
            "fields": [{"path": rule.path, "operator": rule.operator} for rule in self.fields],
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of everything that the policy says."""
        return _digest(json.dumps(self.to_document(), sort_keys=True, ensure_ascii=False, separators=(",", ":")))

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.digest))


@lru_cache(maxsize=256)
def _digest(canonical: str) -> str:
    return hashlib.sha256(canonical.encode()).hexdigest()


@lru_cache(maxsize=1_000)
def _path_pattern(pattern: str) -> re.Pattern[str]:
    pieces = []
    for piece in re.split(r"(\*\*|\[\*\]|\*)", pattern):
        pieces.append({"**": ".*", "[*]": r"\[\d+\]", "*": r"[^.\[\]]+"}.get(piece) or re.escape(piece))
    return re.compile("".join(pieces))


@lru_cache(maxsize=len(PACKS))
def load_pack(name: str) -> Policy:
    """One of the packs that come with the library."""
    if name not in PACKS:
        raise PolicyError(f"unknown policy pack {name!r}; there are: {', '.join(PACKS)}")
    return parse_policy((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def parse_policy(source: str | Mapping[str, Any]) -> Policy:
    """A policy from YAML text or from data as to_document gives it; raises PolicyError."""
    content, lines = _read(source) if isinstance(source, str) else (source, {})
    if not isinstance(content, Mapping):
        raise PolicyError("line 1: a policy is a map with name, version and operators")
    _check_schema(content, lines)
    operators = dict(content["operators"])
    facts = dict(content.get("facts") or {})
    for section, chosen in (("operators", operators), ("facts", facts)):
        for category, operator in chosen.items():
            _check_operator(category, operator, lines, (section, category))
    rules = tuple(FieldRule(rule["path"], rule["operator"]) for rule in content.get("fields") or ())
    for index, rule in enumerate(rules):
        if not re.fullmatch(r"[^\s.\[]+.*|\[.*", rule.path):
            raise PolicyError(
                f"{_where(lines, ('fields', index, 'path'))}: a path looks like evidence[*].payload.user.email"
            )
    return Policy(
        name=content["name"],
        version=content["version"],
        description=content.get("description", ""),
        default=content.get("default", "label"),
        operators=operators,
        facts=facts,
        unknown_fields=content.get("unknown_fields", "analyse"),
        fields=rules,
    )


def _check_operator(category: str, operator: str, lines: dict[tuple[Any, ...], int], place: tuple[Any, ...]) -> None:
    if operator == "generalise" and category not in GENERALISABLE:
        allowed = ", ".join(sorted(GENERALISABLE))
        raise PolicyError(f"{_where(lines, place)}: {category} cannot be generalised; possible for {allowed}")
    if operator == "shift" and category not in ("DATE_TIME", "DATE_OF_BIRTH"):
        raise PolicyError(f"{_where(lines, place)}: only DATE_TIME and DATE_OF_BIRTH can be shifted")


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The documented JSON schema of a policy."""
    return json.loads((_FOLDER / "policy.schema.json").read_text(encoding="utf-8"))


def _check_schema(content: Mapping[str, Any], lines: dict[tuple[Any, ...], int]) -> None:
    from jsonschema import Draft202012Validator

    errors = sorted(
        Draft202012Validator(schema()).iter_errors(content),
        key=lambda error: [str(part) for part in error.absolute_path],
    )
    if not errors:
        return
    error = errors[0]
    place = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        unknown = next(name for name in error.instance if name not in known)
        hint = f"unknown entry {unknown!r}; allowed: {', '.join(known)}"
        if place in (("operators",), ("facts",)):
            hint = f"unknown category {unknown!r}; allowed: {', '.join(CATEGORIES)}"
        raise PolicyError(f"{_where(lines, (*place, unknown))}: {hint}")
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        raise PolicyError(f"{_where(lines, place)}: the entry {missing!r} is missing")
    if error.validator == "enum":
        raise PolicyError(
            f"{_where(lines, place)}: {error.instance!r} is not one of: {', '.join(map(str, error.validator_value))}"
        )
    raise PolicyError(f"{_where(lines, place)}: {error.message}")


def _where(lines: dict[tuple[Any, ...], int], place: tuple[Any, ...]) -> str:
    name = ".".join(str(part) for part in place) or "policy"
    line = next((lines[place[:length]] for length in range(len(place), -1, -1) if place[:length] in lines), None)
    return f"line {line}, {name}" if line else name


def _read(text: str) -> tuple[Any, dict[tuple[Any, ...], int]]:
    lines: dict[tuple[Any, ...], int] = {}
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise PolicyError(f"{where}not readable as YAML: {getattr(error, 'problem', None) or 'broken text'}") from None
    except RecursionError:
        raise PolicyError("the policy is nested too deeply") from None

    def note(node: yaml.Node | None, place: tuple[Any, ...]) -> None:
        if node is None:
            return
        lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise PolicyError(f"line {key.start_mark.line + 1}: {key.value!r} stands twice")
                seen.add(key.value)
                note(value, (*place, key.value))
                lines[(*place, key.value)] = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                note(value, (*place, index))

    note(root, ())
    return content, lines
