"""Telling escalation rules of recalled cases that a recipient should have acknowledged by now."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from hub.catalog.models import Case
from hub.escalation.models import TriggerKind
from hub.escalation.services import noticing
from hub.escalation.services.noticing import ESCALATION
from hub.sharing.holdings import unacknowledged
from tenants.work import note_work

# What was withdrawn longer ago than this was looked at often enough.
LOOKED_BACK = timedelta(days=365)


def notice_overdue_recalls(tenant_id: UUID) -> int:
    """Log each recalled case that a recipient should have acknowledged by now, once; a rule says what follows.

    Part of each run of a tenant's rules; the next look is noted for when the next recall is due.
    """
    now, patience = timezone.now(), timedelta(days=settings.CASEWARD_RECALL_ACKNOWLEDGE_DAYS)
    withdrawn = Case.objects.filter(tenant_id=tenant_id, withdrawn_at__gt=now - LOOKED_BACK)
    overdue = unacknowledged(tenant_id, withdrawn.filter(withdrawn_at__lte=now - patience).values_list("pk", flat=True))
    count = noticing.notice(
        tenant_id, overdue, TriggerKind.RECALL_OVERDUE, once={case_id: f"recall:{case_id}" for case_id in overdue}
    )
    upcoming = withdrawn.filter(withdrawn_at__gt=now - patience).order_by("withdrawn_at")
    first = upcoming.values_list("withdrawn_at", flat=True).first()
    if first is not None:
        note_work(tenant_id, ESCALATION, first + patience)
    return count
