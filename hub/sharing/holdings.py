"""Who still holds what was taken back: receipts of withdrawn cases, and of grants that were revoked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from .models import GrantState, RecallAcknowledgement, Receipt, SharingGrant


@dataclass(frozen=True, slots=True)
class Holding:
    """One case at one recipient, since when, and why it should not be there any more."""

    recipient: str
    case_id: UUID
    public_id: str
    grant_id: UUID | None
    first_read_at: datetime
    taken_back_at: datetime
    reason: str


def recalled_holdings(tenant_id: UUID, withdrawn: Mapping[UUID, datetime], limit: int = 1_000) -> list[Holding]:
    """What recipients hold of withdrawn cases (id to moment) and under revoked grants, the latest first."""
    grants = {grant.pk: grant for grant in SharingGrant.objects.filter(tenant_id=tenant_id)}
    revoked = {pk for pk, grant in grants.items() if grant.state == GrantState.REVOKED and grant.revoked_at}
    receipts = Receipt.objects.filter(
        Q(case_id__in=list(withdrawn)) | Q(grant_id__in=list(revoked)), tenant_id=tenant_id
    )
    found = []
    for receipt in receipts.order_by("-first_read_at")[:limit]:
        grant = grants.get(receipt.grant_id) if receipt.grant_id else None
        is_withdrawn = receipt.case_id in withdrawn
        moment = withdrawn[receipt.case_id] if is_withdrawn else grant.revoked_at if grant else None
        if moment is None:
            continue
        found.append(
            Holding(
                recipient=grant.recipient_label if grant else str(receipt.recipient_tenant_id),
                case_id=receipt.case_id,
                public_id=receipt.public_id,
                grant_id=receipt.grant_id,
                first_read_at=receipt.first_read_at,
                taken_back_at=moment,
                reason="case withdrawn" if is_withdrawn else "grant revoked",
            )
        )
    return sorted(found, key=lambda holding: holding.taken_back_at, reverse=True)


def unacknowledged(tenant_id: UUID, case_ids: Iterable[UUID]) -> list[UUID]:
    """Those of these recalled cases that some recipient has received and has not said to have removed."""
    wanted = list(case_ids)
    received = Receipt.objects.filter(tenant_id=tenant_id, case_id__in=wanted, grant_id__isnull=False)
    said = RecallAcknowledgement.objects.filter(tenant_id=tenant_id, case_id__in=wanted)
    columns = ("case_id", "recipient_tenant_id", "recipient_team_id")
    open_ = set(received.values_list(*columns)) - set(said.values_list(*columns))
    return sorted({case_id for case_id, *_ in open_})
