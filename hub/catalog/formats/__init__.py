"""Files of cases, read record by record: one bad record is a problem with its place, never the end of the rest."""

from collections.abc import Callable, Iterator
from pathlib import Path

from . import avid, jsonl, tables
from .lines import SourceRecord, UnreadableSource

READERS: dict[str, Callable[[Path], Iterator[SourceRecord]]] = {
    "jsonl": jsonl.read,
    "avid": avid.read,
    "csv": tables.read,
}

__all__ = ["READERS", "SourceRecord", "UnreadableSource"]
