"""Break-glass: in an emergency a reviewer opens the raw of one case, for an hour at most, and an officer closes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import BreakGlass, Case
from hub.catalog.models.raw_access import LONGEST_BREAK_GLASS
from tenants import permissions, queries
from tenants.actors import Actor, system_actor
from tenants.decisions import refuse
from tenants.models import Tenant
from tenants.roles import Action, Role
from tenants.scoping import acting_as

from .outcomes import BreakGlassOpened, Done, Invalid, Refusal

log = structlog.get_logger(__name__)

LONGEST_MINUTES = int(LONGEST_BREAK_GLASS.total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class OpenBreakGlass:
    """One break-glass that waits to be closed, for the officers' list; without anything the case says."""

    break_glass_id: UUID
    case_id: UUID
    user_id: UUID
    person: str
    purpose: str
    opened_at: datetime
    expires_at: datetime
    is_running: bool


def open_break_glass(
    actor: Actor, *, case_id: UUID, purpose: str, minutes: int = LONGEST_MINUTES
) -> BreakGlassOpened | Refusal | Invalid:
    """Open the raw of one case of the actor's tenant to himself, also outside his team, for a stated purpose."""
    # Of the reviewer's own role in any of his teams, whatever the case: as many statements run for an unknown one.
    decision = permissions.decide(actor, Action.BREAK_GLASS, on=_place_of(actor))
    if not _is_of_tenant(actor, case_id):
        decision = refuse("unknown")
    if actor.tenant_id is None or actor.user_id is None or not decision.allowed:
        record(actor, AuditAction.BREAK_GLASS_OPEN, f"case:{case_id}", decision)
        return Refusal(decision.basis)
    if not purpose.strip() or len(purpose) > 300:
        return Invalid.because("purpose", "Say in up to 300 characters what the raw text is needed for.")
    if not 1 <= minutes <= LONGEST_MINUTES:
        return Invalid.because("minutes", f"Choose from 1 to {LONGEST_MINUTES} minutes.")
    now = timezone.now()
    with transaction.atomic():
        opened = BreakGlass.objects.create(
            tenant_id=actor.tenant_id,
            case_id=case_id,
            user_id=actor.user_id,
            purpose=purpose.strip(),
            opened_at=now,
            expires_at=now + timedelta(minutes=minutes),
        )
        record(actor, AuditAction.BREAK_GLASS_OPEN, f"case:{case_id}", decision, break_glass=opened.pk, minutes=minutes)
        _notify_officers(actor, opened)
    return BreakGlassOpened(opened.pk, case_id, opened.expires_at)


def close_break_glass(actor: Actor, *, break_glass_id: UUID, finding: str) -> Done | Refusal | Invalid:
    """End a break-glass, as an officer who did not open it, with what was found about it."""
    opened = BreakGlass.objects.filter(pk=break_glass_id).first()
    decision = permissions.decide(actor, Action.CLOSE_BREAK_GLASS, on=_tenant(actor))
    if opened is None:
        decision = refuse("unknown")
    if opened is None or not decision.allowed:
        record(actor, AuditAction.BREAK_GLASS_CLOSE, f"break_glass:{break_glass_id}", decision)
        return Refusal(decision.basis)
    if not finding.strip() or len(finding) > 1000:
        return Invalid.because("finding", "Say in up to 1000 characters whether the look was justified, and why.")
    with transaction.atomic():
        opened = BreakGlass.objects.select_for_update().get(pk=break_glass_id)
        problem = "same_person" if opened.user_id == actor.user_id else "closed" if opened.closed_at else ""
        if problem:
            record(actor, AuditAction.BREAK_GLASS_CLOSE, f"break_glass:{break_glass_id}", refuse(problem))
            return Refusal(problem)
        opened.closed_at, opened.closed_by, opened.finding = timezone.now(), actor.person_key, finding.strip()
        opened.save(update_fields=["closed_at", "closed_by", "finding"])
        record(
            actor, AuditAction.BREAK_GLASS_CLOSE, f"break_glass:{break_glass_id}", decision,
            case=opened.case_id, by_user=opened.user_id,
        )  # fmt: skip
    return Done(opened.pk)


def list_open_break_glass(actor: Actor) -> tuple[OpenBreakGlass, ...] | Refusal:
    """What waits to be closed, for the officers of the tenant: the running and the run-out ones."""
    tenant = _tenant(actor)
    decision = permissions.decide(actor, Action.CLOSE_BREAK_GLASS, on=tenant)
    if tenant is None or not decision.allowed:
        record(actor, AuditAction.BREAK_GLASS_LIST, "break_glass:", decision)
        return Refusal(decision.basis)
    now = timezone.now()
    rows = BreakGlass.objects.filter(tenant=tenant, closed_at__isnull=True).select_related("user")
    found = tuple(
        OpenBreakGlass(
            row.pk, row.case_id, row.user_id, row.user.display_name, row.purpose, row.opened_at, row.expires_at,
            is_running=row.expires_at > now,
        )
        for row in rows.order_by("opened_at")
    )  # fmt: skip
    record(actor, AuditAction.BREAK_GLASS_LIST, "break_glass:", decision, count=len(found))
    return found


def _place_of(actor: Actor) -> UUID | Tenant | None:
    """The team by whose role the actor may ask; without one, the tenant, where his role may be in all of it."""
    team_id = next((team for team in actor.team_ids if actor.role_for(Action.BREAK_GLASS, team)), None)
    return team_id or _tenant(actor)


def _is_of_tenant(actor: Actor, case_id: UUID) -> bool:
    """Whether the case is one of the actor's tenant; he need not see its row."""
    if actor.tenant_id is None:
        return False
    with acting_as(system_actor(actor.tenant_id, "break_glass")):
        return Case.objects.filter(pk=case_id, tenant_id=actor.tenant_id).exists()


def _tenant(actor: Actor) -> Tenant | None:
    return Tenant.objects.filter(pk=actor.tenant_id).first() if actor.tenant_id else None


def _notify_officers(actor: Actor, opened: BreakGlass) -> None:
    """Tell the officers by e-mail, after the commit; what counts is the list, which no mail server can lose."""
    if actor.tenant_id is None:
        return
    officers = queries.members_of(actor.tenant_id).filter(role=Role.OFFICER.value, user__is_active=True)
    addresses = sorted({officer.user.email for officer in officers})
    # Neither the case's words nor the reviewer's: mail leaves the hub.
    text = (
        f"{actor.label} has opened the raw of case {opened.case_id} by break-glass, until "
        f"{opened.expires_at:%Y-%m-%d %H:%M} UTC.\n\n"
        f"The stated purpose is in the hub, under break-glass {opened.pk}. Please look, and close it with a finding.\n"
    )

    def send() -> None:
        try:
            send_mail("Break-glass was opened", text, None, addresses)
        except OSError as error:
            log.warning("break_glass_mail_lost", break_glass=str(opened.pk), error=type(error).__name__)

    if addresses:
        transaction.on_commit(send)
