"""How a value of the environment is read and checked: from which text, as what type, and how an error names it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PROCESSES = ("web", "worker", "beat", "keeper", "command")
S3_OPTIONS = ("endpoint_url", "region_name", "addressing_style", "signature_version")


class SettingsError(ImproperlyConfigured):
    """A variable is missing or unusable; the message names it and says what it should be, never what it was."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable."""

    name: str
    parse: Callable[[str], Any]
    meaning: str
    default: str | None = None
    needed_by: str = ""  # which processes cannot do without it in production
    is_secret: bool = False

    def read(self) -> Any:
        """The value; a missing or malformed one is an error that names the variable."""
        value = self.given()
        if value is None:
            if self.default is None:
                raise SettingsError(f"The environment variable {self.name} is missing. {self.meaning}")
            value = self.default
        try:
            return self.parse(value)
        except ValueError as error:
            raise SettingsError(f"The environment variable {self.name} is not {error}.") from None

    def given(self) -> str | None:
        """The text, or that of the file which NAME_FILE names (a container secret); empty is absent."""
        value = os.environ.get(self.name)
        file = os.environ.get(f"{self.name}_FILE")
        if not value and file and self.is_secret:
            try:
                value = Path(file).read_text().strip()
            except OSError as error:
                raise SettingsError(f"The file that {self.name}_FILE names cannot be read: {error.strerror}.") from None
        return value or None


def text(value: str) -> str:
    """Any text."""
    return value


def whole_number(value: str) -> int:
    """A whole number, zero or more."""
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise ValueError("a whole number")
    return int(value)


def yes_or_no(value: str) -> bool:
    """1/0, true/false, yes/no, on/off."""
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in known:
        raise ValueError("1 or 0")
    return known[value.lower()]


def words(value: str) -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in value.split(",") if word.strip()]


def strong_secret(value: str) -> str:
    """At least 50 characters, and not one character over and over."""
    if len(value) < 50 or len(set(value)) < 10:
        raise ValueError("random text of at least 50 characters")
    return value


def strong_secrets(value: str) -> list[str]:
    """Several secrets, separated by commas."""
    return [strong_secret(word) for word in words(value)]


def seed(value: str) -> str:
    """32 random bytes in hexadecimal."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise ValueError("64 hexadecimal digits (32 random bytes)")
    return value


def process_kind(value: str) -> str:
    """What this process is."""
    if value not in PROCESSES:
        raise ValueError(f"one of {', '.join(PROCESSES)}")
    return value


def duration(value: str) -> str:
    """An ISO 8601 duration in whole units."""
    if not re.fullmatch(r"P(?!$)([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}W)?([0-9]{1,5}D)?", value):
        raise ValueError("an ISO 8601 duration such as P7Y")
    return value


def log_level(value: str) -> str:
    """A level of Python's logging."""
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError("one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return value.upper()


def broker(value: str) -> str:
    """redis://…, rediss://… or redis+socket:///…"""
    if urlsplit(value).scheme not in {"redis", "rediss", "redis+socket"}:
        raise ValueError("a redis://, rediss:// or redis+socket:// URL of Valkey or Redis")
    return value


def database(value: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name?option=value, as libpq reads it; `host` may be a socket folder."""
    parts = urlsplit(value)
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name:
        raise ValueError("a URL like postgresql://user:password@host:5432/caseward")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("a URL like postgresql://user:password@host:5432/caseward") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(port or "")),
        "OPTIONS": options,
    }


def archive(value: str) -> dict[str, Any]:
    """file:///folder or s3://bucket/prefix?region_name=…, as Django's STORAGES writes it, without credentials."""
    if not value:
        return {}
    parts, wrong = urlsplit(value), ValueError("a URL like file:///folder or s3://bucket/prefix?region_name=eu-west-1")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme == "file" and parts.path.strip("/") and not parts.netloc and not options:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": unquote(parts.path),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    if parts.scheme == "s3" and parts.hostname and not parts.username and set(options) <= set(S3_OPTIONS):
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": parts.netloc,
                "location": unquote(parts.path).strip("/"),
                "file_overwrite": False,
                "default_acl": None,
                **options,
            },
        }
    raise wrong
