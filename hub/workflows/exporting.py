"""Exports of the access record: page after page, each page's event committed before its bytes leave.

The event of a page names the SHA-256 of its bytes; that of the last page also the one of all of them. The keeper seals
these events, so whoever holds a file can show that it is what the hub gave out.
"""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from hub.audit.actions import AuditAction
from hub.audit.leaves import DISCLOSURE_COLUMNS, EVENT_COLUMNS
from hub.audit.ocsf import from_disclosure, from_event
from hub.audit.queries import DisclosureFilter, EventFilter, audits_something, disclosures_seen_by, events_seen_by
from hub.audit.recording import record
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import Decision, refuse
from tenants.identifiers import new_id
from tenants.roles import Action
from tenants.scoping import acting_as

from .outcomes import Refusal

PAGE = 1_000
# What begins a formula in one spreadsheet or another; the wide forms are folded into these by NFKC.
FORMULA = frozenset("=+-@|%")


class ExportFormat(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"
    OCSF = "ocsf"


CONTENT_TYPES = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.OCSF: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8",
}


class ExportSubject(StrEnum):
    """What an export holds: what the tenant's people did, or who read the tenant's cases."""

    EVENTS = "events"
    DISCLOSURES = "disclosures"


class ExportEnded(Exception):
    """The right to export ended while an export was running; what has left is on record."""


def decide_export(actor: Actor, subject: ExportSubject, form: str) -> Refusal | None:
    """Whether an export may begin; a refusal is on record."""
    decision = _decide(actor)
    if decision.allowed:
        return None
    record(actor, AuditAction.AUDIT_EXPORT, f"{subject}:", decision, form=form)
    return Refusal(decision.basis)


def export_page(
    actor: Actor,
    *,
    subject: ExportSubject,
    form: ExportFormat,
    after: UUID | None = None,
    size: int = PAGE,
    events: EventFilter = EventFilter(),  # noqa: B008 - a frozen value
    disclosures: DisclosureFilter = DisclosureFilter(),  # noqa: B008 - a frozen value
    export: "RunningExport | None" = None,
) -> tuple[bytes, UUID | None] | Refusal:
    """One page, newest first, and where the next one starts (None: this was the last). Records the pull."""
    decision = _decide(actor)
    if not decision.allowed:
        record(actor, AuditAction.AUDIT_EXPORT, f"{subject}:", decision, form=form.value)
        return Refusal(decision.basis)
    export = export or RunningExport()
    rows: Any
    columns: tuple[str, ...]
    if subject is ExportSubject.EVENTS:
        rows, columns = events_seen_by(actor, events), EVENT_COLUMNS
    else:
        rows, columns = disclosures_seen_by(actor, disclosures), DISCLOSURE_COLUMNS
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.values(*columns)[: size + 1])
    more, found = len(found) > size, found[:size]
    match form:
        case ExportFormat.JSONL:
            written = _jsonl(found)
        case ExportFormat.OCSF:
            written = _jsonl(
                [from_event(row) if subject is ExportSubject.EVENTS else from_disclosure(row) for row in found]
            )
        case ExportFormat.CSV:
            written = csv_lines([[row[column] for column in columns] for row in found], None if after else columns)
    detail = export.add(written, len(found), is_last=not more)
    record(actor, AuditAction.AUDIT_EXPORT, f"{subject}:", decision, count=len(found), form=form.value, **detail)
    return written, found[-1]["id"] if more else None


class RunningExport:
    """An export that is being written: its id, how many rows it has given out, and the digest of its bytes."""

    def __init__(self) -> None:
        self.id = new_id()
        self.rows = self.pages = 0
        self.digest = hashlib.sha256()

    def add(self, written: bytes, count: int, *, is_last: bool) -> dict[str, Any]:
        """Count a page; what its event says of it."""
        self.digest.update(written)
        self.rows += count
        self.pages += 1
        detail: dict[str, Any] = {
            "export": str(self.id), "page": self.pages, "sha256": hashlib.sha256(written).hexdigest()
        }  # fmt: skip
        return detail | {"rows": self.rows, "sha256_of_all": self.digest.hexdigest()} if is_last else detail


def export_pages(
    actor: Actor,
    *,
    subject: ExportSubject,
    form: ExportFormat,
    after: UUID | None = None,
    events: EventFilter = EventFilter(),  # noqa: B008 - a frozen value
    disclosures: DisclosureFilter = DisclosureFilter(),  # noqa: B008 - a frozen value
) -> Iterator[bytes | Refusal]:
    """The whole export; each page is a transaction of its own, committed before the page is handed on."""
    export = RunningExport()
    while True:
        with acting_as(actor, durable=True):
            page = export_page(
                actor, subject=subject, form=form, after=after, events=events, disclosures=disclosures, export=export
            )
        if isinstance(page, Refusal):
            yield page
            return
        written, after = page
        yield written
        if after is None:
            return


def stream(pages: Iterator[bytes | Refusal]) -> Iterator[bytes]:
    """The pages of an export as an answer's body; it breaks off where the right to it ends."""
    for page in pages:
        if isinstance(page, Refusal):
            raise ExportEnded(page.basis)
        yield page


def _decide(actor: Actor) -> Decision:
    decision = permissions.decide(actor, Action.EXPORT_AUDIT, on=None)
    return refuse("no_tenant") if decision.allowed and not audits_something(actor) else decision


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for row in rows)


def csv_lines(rows: list[list[Any]], head: tuple[str, ...] | None) -> bytes:
    """Rows as CSV, of which no spreadsheet takes a cell for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if head:
        writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode().strip('"') if value is not None else ""
    return f"'{text}" if _may_run(text) else text


def _may_run(text: str) -> bool:
    """Whether a spreadsheet could read it as a formula: also behind blanks and invisible signs, and in wide forms."""
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    for sign in text:
        if sign.isspace() or unicodedata.category(sign) in {"Cf", "Cc", "Zs", "Mn"}:
            continue
        return unicodedata.normalize("NFKC", sign)[:1] in FORMULA or sign == "\N{MINUS SIGN}"
    return False
