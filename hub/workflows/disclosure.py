"""Letting content out: decide, read, record, answer. What is not on record does not leave."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import DisclosedRow, record
from hub.catalog import queries as catalog
from hub.catalog.models import Case
from hub.sharing.counting import count_visible
from hub.sharing.models import Receipt
from hub.sharing.shapes import CaseFilter, CaseOrder, PageRequest, SharedCase, SharedPage, read_page
from tenants.actors import Actor, RawReach
from tenants.decisions import Decision, allow, refuse
from tenants.identifiers import new_id
from tenants.roles import Action

from .outcomes import Refusal

_PUBLIC_ID = re.compile(r"c_[a-z2-7]{26}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of shared cases; `total` only when it was asked for."""

    page: SharedPage
    total: int | None


@dataclass(frozen=True, slots=True)
class RawDisclosure:
    """The raw document of one case, and the right it was read by."""

    case_id: UUID
    version: int
    document: dict[str, Any]
    basis: str


def disclose_case(actor: Actor, *, public_id: str, fields: Sequence[str]) -> SharedCase | Refusal:
    """One case as far as it is shared with the actor. Unknown and unshared take the same way and look alike."""
    sought = readable_id(public_id)
    page = read_page(actor, CaseFilter(public_ids=(sought,)), CaseOrder.NEWEST, PageRequest(first=1))
    if not page.rows:
        decision = refuse("not_available")
        record(actor, AuditAction.CASE_READ, f"shared_case:{sought}", decision)
        return Refusal(decision.basis)
    record_rows(actor, AuditAction.CASE_READ, f"shared_case:{sought}", page.rows, fields)
    return page.rows[0]


def readable_id(public_id: str) -> str:
    """An id as it may stand on record: what has not the form of one may be anything."""
    return public_id if _PUBLIC_ID.fullmatch(public_id) else "malformed"


def disclose_cases(
    actor: Actor,
    *,
    condition: CaseFilter,
    order: CaseOrder,
    page: PageRequest,
    fields: Sequence[str],
    with_total: bool = False,
    with_highlights: bool = False,
) -> CasePage | Refusal:
    """A page of what is shared with the actor; every page is an event of its own."""
    decision = decide_reading(actor)
    if not decision.allowed:
        record(actor, AuditAction.CASE_LIST, "shared_cases:", decision)
        return Refusal(decision.basis)
    found = read_page(actor, condition, order, page, with_highlights=with_highlights)
    total = count_visible(actor, condition) if with_total else None
    record_rows(actor, AuditAction.CASE_LIST, "shared_cases:", found.rows, fields)
    return CasePage(found, total)


def count_shared(actor: Actor) -> int:
    """How many cases the actor may list, beside a page that is on record already."""
    return count_visible(actor, CaseFilter())


def decide_reading(actor: Actor) -> Decision:
    """Whether the actor reads shared cases at all; which ones is `visible_projections`."""
    if actor.tenant_id is None:
        return refuse("no_tenant")
    if not actor.in_scope(Action.READ_SHARED):
        return refuse("scope_missing:read")
    role = next((role for team in actor.team_ids if (role := actor.role_for(Action.READ_SHARED, team))), None)
    return allow(f"role:{role}") if role else refuse("no_role")


def disclose_raw(actor: Actor, *, case_id: UUID) -> RawDisclosure | Refusal:
    """The raw document of a case of one's own team, or under a named permission or break-glass.

    PostgreSQL shows raw rows by the same rights. Asked here once more, they hold without it, and the record has the
    one that opened the case.
    """
    case = catalog.find_case(case_id)
    version = catalog.current_version(case) if case else None
    document = catalog.raw_document(version) if version else None
    basis = raw_basis(actor, case) if case and document is not None else None
    if case is None or version is None or document is None or basis is None:
        decision = refuse("not_available")
        record(actor, AuditAction.CASE_READ_RAW, f"case:{case_id}", decision)
        return Refusal(decision.basis)
    decision = allow(basis)
    row = DisclosedRow(case.tenant_id, case.team_id, case.pk)
    record(
        actor, AuditAction.CASE_READ_RAW, f"case:{case_id}", decision,
        disclosed=[row], fields=["raw"], is_raw=True, version=version.number,
    )  # fmt: skip
    return RawDisclosure(case.pk, version.number, document, decision.basis)


def raw_basis(actor: Actor, case: Case) -> str | None:
    """The right by which the actor reads this case's raw, if he has one: his role, his name on it, or break-glass."""
    if actor.tenant_id != case.tenant_id:
        return None
    if actor.in_scope(Action.READ_RAW):
        role = actor.role_for(Action.READ_RAW, case.team_id)
        if role is not None and (not case.is_restricted or actor.raw_reach is RawReach.TENANT):
            return f"role:{role}"
        if actor.raw_reach is not RawReach.NONE and actor.user_id and catalog.is_named(case, actor.user_id):
            return "named"
    # It ends with the role it was opened by, and serves no token that could not have opened it.
    if actor.user_id is None or not actor.in_scope(Action.BREAK_GLASS) or not actor.role_anywhere(Action.BREAK_GLASS):
        return None
    opened = catalog.find_open_break_glass(case.pk, actor.user_id)
    return f"break_glass:{opened.pk}" if opened else None


def record_rows(
    actor: Actor, action: AuditAction, target: str, rows: Iterable[SharedCase], fields: Sequence[str], **detail: Any
) -> None:
    """The event of rows that leave, and their receipts."""
    rows = list(rows)
    grants = sorted({str(row.grant_id) for row in rows if row.grant_id})
    basis = f"grant:{grants[0]}" if len(grants) == 1 else "grants" if grants else "own_team"
    record(
        actor, action, target, allow(basis if rows else "nothing_to_show"),
        disclosed=[
            DisclosedRow(row.owner_tenant_id, row.owner_team_id, row.case_id, row.grant_id,
                         row.profile_policy_version_id)
            for row in rows
        ],
        fields=fields, count=len(rows), **detail,
    )  # fmt: skip
    _write_receipts(actor, rows)


def _write_receipts(actor: Actor, rows: Iterable[SharedCase]) -> None:
    """A recipient's first read of each case, in the read's own transaction; later reads change nothing."""
    if actor.tenant_id is None:
        return
    now = timezone.now()
    team_id = actor.team_ids[0] if len(actor.team_ids) == 1 else None
    Receipt.objects.bulk_create(
        [
            Receipt(
                id=new_id(),
                tenant_id=row.owner_tenant_id,
                recipient_tenant_id=actor.tenant_id,
                recipient_team_id=team_id,
                case_id=row.case_id,
                projection_id=row.projection_id,
                public_id=row.public_id,
                grant_id=row.grant_id,
                first_read_at=now,
            )
            for row in rows
            if row.grant_id is not None
        ],
        ignore_conflicts=True,
    )
