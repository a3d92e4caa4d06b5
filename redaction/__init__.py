"""Finds sensitive text in a document and rewrites it for an audience. Plain Python; importing it loads no model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .detection_process import DetectionProcess
    from .engine import analyse, engine_fingerprint
    from .findings import CATEGORIES, REASONS, Analysis, Budget, Document, Finding, Withheld
    from .leakage import LeakageVerdict, second_look
    from .operators import Redacted, redact
    from .policy import Policy, PolicyError, load_pack, parse_policy
    from .sensitivity import DataClass, Tlp, class_for

_HOMES = {
    "findings": ("CATEGORIES", "REASONS", "Analysis", "Budget", "Document", "Finding", "Withheld"),
    "policy": ("Policy", "PolicyError", "load_pack", "parse_policy"),
    "engine": ("analyse", "engine_fingerprint"),
    "detection_process": ("DetectionProcess",),
    "operators": ("Redacted", "redact"),
    "leakage": ("LeakageVerdict", "second_look"),
    "sensitivity": ("DataClass", "Tlp", "class_for"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CATEGORIES",
    "REASONS",
    "Analysis",
    "Budget",
    "DataClass",
    "DetectionProcess",
    "Document",
    "Finding",
    "LeakageVerdict",
    "Policy",
    "PolicyError",
    "Redacted",
    "Tlp",
    "Withheld",
    "analyse",
    "class_for",
    "engine_fingerprint",
    "load_pack",
    "parse_policy",
    "redact",
    "second_look",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'redaction' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
