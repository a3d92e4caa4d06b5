"""Lines of a file, plain or compressed, each bounded: nothing is held in memory because a file is hostile."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ..drafts import CaseDraft
from ..limits import MAX_DRAFT_BYTES, DraftError
from ..strict_json import JsonError

MAX_LINE_BYTES = MAX_DRAFT_BYTES
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
# What a file may be instead, by its first bytes, and what to do about it.
_OTHERS = {
    b"PK\x03\x04": "is a zip archive or a spreadsheet; unpack it, or save it as CSV",
    b"BZh": "is compressed with bzip2; unpack it, or use gzip",
    b"\xfd7zXZ\x00": "is compressed with xz; unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; unpack it, or use gzip",
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
}


class UnreadableSource(Exception):
    """Why nothing can be read from a path at all."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record: where it stands, and either its draft or what is wrong with it."""

    place: str
    position: int
    size: int
    draft: CaseDraft | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its number and the position in the file that has been read so far."""

    number: int
    position: int
    data: bytes
    problem: str = ""


@contextmanager
def open_source(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """The file's bytes, decompressed if it is gzip, and how far the file itself has been read, for progress."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            head = file.read(8)
            file.seek(0)
        except OSError as error:
            raise UnreadableSource(f"{shown(path)} cannot be read: {error.strerror}.") from None
        is_gzip = head.startswith(_GZIP)
        for magic, problem in _OTHERS.items():
            if head.startswith(magic):
                raise UnreadableSource(f"{shown(path)} {problem}.")
        if path.suffix == ".gz" and head and not is_gzip:
            raise UnreadableSource(f"{shown(path)} is not gzip, as its name says; if it is plain text, rename it.")
        # Without a buffer between, tell() says what was taken from the disk.
        stream = stack.enter_context(gzip.GzipFile(fileobj=file)) if is_gzip else file
        yield cast(IO[bytes], stream), file.tell


def read_lines(path: Path, limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Line by line, without the ends of lines. A line that is too long is skipped, chunk by chunk, and told."""
    with open_source(path) as (stream, position):
        number = 0
        while True:
            number += 1
            try:
                data = stream.readline(limit + 1)
                too_long = len(data) > limit and not data.endswith(b"\n")
                if too_long:
                    _skip_line(stream, limit)
            except (OSError, EOFError, zlib.error):
                yield Line(
                    number, position(), b"", "the compressed data is damaged or cut off here; nothing after it is read"
                )
                return
            if not data:
                return
            if too_long:
                yield Line(number, position(), b"", f"the line is longer than {limit // 1024} KB")
                continue
            if number == 1:
                data = data.removeprefix(_BOM)
            yield Line(number, position(), data.rstrip(b"\r\n"))


def read_record(place: str, position: int, size: int, make: Callable[[], CaseDraft]) -> SourceRecord:
    """The record that `make` makes, or what is wrong with it."""
    try:
        return SourceRecord(place, position, size, draft=make())
    except (DraftError, JsonError) as error:
        return SourceRecord(place, position, size, problem=str(error))


def shown(path: Path) -> str:
    """A path as it can be printed anywhere, whatever bytes its name has."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _skip_line(stream: IO[bytes], limit: int) -> None:
    while (chunk := stream.readline(limit)) and not chunk.endswith(b"\n"):
        pass
