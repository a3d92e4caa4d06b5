"""Recalled cases at their recipients: each says that it holds nothing more of them."""

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.sharing.models import RecallAcknowledgement
from tenants.actors import Actor, system_actor
from tenants.decisions import allow, refuse
from tenants.identifiers import new_id
from tenants.scoping import acting_as

from .disclosure import decide_reading, readable_id
from .leak_reports import held_by_receipt
from .outcomes import Done, Refusal

PROCESS = "recalls"


def acknowledge_recall(actor: Actor, *, public_id: str) -> Done | Refusal:
    """Say for one's team that it holds nothing more of a recalled case; only a receipt's holder learns of a recall."""
    target = f"shared_case:{readable_id(public_id)}"
    decision = decide_reading(actor)
    receipt = held_by_receipt(actor, readable_id(public_id)) if decision.allowed else None
    if receipt is None or actor.tenant_id is None:
        record(actor, AuditAction.RECALL_ACKNOWLEDGE, target, refuse("not_available"))
        return Refusal("not_available")
    system = system_actor(receipt.tenant_id, PROCESS)
    with transaction.atomic():
        with acting_as(system):
            is_recalled = not Case.objects.filter(pk=receipt.case_id, withdrawn_at__isnull=True).exists()
            if is_recalled:
                row = RecallAcknowledgement(
                    id=new_id(), tenant_id=receipt.tenant_id, case_id=receipt.case_id,
                    recipient_tenant_id=receipt.recipient_tenant_id, recipient_team_id=receipt.recipient_team_id,
                    acknowledged_by=actor.person_key,
                )  # fmt: skip
                RecallAcknowledgement.objects.bulk_create([row], ignore_conflicts=True)
                record(
                    system, AuditAction.RECALL_ACKNOWLEDGE, f"case:{receipt.case_id}", allow(f"system:{PROCESS}"),
                    recipient_tenant=receipt.recipient_tenant_id, recipient_team=receipt.recipient_team_id,
                )  # fmt: skip
        answer = allow("receipt") if is_recalled else refuse("not_available")
        record(actor, AuditAction.RECALL_ACKNOWLEDGE, target, answer)
    return Done() if is_recalled else Refusal("not_available")
