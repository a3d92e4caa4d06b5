"""Canonical JSON and salted commitments: what the keeper hashes, byte for byte, on every machine."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case float():
            raise TypeError("An access event holds no floating-point number: its text form differs between programs.")
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            raise TypeError(f"An access event cannot hold a {type(value).__name__}.")


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON with sorted keys and no blanks (RFC 8785 for the strings, integers, lists and maps we allow)."""
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def stored_json(value: Mapping[str, Any]) -> bytes:
    """The same bytes, quickly, for rows that come from the database: what they hold was checked when it was written."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def commit_to(value: str) -> tuple[str, str]:
    """A fresh salt and the commitment HMAC-SHA-256(salt, value), both hexadecimal."""
    salt = secrets.token_hex(32)
    return salt, commitment_of(value, salt)


def commitment_of(value: str, salt: str) -> str:
    """The commitment of a value under a known salt, for checking."""
    return hmac.new(bytes.fromhex(salt), value.encode(), hashlib.sha256).hexdigest()
