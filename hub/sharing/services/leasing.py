"""Hands out pending projections to builders under a lease, so that a killed builder's work is taken up by another."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from hub.catalog.models import Case
from tenants.scoping import acting_as
from tenants.work import note_work

from ..background import PROJECTIONS, bookkeeper
from ..models import Projection, WorkState
from ..reasons import DISPOSED

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
FAULT_PAUSE = timedelta(seconds=5)
# From this attempt on a row is built alone: whatever ended its builders shall not take others along.
ALONE_FROM = 2


def to_build(tenant_id: UUID) -> QuerySet[Projection]:
    """The reconciler's question: rows of a current version that are pending or stale, and not recalled."""
    return Projection.objects.filter(
        Q(state=WorkState.PENDING) | Q(stale_since__isnull=False),
        tenant_id=tenant_id,
        recalled_at__isnull=True,
        version_id=F("case__current_version_id"),
        summary_id__isnull=True,
    ).exclude(reason=DISPOSED)


def lease_pending(tenant_id: UUID, worker: str, limit: int = 16) -> list[Projection]:
    """Take up to `limit` rows for 30 seconds, those of one case version together; `worker` names this one lease.

    Rows that others hold are skipped, never waited for. Every lease counts as an attempt: a builder that dies leaves
    no other trace.
    """
    free = to_build(tenant_id).filter(Q(leased_until__isnull=True) | Q(leased_until__lt=Now()))
    rows = list(
        free.filter(attempts__lt=MAX_ATTEMPTS)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("profile", "policy_version", "audience", "case", "version")
        .defer("document", "search_text", "search_vector")
        # Identifiers carry their time (UUIDv7), so a rebuild begins with the newest cases, those that are read most.
        .order_by("attempts", "-version_id", "pk")[:limit]
    )
    if rows and rows[0].attempts >= ALONE_FROM:
        rows = [row for row in rows if row.version_id == rows[0].version_id]
    else:
        rows = [row for row in rows if row.attempts < ALONE_FROM]
    Projection.objects.filter(pk__in=[row.pk for row in rows]).update(
        leased_by=worker, leased_until=Now() + LEASE, attempts=F("attempts") + 1
    )
    return rows


def exhausted(tenant_id: UUID) -> list[Projection]:
    """Rows that too many builders have failed on, locked, to be withheld."""
    return list(
        to_build(tenant_id)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=Now()), attempts__gte=MAX_ATTEMPTS)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("case")
        .defer("document", "search_text", "search_vector")
    )


def extend_lease(projection_ids: Collection[UUID], worker: str) -> int:
    """Hold on for another 30 seconds; the number of rows that are still this lease's."""
    return Projection.objects.filter(pk__in=projection_ids, leased_by=worker).update(leased_until=Now() + LEASE)


def lock_leased(projection_ids: Collection[UUID], worker: str) -> list[Projection]:
    """The rows of a lease that are still its own, locked; what another builder has taken over is left to him."""
    return list(
        Projection.objects.filter(pk__in=projection_ids, leased_by=worker)
        .select_for_update(of=("self",))
        .select_related("case")
        .defer("document", "search_text", "search_vector")
        .order_by("pk")
    )


def release(projection_ids: Collection[UUID], worker: str) -> None:
    """Give rows back untouched, so that they need not wait for the lease to run out."""
    Projection.objects.filter(pk__in=projection_ids, leased_by=worker).update(leased_by="", leased_until=None)


def postpone(projection: Projection, worker: str) -> None:
    """Give a row back after a fault; the more attempts it has cost, the later it is tried again."""
    Projection.objects.filter(pk=projection.pk, leased_by=worker).update(
        leased_by="", leased_until=Now() + FAULT_PAUSE * projection.attempts
    )


def is_waiting(tenant_id: UUID) -> bool:
    """Whether anything is left to build, by this builder or by another."""
    return to_build(tenant_id).exists()


def mark_stale(tenant_id: UUID, fingerprint: str) -> int:
    """Have everything built again that another engine has built; it serves until then."""
    return (
        Projection.objects.filter(tenant_id=tenant_id, version_id=F("case__current_version_id"))
        .exclude(state=WorkState.PENDING)
        .exclude(reason=DISPOSED)
        .exclude(fingerprint=fingerprint)
        .filter(stale_since__isnull=True, recalled_at__isnull=True, summary_id__isnull=True)
        .update(stale_since=timezone.now(), attempts=0)
    )


def rebuild_case(case: Case) -> int:
    """Have all projections of a case's current version built again, since its tags have changed; they serve until then.

    A builder that is at work on one of them does not end its staleness: it began with the former tags.
    """
    with acting_as(bookkeeper(case.tenant_id)):
        note_work(case.tenant_id, PROJECTIONS)
        return Projection.objects.filter(
            case_id=case.pk, version_id=F("case__current_version_id"), summary_id__isnull=True
        ).update(stale_since=timezone.now(), attempts=0)


def drop_superseded(tenant_id: UUID) -> int:
    """Remove pending rows of a case version or policy version that is no longer wanted; nobody has ever read them."""
    pending = Projection.objects.filter(tenant_id=tenant_id, state=WorkState.PENDING).filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    )
    outdated = pending.exclude(version_id=F("case__current_version_id")) | pending.filter(
        policy_version__state__in=["retired", "rejected"]
    )
    return Projection.objects.filter(pk__in=list(outdated.values_list("pk", flat=True))).delete()[0]
