"""CSV with a header line; a broken row costs itself, not the rows after it."""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ..drafts import CaseDraft
from ..limits import DraftError, check_tree
from ..shapes import table
from .lines import MAX_LINE_BYTES, Line, SourceRecord, UnreadableSource, read_lines, read_record, shown

# A quote that nobody closes would swallow the rest of the file; a record of more lines than this is broken.
MAX_RECORD_LINES = 10_000


class _Rows:
    """Feeds lines to csv.reader and remembers which of them the present row took, so that a bad row can be left."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self.taken: list[Line] = []

    def __iter__(self) -> "_Rows":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        if line.problem:
            raise csv.Error(line.problem)
        if len(self.taken) > MAX_RECORD_LINES:
            raise csv.Error("a quote is opened and not closed")
        try:
            return line.data.decode() + "\n"
        except UnicodeDecodeError as error:
            raise csv.Error(f"the line is not UTF-8 (byte {error.start + 1})") from None

    def begin(self) -> None:
        """A row begins at the next line."""
        self.taken = []

    def leave(self) -> None:
        """Give back every line of a broken row but its first."""
        self._again.extendleft(reversed(self.taken[1:]))


def read(path: Path) -> Iterator[SourceRecord]:
    """Every row, mapped by the names in the header."""
    if path.is_dir():
        raise UnreadableSource(f"{shown(path)} is a folder; name a CSV file.")
    csv.field_size_limit(MAX_LINE_BYTES)
    rows = _Rows(read_lines(path))
    header = _header(rows, path)
    while True:
        rows.begin()
        problem, cells = "", []
        try:
            cells = next(csv.reader(rows, strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            problem = str(error)
            rows.leave()
        first = rows.taken[0]
        place, size = f"line {first.number}", sum(len(line.data) for line in rows.taken)
        if problem:
            yield SourceRecord(place, first.position, 0, problem=problem)
        elif cells:
            yield read_record(place, first.position, size, lambda cells=cells: _draft(header, cells))  # type: ignore[misc]


def _header(rows: _Rows, path: Path) -> list[str]:
    try:
        header = [name.strip().lower() for name in next(csv.reader(rows, strict=True))]
    except StopIteration:
        raise UnreadableSource(f"{shown(path)} is empty.") from None
    except csv.Error as error:
        raise UnreadableSource(f"The first line of {shown(path)} is no header: {error}.") from None
    if "title" not in header:
        raise UnreadableSource(f"The first line of {shown(path)} must name the columns; `title` is not among them.")
    if len(set(header)) != len(header):
        raise UnreadableSource(f"The first line of {shown(path)} names a column twice.")
    return header


def _draft(header: list[str], cells: list[str]) -> CaseDraft:
    if len(cells) != len(header):
        raise DraftError("", f"has {len(cells)} cells where the header names {len(header)} columns")
    row = dict(zip(header, cells, strict=True))
    check_tree(row)
    return table.read(row)
