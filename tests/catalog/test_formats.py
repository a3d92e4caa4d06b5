"""Files as they come: broken, hostile, compressed. A bad record is told with its place, and the rest is read."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from hub.catalog.formats import READERS, UnreadableSource
from hub.catalog.formats.lines import read_lines
from tests.catalog.test_shapes import REPORT


def read(path: Path, format: str = "jsonl") -> list[tuple[str, str]]:
    """Place, and title or problem, of every record."""
    return [
        (record.place, record.draft.title if record.draft else "! " + record.problem)
        for record in READERS[format](path)
    ]


def line(title: str) -> bytes:
    return json.dumps({"title": title}).encode() + b"\n"


def test_one_bad_line_costs_itself(tmp_path: Path) -> None:
    bad = [
        b"{\n", b'{"title": "a", "title": "b"}\n', b'{"title": "\\u0000"}\n', b'{"title": "x", "n": 1e999}\n',
        b'{"title": "\xff"}\n', b"[]\n", b"\n", b"[" * 100_000 + b"\n", b'{"title": "x", "d": ' + b"[" * 50 + b"]" * 50
        + b"}\n", b"null\r\n",
    ]  # fmt: skip
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line("first") + b"".join(bad) + line("last")[:-1])
    assert read(path) == [
        ("line 1", "first"),
        ("line 2", "! is not JSON (character 2: Expecting property name enclosed in double quotes)"),
        ("line 3", "! has a map that names a key twice"),
        ("line 4", "! title: contains a NUL character; remove it or attach the material as a binary file"),
        ("line 5", "! has a number too large for any reader"),
        ("line 6", "! is not UTF-8 (byte 12)"),
        ("line 7", "! a case must be a map of named fields"),
        ("line 9", "! is nested too deeply"),
        ("line 10", "! d" + "[0]" * 31 + ": nested deeper than 32 levels; flatten it or attach it as a file"),
        ("line 11", "! a case must be a map of named fields"),
        ("line 12", "last"),
    ]


def test_a_line_of_100_megabytes_is_skipped_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(line("first") + b'{"title": "')
        for _ in range(100):
            file.write(b"x" * 1024 * 1024)
        file.write(b'"}\n' + line("last"))
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [("line 1", "first"), ("line 2", "! the line is longer than 8192 KB"), ("line 3", "last")]
    assert peak < 40 * 1024 * 1024


def test_damaged_compression_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "cases.gz"
    whole = gzip.compress(b"".join(line(f"case {number}" + "x" * (number % 7)) for number in range(20_000)))
    path.write_bytes(whole[: len(whole) // 2])
    found = read(path)
    assert found[0] == ("line 1", "case 0")
    assert len(found) > 1000
    assert found[-1][1] == "! the compressed data is damaged or cut off here; nothing after it is read"
    assert sum(title.startswith("!") for _, title in found) == 1


def test_positions_grow_to_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(line("a") * 5000)
    positions = [found.position for found in read_lines(path)]
    assert positions == sorted(positions)
    assert positions[-1] == path.stat().st_size


def test_reports_of_a_folder_and_of_a_list(tmp_path: Path) -> None:
    second = REPORT | {"metadata": {"report_id": "AVID-2026-R9002"}}
    (tmp_path / "b.json").write_text(json.dumps([REPORT, 7, second]))
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.json").write_text(json.dumps(REPORT))
    (tmp_path / "notes.txt").write_text("not a report")
    assert read(tmp_path, "avid") == [
        ("a.json", "! is not JSON (character 2: Expecting property name enclosed in double quotes)"),
        ("b.json, report 1", "Scanner runs any code"),
        ("b.json, report 2", "! a report must be a map of named fields"),
        ("b.json, report 3", "Scanner runs any code"),
        ("deeper/c.json", "Scanner runs any code"),
    ]


def test_a_list_of_no_reports_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    (tmp_path / "b.json").write_text(json.dumps([REPORT]))
    told = "! holds no report: its list is empty"
    assert read(tmp_path, "avid") == [("a.json", told), ("b.json, report 1", "Scanner runs any code")]
    assert read(tmp_path / "a.json", "avid") == [("a.json", told)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl.gz", line("plain"), "is not gzip, as its name says; if it is plain text, rename it."),
        ("a.csv.gz", b"title\nx\n", "is not gzip, as its name says; if it is plain text, rename it."),
        ("a.jsonl", b"PK\x03\x04\x14\x00", "is a zip archive or a spreadsheet; unpack it, or save it as CSV."),
        ("a.csv", b"PK\x03\x04\x14\x00", "is a zip archive or a spreadsheet; unpack it, or save it as CSV."),
        ("a.jsonl.gz", b"BZh91AY&SY", "is compressed with bzip2; unpack it, or use gzip."),
        ("a.jsonl", b"\xfd7zXZ\x00\x00\x04", "is compressed with xz; unpack it, or use gzip."),
        ("a.json", b"\x28\xb5\x2f\xfd\x24\x00", "is compressed with zstd; unpack it, or use gzip."),
        ("a.csv", "title\nx\n".encode("utf-16"), "is UTF-16; save it as UTF-8."),
        ("a.jsonl", b"\xfe\xff\x00{", "is UTF-16; save it as UTF-8."),
        ("a.jsonl", b"", "is empty."),
        ("a.jsonl", b"\n \r\n", "is empty."),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), "is empty."),
    ],
)
def test_a_file_of_another_kind_is_told_at_once(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    form = {".csv": "csv", ".json": "avid"}.get(path.with_suffix("").suffix or path.suffix, "jsonl")
    with pytest.raises(UnreadableSource) as error:
        read(path, form)
    assert str(error.value) == f"{path} {message}"


def test_a_table_loses_only_its_broken_rows(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(
        b"\xef\xbb\xbfTitle,summary,desk\r\n"
        b"first,one,n\r\n"
        b'"two\nlines",two,n\r\n'
        b"short,row\r\n"
        b'bad,"quote "inside,n\r\n'
        b"not \xff utf,x,n\r\n"
        b'open,"never closed,n\r\n'
        b"nul,a\x00b,n\r\n"
        b",no title,n\r\n"
        b"\r\n"
        b"last,one,n"
    )
    assert read(path, "csv") == [
        ("line 2", "first"),
        ("line 3", "two\nlines"),
        ("line 5", "! has 2 cells where the header names 3 columns"),
        ("line 6", "! ',' expected after '\"'"),
        ("line 7", "! the line is not UTF-8 (byte 5)"),
        ("line 8", "! unexpected end of data"),
        ("line 9", "! summary: contains a NUL character; remove it or attach the material as a binary file"),
        ("line 10", "! title: is missing"),
        ("line 12", "last"),
    ]


@pytest.mark.parametrize(
    ("_case", "content", "message"),
    [
        ("empty", b"", "cases.csv is empty."),
        ("no title", b"name,summary\n", "must name the columns; `title` is not among them."),
        ("twice", b"title,a,A\n", "names a column twice."),
        ("not UTF-8", b"title,\xff\n", "is no header: the line is not UTF-8 (byte 7)."),
    ],
)
def test_a_table_without_a_header(tmp_path: Path, _case: str, content: bytes, message: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableSource) as error:
        read(path, "csv")
    assert str(error.value).endswith(message)


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_folder_is_no_file(tmp_path: Path, format: str) -> None:
    with pytest.raises(UnreadableSource, match="is a folder"):
        read(tmp_path, format)


def test_a_folder_without_reports(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="holds no"):
        read(tmp_path, "avid")
