"""Exports of the access record: page after page, each page's event committed before its bytes leave."""

import csv
import io
from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from hub.audit.actions import AuditAction
from hub.audit.leaves import DISCLOSURE_COLUMNS, EVENT_COLUMNS
from hub.audit.ocsf import from_disclosure, from_event
from hub.audit.queries import DisclosureFilter, EventFilter, disclosures_of_owner, events_of_tenant
from hub.audit.recording import record
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import refuse
from tenants.roles import Action
from tenants.scoping import acting_as

from .outcomes import Refusal

PAGE = 1_000


class ExportFormat(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"
    OCSF = "ocsf"


class ExportSubject(StrEnum):
    """What an export holds: what the tenant's people did, or who read the tenant's cases."""

    EVENTS = "events"
    DISCLOSURES = "disclosures"


def export_page(
    actor: Actor,
    *,
    subject: ExportSubject,
    form: ExportFormat,
    after: UUID | None = None,
    size: int = PAGE,
    events: EventFilter = EventFilter(),  # noqa: B008 - a frozen value
    disclosures: DisclosureFilter = DisclosureFilter(),  # noqa: B008 - a frozen value
) -> tuple[bytes, UUID | None] | Refusal:
    """One page, newest first, and where the next one starts (None: this was the last). Records the pull."""
    decision = permissions.decide(actor, Action.EXPORT_AUDIT, on=None)
    if not decision.allowed or actor.tenant_id is None:
        decision = decision if not decision.allowed else refuse("no_tenant")
        record(actor, AuditAction.AUDIT_EXPORT, f"{subject}:", decision)
        return Refusal(decision.basis)
    rows: Any
    columns: tuple[str, ...]
    if subject is ExportSubject.EVENTS:
        rows, columns = events_of_tenant(actor.tenant_id, events), EVENT_COLUMNS
    else:
        rows, columns = disclosures_of_owner(actor.tenant_id, disclosures), DISCLOSURE_COLUMNS
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.values(*columns)[: size + 1])
    more, found = len(found) > size, found[:size]
    record(actor, AuditAction.AUDIT_EXPORT, f"{subject}:", decision, count=len(found), form=form.value)
    match form:
        case ExportFormat.JSONL:
            written = _jsonl(found)
        case ExportFormat.OCSF:
            written = _jsonl(
                [from_event(row) if subject is ExportSubject.EVENTS else from_disclosure(row) for row in found]
            )
        case ExportFormat.CSV:
            written = _csv(found, columns, with_head=after is None)
    return written, found[-1]["id"] if more else None


def export_pages(
    actor: Actor, *, subject: ExportSubject, form: ExportFormat, after: UUID | None = None
) -> Iterator[bytes | Refusal]:
    """The whole export; each page is a transaction of its own, committed before the page is handed on."""
    while True:
        with acting_as(actor, durable=True):
            page = export_page(actor, subject=subject, form=form, after=after)
        if isinstance(page, Refusal):
            yield page
            return
        written, after = page
        yield written
        if after is None:
            return


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for row in rows)


def _csv(rows: list[dict[str, Any]], columns: tuple[str, ...], *, with_head: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if with_head:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode().strip('"') if value is not None else ""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
