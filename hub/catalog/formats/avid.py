"""AVID reports: a file with one report or a list of them, or a folder of such files."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..drafts import CaseDraft, DraftError
from ..shapes import avid
from ..strict_json import JsonError, parse_json
from .lines import SourceRecord, UnreadableSource, open_source, read_record, shown

MAX_FILE_BYTES = 64 * 1024 * 1024


def read(path: Path) -> Iterator[SourceRecord]:
    """Every report, files in the order of their names."""
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files:
        raise UnreadableSource(f"{shown(path)} holds no .json file.")
    position = 0
    for file in files:
        place = shown(file.relative_to(path)) if path.is_dir() else shown(Path(file.name))
        try:
            data = _read_file(file)
            value = parse_json(data.removeprefix(b"\xef\xbb\xbf"))
        except (JsonError, UnreadableSource) as error:
            if file == path and isinstance(error, UnreadableSource):
                raise
            yield SourceRecord(place, position, 0, problem=str(error))
            continue
        position += len(data)
        reports = value if isinstance(value, list) else [value]
        if not reports:
            yield SourceRecord(place, position, 0, problem="holds no report: its list is empty")
        for index, report in enumerate(reports):
            where = f"{place}, report {index + 1}" if isinstance(value, list) else place
            yield read_record(where, position, len(data) // len(reports), lambda item=report: _draft(item))  # type: ignore[misc]


def _draft(report: Any) -> CaseDraft:
    if not isinstance(report, dict):
        raise DraftError("", "a report must be a map of named fields")
    return avid.read(report)


def _read_file(file: Path) -> bytes:
    with open_source(file) as (stream, _):
        try:
            data = stream.read(MAX_FILE_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise JsonError("the compressed data is damaged or cut off") from None
    if len(data) > MAX_FILE_BYTES:
        raise JsonError(f"the file is larger than {MAX_FILE_BYTES // 1024 // 1024} MB")
    return data
