"""Reads values whose column says what they hold: SQL statements and rows under a header line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..spans import Span
from .field_values import is_telling
from .key_names import category_of_key

_SQL_COMPARISON = re.compile(
    (
        r"[\"`\[]?([A-Za-z_][\w .]{0,60}?)[\"`\]]?\s{0,3}(?:=|<>|!=|\bI?LIKE\b|\bIN\s{0,3}\()\s{0,3}'((?:''|"
        r"[^'\n]){1,300})'"
    ),
    re.IGNORECASE,
)
# A quoted value may hold brackets and commas: "(576) 555-0144".
_ROW = r"\(((?:'(?:''|[^'])*'|[^()'])*)\)"
_SQL_INSERT = re.compile(r"INSERT\s+INTO\s+\S+\s*\(([^()]{1,2000})\)\s*VALUES\s*(?=\()", re.IGNORECASE)
_SQL_VALUE = re.compile(r"\s*('(?:''|[^'])*'|[^,]+)")
_SQL_ROW = re.compile(rf"\s*{_ROW}\s*,?")


def find_sql(text: str) -> Iterator[Span]:
    """Values compared with or inserted into columns whose names say what they hold."""
    if "'" not in text:
        return
    for match in _SQL_COMPARISON.finditer(text):
        category = category_of_key(match[1].strip().split()[-1].rpartition(".")[2]) if match[1].strip() else None
        if category and is_telling(match[2], category):
            yield Span(*match.span(2), category, 0.8, "sql")
    for match in _SQL_INSERT.finditer(text):
        columns = [column.strip(" \"'`[]\n") for column in match[1].split(",")]
        row = _SQL_ROW.match(text, match.end())
        while row is not None:
            values = list(_SQL_VALUE.finditer(text, *row.span(1)))
            if len(values) == len(columns):
                for column, value in zip(columns, values, strict=True):
                    category = category_of_key(column)
                    if category and is_telling(value[1], category):
                        yield Span(*value.span(1), category, 0.8, "sql")
            row = _SQL_ROW.match(text, row.end())


_CSV_LINE = re.compile(r"[^\n]+")


def find_table(text: str) -> Iterator[Span]:
    """Columns of comma, semicolon, tab or bar separated rows under a header line."""
    lines = list(_CSV_LINE.finditer(text))
    if not 2 <= len(lines) <= 20_000:
        return
    separator = max(",;\t|", key=lines[0][0].count)
    columns = lines[0][0].count(separator) + 1
    if columns < 2:
        return
    names = [name.strip(" \"'") for name in lines[0][0].split(separator)]
    if any(len(name) > 40 or not re.fullmatch(r"[\w .#()/-]*", name) for name in names):
        return
    wanted = {i: category for i, name in enumerate(names) if (category := category_of_key(name)) is not None}
    person = {i: "PERSON" for i, name in enumerate(names) if name.lower() in ("name", "contact")}
    wanted = {**person, **wanted}
    if not wanted:
        return
    for line in lines[1:]:
        cells = _cells(line[0], separator)
        if len(cells) != columns:
            continue
        for index, category in wanted.items():
            start, end = cells[index]
            if is_telling(line[0][start:end], category):
                yield Span(line.start() + start, line.start() + end, category, 0.75, "table")


def _cells(line: str, separator: str) -> list[tuple[int, int]]:
    cells, start, is_quoted = [], 0, False
    for position, character in enumerate(line):
        if character == '"':
            is_quoted = not is_quoted
        elif character == separator and not is_quoted:
            cells.append((start, position))
            start = position + 1
    cells.append((start, len(line)))
    return [
        (
            begin + len(line[begin:end]) - len(line[begin:end].lstrip(" \"'")),
            begin + len(line[begin:end].rstrip(" \"'\r")),
        )
        for begin, end in cells
    ]
