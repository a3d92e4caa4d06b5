"""Reading back what was archived: by the rights that opened the raw text when it was still here, and on record."""

from dataclasses import dataclass
from uuid import UUID

from hub.audit.actions import AuditAction
from hub.audit.recording import DisclosedRow, record
from hub.catalog import queries as catalog
from hub.retention.models import ArchivedItem
from hub.retention.services import archiving
from tenants.actors import Actor, system_actor
from tenants.decisions import allow, refuse
from tenants.scoping import acting_as

from .disclosure import raw_basis
from .outcomes import Invalid, Refusal

PROCESS = "archive"


@dataclass(frozen=True, slots=True)
class ArchivedDisclosure:
    """An item as it was before it was purged."""

    item_id: UUID
    case_id: UUID
    track: str
    content: bytes


def disclose_archived(actor: Actor, *, item_id: UUID) -> ArchivedDisclosure | Refusal | Invalid:
    """The content of an archived item of a case that the actor may read raw."""
    item = None
    if actor.tenant_id is not None:
        # Keys are read by background work alone; whether this actor gets the content is decided below.
        with acting_as(system_actor(actor.tenant_id, PROCESS)):
            item = ArchivedItem.objects.filter(tenant_id=actor.tenant_id, pk=item_id).first()
    case = catalog.find_case(item.case_id) if item else None
    basis = raw_basis(actor, case) if case else None
    if item is None or case is None or basis is None:
        decision = refuse("not_available")
        record(actor, AuditAction.CASE_READ_RAW, f"archived_item:{item_id}", decision)
        return Refusal(decision.basis)
    try:
        content = archiving.open_item(item)
    except archiving.ArchiveFailed as error:
        record(actor, AuditAction.CASE_READ_RAW, f"archived_item:{item_id}", allow(basis), failed=True)
        return Invalid.because("item_id", str(error))
    record(
        actor, AuditAction.CASE_READ_RAW, f"archived_item:{item_id}", allow(basis),
        disclosed=[DisclosedRow(case.tenant_id, case.team_id, case.pk)], fields=["archived"], is_raw=True,
        track=item.track,
    )  # fmt: skip
    return ArchivedDisclosure(item.pk, case.pk, item.track, content)
