"""Rows of the retention layer."""

from .control import DispositionControl
from .holds import HeldCase, HoldState, LegalHold
from .ledger import DispositionBatch, DispositionEntry
from .named_rules import RetentionRule
from .runs import DispositionRun, ListedItem, RunState

__all__ = [
    "DispositionBatch",
    "DispositionControl",
    "DispositionEntry",
    "DispositionRun",
    "HeldCase",
    "HoldState",
    "LegalHold",
    "ListedItem",
    "RetentionRule",
    "RunState",
]
