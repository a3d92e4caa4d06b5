"""Telling escalation rules that a key asks for far more than it used to."""

from datetime import date
from uuid import UUID

from hub.audit.models import Disclosure
from hub.audit.volumes import TokenVolume, unusual_volumes
from hub.escalation.models import TriggerKind
from hub.escalation.services import noticing
from tenants.actors import system_actor
from tenants.scoping import acting_as

# As many cases of one key and day are logged; a rule needs to see that it happened, not each case.
MOST_CASES = 20


def notice_unusual_volumes(tenant_id: UUID, day: date | None = None) -> int:
    """Log the tenant's own cases that a key of unusual volume has received on a day, once each; how many were logged.

    The hook for whoever watches the record: it may be called as often as wanted, in any transaction. Rules see
    `unusual_volume` on the cases; that a key read cases of other tenants is those tenants' to see in their own record.
    """
    with acting_as(system_actor(tenant_id, "unusual_volume")):
        return sum(notice_volume(tenant_id, volume) for volume in unusual_volumes(tenant_id, day))


def notice_volume(tenant_id: UUID, volume: TokenVolume) -> int:
    """The same of one key, wherever it belongs; rules see how much it did, and how unusual that is for it."""
    read = Disclosure.objects.filter(
        owner_tenant_id=tenant_id, reader_key=f"token:{volume.token_id}", occurred_at__date=volume.day
    )
    case_ids = list(dict.fromkeys(case_id for row in read.order_by("-id")[:200] for case_id in row.case_ids))
    kept = case_ids[:MOST_CASES]
    once = {case_id: f"volume:{volume.token_id.hex[-12:]}:{volume.day}:{case_id.hex[-16:]}" for case_id in kept}
    facts = {"token_operations": volume.operations, "token_score": volume.score or 0.0}
    return noticing.notice(tenant_id, kept, TriggerKind.UNUSUAL_VOLUME, once=once, further=facts)
