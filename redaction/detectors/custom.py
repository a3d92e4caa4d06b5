"""What the caller asks for beyond the detectors: literal values and patterns of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..spans import Span
from .identifiers import compiled

version = "1"


@dataclass(frozen=True)
class CustomRule:
    """A named pattern (google-re2 syntax) or literal."""

    name: str
    pattern: str
    is_literal: bool = False
    category: str = "CUSTOM"


def compile_rules(rules: Sequence[CustomRule]) -> list[tuple[CustomRule, Any]]:
    return [
        (rule, compiled(re.escape(rule.pattern) if rule.is_literal else rule.pattern, ignore_case=rule.is_literal))
        for rule in rules
    ]


def find(text: str, rules: Sequence[tuple[CustomRule, Any]]) -> Iterator[Span]:
    """Every place where one of the rules fits."""
    for rule, pattern in rules:
        for match in pattern.finditer(text):
            if match.start() < match.end():
                yield Span(match.start(), match.end(), rule.category, 0.95, f"custom:{rule.name}")
