"""What may be said to a destination: a projection for its profile, below its ceiling; otherwise ids alone."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from hub.catalog.levels import CLASS_RANKS
from hub.catalog.models import Case
from hub.catalog.models.cases import TLP_LABELS
from hub.escalation.connectors.contract import Content
from hub.escalation.outbox.models import Delivery, Destination
from hub.sharing.models import Audience, RedactionProfile, WorkState
from hub.sharing.services.requesting import projection_for
from tenants.models import Tenant

TLP_RANKS = {label: rank for rank, (label, _) in enumerate(TLP_LABELS)}


@dataclass(frozen=True, slots=True)
class NotReady:
    """The projection is still being built."""


def content_for(destination: Destination, delivery: Delivery) -> Content | NotReady:
    """Everything that a connector may put into words; text comes from a projection or not at all."""
    tenant = Tenant.objects.get(pk=destination.tenant_id)
    ids = {
        "message_id": str(delivery.pk),
        "kind": str(delivery.kind),
        "occurred_at": delivery.created_at,
        "tenant": tenant.slug,
        "ticket": str(delivery.ticket_id or ""),
        "state": str(delivery.payload.get("state", "")),
        "link": _link(delivery),
        "payload": delivery.payload,
    }
    case = Case.objects.filter(pk=delivery.case_id).first() if delivery.case_id else None
    if case is None or not _is_below_ceiling(case, destination):
        return Content(**ids)
    profile = RedactionProfile.objects.filter(tenant_id=destination.tenant_id, slug=destination.profile).first()
    audience = Audience.objects.filter(pk=destination.audience_id).first() if destination.audience_id else None
    if profile is None or audience is None:
        return Content(**ids)
    projection = projection_for(case, profile, audience)
    if projection is None or projection.recalled_at is not None or projection.state == WorkState.WITHHELD:
        return Content(**ids)
    if projection.state == WorkState.PENDING:
        return NotReady()
    document = projection.document or {}
    return Content(
        **ids,
        title=projection.title,
        summary=str(document.get("summary") or ""),
        tlp=case.tlp,
        data_class=case.data_class,
        severity=projection.severity_label,
        case=projection.public_id,
    )


def _is_below_ceiling(case: Case, destination: Destination) -> bool:
    """A restricted or withdrawn case, and one above the ceiling, is named by nothing but our own ids."""
    return (
        not case.is_restricted
        and case.withdrawn_at is None
        and CLASS_RANKS[case.data_class] <= CLASS_RANKS[destination.ceiling_class]
        and TLP_RANKS[case.tlp] <= TLP_RANKS[destination.ceiling_tlp]
    )


def _link(delivery: Delivery) -> str:
    ticket: UUID | None = delivery.ticket_id
    if not settings.CASEWARD_PUBLIC_URL or ticket is None:
        return ""
    return f"{settings.CASEWARD_PUBLIC_URL}/admin/escalation/remediationticket/{ticket}/change/"
