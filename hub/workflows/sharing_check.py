"""The slow check of a tenant's sharing: whatever an earlier step has missed is found again, at least every hour."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from hub.sharing.background import SHARING_CHECK
from hub.sharing.services.covering import cover_tenant
from hub.sharing.services.leasing import mark_stale
from hub.sharing.services.requesting import request_for_tenant
from redaction import engine_fingerprint
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tenants.work import DueWork, clear_work, due_work, note_work

from .volume_alerts import VOLUMES

EVERY = timedelta(hours=1)


def check_sharing() -> int:
    """Check every tenant whose check is due; the number of tenants."""
    with transaction.atomic(durable=True):
        due = due_work(SHARING_CHECK)
    for work in due:
        check_tenant(work)
    return len(due)


def check_tenant(work: DueWork) -> None:
    """Cover and request what is lacking, have built again what an older engine built, and note the next check.

    An upgraded worker finds an older engine's projections within the hour; two engines side by side, as during an
    upgrade, rebuild each other's work at most once an hour.
    """
    actor = system_actor(work.tenant_id, SHARING_CHECK)
    with acting_as(actor, durable=True):
        cover_tenant(work.tenant_id)
        mark_stale(work.tenant_id, engine_fingerprint())
        request_for_tenant(work.tenant_id)
        note_work(work.tenant_id, SHARING_CHECK, timezone.now() + EVERY)
        # Tokens that came to work since are looked at from now on.
        note_work(work.tenant_id, VOLUMES)
        clear_work(work.note_ids)
