"""JSON read strictly: what two readers could understand differently is an error, not a guess."""

import json
from typing import Any


class JsonError(ValueError):
    """Why a text is not JSON that we take; the message quotes nothing of it."""


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text. Duplicate keys, infinite numbers, NaN and hostile depth are refused."""
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise JsonError(f"is not UTF-8 (byte {error.start + 1})") from None
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        raise JsonError(f"is not JSON (character {error.pos + 1}: {error.msg})") from None
    except RecursionError:
        raise JsonError("is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("has a map that names a key twice")
    return found


def _no_constant(_: str) -> Any:
    raise JsonError("has a number that is not finite (NaN or Infinity)")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise JsonError("has a number too large for any reader")
    return value


def _whole(digits: str) -> int:
    # Longer ones would be read in quadratic time, and nothing here could hold them.
    if len(digits) > 20:
        raise JsonError("has a whole number beyond 64 bits; write it as a string")
    return int(digits)
