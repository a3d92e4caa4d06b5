"""Rows of the retention layer."""

from .archive import ArchivedItem
from .control import DispositionControl
from .erasures import ErasurePlace, ErasureRequest, ErasureState, PlaceDecision, PlaceMatch
from .holds import HeldCase, HoldState, LegalHold
from .ledger import DispositionBatch, DispositionEntry, LedgerNote
from .named_rules import RetentionRule
from .runs import DispositionRun, ListedItem, RunState
from .storage import StorageReport

__all__ = [
    "ArchivedItem",
    "DispositionBatch",
    "DispositionControl",
    "DispositionEntry",
    "DispositionRun",
    "ErasurePlace",
    "ErasureRequest",
    "ErasureState",
    "HeldCase",
    "HoldState",
    "LedgerNote",
    "LegalHold",
    "ListedItem",
    "PlaceDecision",
    "PlaceMatch",
    "RetentionRule",
    "RunState",
    "StorageReport",
]
