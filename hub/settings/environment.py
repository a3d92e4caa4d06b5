"""Every environment variable of the hub: its type, its default, what it is for. The runbook's table comes from it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


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


S3_OPTIONS = ("endpoint_url", "region_name", "addressing_style", "signature_version")


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


PROCESSES = ("web", "worker", "beat", "keeper", "command")

VARIABLES = {
    variable.name: variable
    for variable in (
        Variable(
            "DATABASE_URL", database, "PostgreSQL, logged in as `caseward_app`.", needed_by="all", is_secret=True
        ),
        Variable(
            "OWNER_DATABASE_URL",
            database,
            "The same database as `caseward_owner`; give it to `migrate` and `restore` alone.",
            needed_by="migrate, restore",
            is_secret=True,
        ),
        Variable(
            "KEEPER_DATABASE_URL",
            database,
            "The same database as `caseward_keeper`; give it to the keeper alone.",
            needed_by="keeper",
            is_secret=True,
        ),
        Variable(
            "AUDITOR_DATABASE_URL",
            database,
            "The same database as `caseward_auditor`, for reading the access record with other tools.",
            is_secret=True,
        ),
        Variable(
            "BACKUP_DATABASE_URL",
            database,
            "The same database as `caseward_backup`; give it to `backup` alone.",
            needed_by="backup",
            is_secret=True,
        ),
        Variable("BROKER_URL", broker, "Valkey or Redis, for Celery's nudges.", needed_by="all", is_secret=True),
        Variable("SECRET_KEY", strong_secret, "Signs sessions, cursors and links.", needed_by="all", is_secret=True),
        Variable(
            "SECRET_KEY_FALLBACKS",
            strong_secrets,
            "Former values of SECRET_KEY, separated by commas, which still verify what they signed.",
            default="",
            is_secret=True,
        ),
        Variable(
            "KEY_ENCRYPTION_KEY",
            strong_secret,
            "Seals the keys of audiences and the secrets of receivers. Lost, no projection can be made again under the "
            "same pseudonyms.",
            needed_by="all",
            is_secret=True,
        ),
        Variable(
            "KEY_ENCRYPTION_KEY_FALLBACKS",
            strong_secrets,
            "Former values of KEY_ENCRYPTION_KEY, separated by commas, which still open what they sealed.",
            default="",
            is_secret=True,
        ),
        Variable(
            "AUDIT_SIGNING_SEED",
            seed,
            "Seed of the Ed25519 key that signs checkpoints of the access record; give it to the keeper alone.",
            needed_by="keeper",
            is_secret=True,
        ),
        Variable(
            "AUDIT_FORMER_VERIFIERS",
            words,
            "Verifier keys of AUDIT_SIGNING_SEEDs that were replaced, oldest first, separated by commas; not secret.",
            default="",
        ),
        Variable(
            "GATE_SIGNING_SEED",
            seed,
            "Seed of the Ed25519 key that signs verdicts of the release gate; without it the gate does not answer.",
            is_secret=True,
        ),
        Variable(
            "CASEWARD_ORIGIN",
            text,
            "Name of this hub's log in its checkpoints; choose it once, for example the hub's host name.",
            default="caseward",
        ),
        Variable(
            "CASEWARD_WITNESS_FILE",
            text,
            "File to which the keeper appends every signed checkpoint; best on another machine's disk.",
            default="",
        ),
        Variable(
            "CASEWARD_LEDGER_FILE",
            text,
            "File to which workers append what was disposed of and held, for `restore --ledger`; best on another "
            "machine's disk, and never restored with the database.",
            default="",
        ),
        Variable(
            "AUDIT_KEEP",
            duration,
            "Least time that events are kept (ISO 8601); a tenant's longer rule or a legal hold prolongs it.",
            default="P7Y",
        ),
        Variable("ALLOWED_HOSTS", words, "Host names that the hub answers to, separated by commas.", needed_by="web"),
        Variable(
            "CSRF_TRUSTED_ORIGINS", words, "Origins such as `https` + host that forms may come from.", default=""
        ),
        Variable(
            "CASEWARD_TRUSTED_PROXIES",
            whole_number,
            "How many proxies stand in front and write X-Forwarded-For and X-Forwarded-Proto.",
            default="0",
        ),
        Variable("SECURE_SSL_REDIRECT", yes_or_no, "Send plain HTTP to HTTPS.", default="1"),
        Variable(
            "SECURE_HSTS_SECONDS", whole_number, "How long browsers insist on HTTPS.", default=str(365 * 24 * 3600)
        ),
        Variable("SESSION_HOURS", whole_number, "How long a sign-in lasts.", default="8"),
        Variable("CASEWARD_PROCESS", process_kind, f"What this process is: {', '.join(PROCESSES)}.", default="command"),
        Variable("DATABASE_POOL_SIZE", whole_number, "Most connections of one web process.", default="8"),
        Variable(
            "STATEMENT_TIMEOUT_SECONDS", whole_number, "PostgreSQL ends a web statement after this.", default="15"
        ),
        Variable("MAX_REQUEST_MEGABYTES", whole_number, "Largest request body, uploads apart.", default="2"),
        Variable(
            "RATE_LIMIT_PER_MINUTE", whole_number, "Most GraphQL requests of one token, or of one person, in a minute.",
            default="12000",
        ),
        Variable(
            "DAILY_COST_BUDGET", whole_number, "Most that the GraphQL requests of one token or person cost in a day.",
            default="50000000",
        ),
        Variable("METRICS_TOKEN", text, "Whoever shows this reads `/metrics`; empty: nobody.", default="",
                 is_secret=True),
        Variable("EVIDENCE_MAX_MEGABYTES", whole_number, "Largest file that may be attached to a case.", default="25"),
        Variable(
            "OUTGOING_ALLOWED_HOSTS",
            words,
            "Hosts inside private networks that the hub may connect to, by name and separated by commas; "
            "these alone may be reached without TLS.",
            default="",
        ),
        Variable(
            "OUTGOING_CA_FILE",
            text,
            "PEM file of certificate authorities that outgoing connections trust beside the public ones.",
            default="",
        ),
        Variable(
            "DELIVERY_TIMEOUT_SECONDS", whole_number, "Longest that one outgoing delivery may take; at most 60.",
            default="15",
        ),
        Variable(
            "DELIVERY_FIRST_WAIT_SECONDS", whole_number,
            "Wait after a first failed delivery; later ones are four times as long each, up to six hours.",
            default="5",
        ),
        Variable(
            "MIRROR_COMPARE_SECONDS", whole_number,
            "How often a ticket is compared with the other system that it is mirrored to; done ones once a day.",
            default="300",
        ),
        Variable(
            "RECALL_ACKNOWLEDGE_DAYS", whole_number,
            "How long a recipient has to acknowledge that a case was recalled, before rules see it as overdue.",
            default="7",
        ),
        Variable(
            "CASEWARD_PROOF_URL",
            text,
            "Address at which workers ask this hub's own API for the proof of isolation, e.g. the public one; a host "
            "in a private network must be in OUTGOING_ALLOWED_HOSTS. Empty: no proof, and auditors are told so.",
            default="",
        ),
        Variable(
            "CASEWARD_PROOF_MINUTES", whole_number, "Minutes from one proof of isolation to the next.", default="60"
        ),
        Variable("CASEWARD_PUBLIC_URL", text, "Address of this hub for links in what leaves it.", default=""),
        Variable("EMAIL_HOST", text, "Mail server for destinations of the kind e-mail; empty: none.", default=""),
        Variable("EMAIL_PORT", whole_number, "Its port.", default="587"),
        Variable("EMAIL_HOST_USER", text, "Its account.", default=""),
        Variable("EMAIL_HOST_PASSWORD", text, "The account's password.", default="", is_secret=True),
        Variable("EMAIL_USE_TLS", yes_or_no, "Speak STARTTLS with it.", default="1"),
        Variable("EMAIL_FROM", text, "Sender of the hub's e-mail.", default="caseward@localhost"),
        Variable(
            "ARCHIVE_URL",
            archive,
            "Where rules archive to: `file:///folder`, or `s3://bucket/prefix` with `?endpoint_url=…&region_name=…`, "
            "credentials as boto3 finds them. Empty: what a rule archives first is kept.",
            default="",
        ),
        Variable("STATIC_ROOT", text, "Where `collectstatic` puts files.", default=""),
        Variable("LOG_LEVEL", log_level, "Least level that is logged.", default="INFO"),
        Variable(
            "CASEWARD_STATE",
            text,
            "Folder of the embedded servers and of locally made secrets (`.caseward` in the checkout).",
            default="",
        ),
        Variable(
            "CASEWARD_SERVICE_USER",
            text,
            "Account that the embedded servers run under when started as root (`postgres`, else `nobody`).",
            default="",
        ),
        Variable("CASEWARD_BOOTSTRAP", yes_or_no, "0: do not make or update `.venv`.", default="1"),
    )
}  # fmt: skip


def read(name: str) -> Any:
    """The value of a variable; a missing or malformed one is an error that names it."""
    variable = VARIABLES[name]
    value = given(name)
    if value is None:
        if variable.default is None:
            raise SettingsError(f"The environment variable {name} is missing. {variable.meaning}")
        value = variable.default
    try:
        return variable.parse(value) if value or variable.default is None else _empty(variable)
    except ValueError as error:
        raise SettingsError(f"The environment variable {name} is not {error}.") from None


def read_or_none(name: str) -> Any:
    """The value of a variable that this process may do without."""
    return None if given(name) is None else read(name)


def given(name: str) -> str | None:
    """The text of a variable, or of the file that NAME_FILE names (a container secret); empty is absent."""
    value = os.environ.get(name)
    file = os.environ.get(f"{name}_FILE")
    if not value and file and VARIABLES[name].is_secret:
        try:
            value = Path(file).read_text().strip()
        except OSError as error:
            raise SettingsError(f"The file that {name}_FILE names cannot be read: {error.strerror}.") from None
    return value or None


def runbook_table() -> str:
    """The table of settings in deploy/README.md."""
    lines = ["| variable | what it is | default | needed by |", "|---|---|---|---|"]
    for variable in VARIABLES.values():
        default = f"`{variable.default}`" if variable.default else ""
        secret = " *Secret.*" if variable.is_secret else ""
        lines.append(f"| `{variable.name}` | {variable.meaning}{secret} | {default} | {variable.needed_by} |")
    return "\n".join(lines) + "\n"


def _empty(variable: Variable) -> Any:
    return [] if variable.parse in (words, strong_secrets) else variable.parse("")
