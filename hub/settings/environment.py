"""Every environment variable of the hub: its type, its default, what it is for. The runbook's table comes from it."""

from typing import Any

from .values import (
    PROCESSES,
    Variable,
    archive,
    broker,
    database,
    duration,
    log_level,
    process_kind,
    seed,
    strong_secret,
    strong_secrets,
    text,
    whole_number,
    words,
    yes_or_no,
)

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
    return VARIABLES[name].read()


def read_or_none(name: str) -> Any:
    """The value of a variable that this process may do without."""
    return None if given(name) is None else read(name)


def given(name: str) -> str | None:
    """The text of a variable, or of the file that NAME_FILE names; empty is absent."""
    return VARIABLES[name].given()


def runbook_table() -> str:
    """The table of settings in deploy/README.md."""
    lines = ["| variable | what it is | default | needed by |", "|---|---|---|---|"]
    for variable in VARIABLES.values():
        default = f"`{variable.default}`" if variable.default else ""
        secret = " *Secret.*" if variable.is_secret else ""
        lines.append(f"| `{variable.name}` | {variable.meaning}{secret} | {default} | {variable.needed_by} |")
    return "\n".join(lines) + "\n"
