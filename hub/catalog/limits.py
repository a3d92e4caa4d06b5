"""How large and how deep a case may be: checked before anything is stored, so that nothing later has to guess."""

import math
import re
from typing import Any

import orjson

MAX_DRAFT_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32
MAX_KEY_CHARACTERS = 200
MAX_TITLE = 500
MAX_SUMMARY = 200_000
MAX_EVIDENCE_ITEMS = 200
MAX_TAGS = 200
MAX_TAG = 300
MAX_LIST = 200

MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+_-]*(?:\s*;\s*[a-z0-9-]+=[A-Za-z0-9._-]+)?")

_INT64 = range(-(2**63), 2**64)


class DraftError(Exception):
    """What is wrong with an input, and where it stands. The problem never quotes the input's own text."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


def canonical_bytes(value: Any) -> bytes:
    """The one JSON form of a checked value: UTF-8, sorted keys, no blanks."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def check_tree(root: Any, *, path: str = "", max_bytes: int = MAX_DRAFT_BYTES) -> None:
    """Refuse what PostgreSQL, JSON or the redaction could not hold or would have to guess about.

    It walks with a stack of its own: a hostile depth cannot exhaust Python's.
    """
    left = max_bytes
    stack: list[tuple[Any, str, int]] = [(root, path, 1)]
    while stack:
        value, where, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise DraftError(where, f"nested deeper than {MAX_DEPTH} levels; flatten it or attach it as a file")
        match value:
            case str():
                left -= check_text(value, where)
            case bool() | None:
                left -= 4
            case int():
                if value not in _INT64:
                    raise DraftError(where, "a whole number beyond 64 bits; write it as a string")
                left -= 8
            case float():
                if not math.isfinite(value):
                    raise DraftError(where, "a number that is not finite; leave it out or write it as a string")
                left -= 8
            case list() | tuple():
                left -= len(value) + 2
                if left >= 0:
                    stack.extend((item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value))
            case dict():
                left -= len(value) + 2
                if left >= 0:
                    for key, item in value.items():
                        left -= _check_key(key, where)
                        stack.append((item, join(where, key), depth + 1))
            case _:
                raise DraftError(where, f"a {type(value).__name__} is no JSON value")
        if left < 0:
            raise DraftError(path, f"larger than {max_bytes // 1024} KB; attach large material as a file")


def check_text(text: str, where: str) -> int:
    """Refuse characters that no UTF-8 text holds or PostgreSQL cannot store; answer the length in bytes."""
    if "\x00" in text:
        raise DraftError(where, "contains a NUL character; remove it or attach the material as a binary file")
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise DraftError(where, "contains half of a surrogate pair, which is no text in UTF-8") from None


def join(path: str, key: str) -> str:
    """The path of a key inside a path, short enough for a message."""
    short = key if len(key) <= 40 else key[:40] + "…"
    return f"{path}.{short}" if path else short


def _check_key(key: Any, where: str) -> int:
    if not isinstance(key, str):
        raise DraftError(where, "a map has a key that is no string")
    if len(key) > MAX_KEY_CHARACTERS:
        raise DraftError(where, f"a map has a key longer than {MAX_KEY_CHARACTERS} characters")
    return check_text(key, where)
