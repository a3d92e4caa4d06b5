"""Notes that a tenant has background work: how sweeps find it without seeing into any tenant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from .models import TenantWork


@dataclass(frozen=True, slots=True)
class DueWork:
    """One tenant with due work of a kind, and the notes that say so."""

    tenant_id: UUID
    note_ids: tuple[int, ...]


def note_work(tenant_id: UUID, kind: str, due_at: datetime | None = None) -> None:
    """Note in the present transaction that there is work, now or at a time.

    Always a new note: one that a sweep has read may be cleared at any moment.
    """
    TenantWork.objects.create(tenant_id=tenant_id, kind=kind, due_at=due_at or timezone.now())


def due_work(kind: str, limit: int = 100) -> list[DueWork]:
    """Tenants with due work of a kind, the longest waiting first, from at most `limit` notes."""
    notes = (
        TenantWork.objects.filter(kind=kind, due_at__lte=timezone.now())
        .order_by("due_at", "pk")
        .values_list("tenant_id", "pk")[:limit]
    )
    by_tenant: dict[UUID, list[int]] = {}
    for tenant_id, note_id in notes:
        by_tenant.setdefault(tenant_id, []).append(note_id)
    return [DueWork(tenant_id, tuple(note_ids)) for tenant_id, note_ids in by_tenant.items()]


def has_later_work(tenant_id: UUID, kind: str) -> bool:
    """Whether a note says already that the tenant is to be looked at again, some time from now."""
    return TenantWork.objects.filter(tenant_id=tenant_id, kind=kind, due_at__gt=timezone.now()).exists()


def clear_work(note_ids: Iterable[int]) -> None:
    """Remove notes that were read before the work was looked for; a note written meanwhile stays."""
    TenantWork.objects.filter(pk__in=list(note_ids)).delete()
