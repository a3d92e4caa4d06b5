"""One JSON object a line, in the hub's own shape or as a flat record; plain or gzip."""

from collections.abc import Iterator
from pathlib import Path

from ..drafts import CaseDraft, draft_from_mapping
from ..strict_json import parse_json
from .lines import SourceRecord, UnreadableSource, read_lines, read_record, shown


def read(path: Path) -> Iterator[SourceRecord]:
    """Every line that is not blank."""
    if path.is_dir():
        raise UnreadableSource(f"{shown(path)} is a folder; name a file of JSON lines.")
    is_empty = True
    for line in read_lines(path):
        is_empty = is_empty and not line.problem and not line.data.strip()
        place = f"line {line.number}"
        if line.problem:
            yield SourceRecord(place, line.position, 0, problem=line.problem)
        elif line.data.strip():
            yield read_record(place, line.position, len(line.data), lambda data=line.data: _draft(data))  # type: ignore[misc]
    if is_empty:
        raise UnreadableSource(f"{shown(path)} is empty.")


def _draft(data: bytes) -> CaseDraft:
    return draft_from_mapping(parse_json(data))
