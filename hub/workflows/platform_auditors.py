"""Who may read the whole access record: named by an operator, never by himself, and on record both ways."""

from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from tenants import permissions, services
from tenants.actors import Actor
from tenants.decisions import refuse
from tenants.models import User
from tenants.queries import find_user
from tenants.roles import Action
from tenants.services import Unacceptable

from .outcomes import Done, Invalid, Refusal


def name_platform_auditor(actor: Actor, *, user_id: UUID) -> Done | Refusal | Invalid:
    """Let somebody read the record of every tenant. He must be another person, no operator, and in no tenant."""
    return _change(actor, user_id, is_auditor=True)


def end_platform_auditor(actor: Actor, *, user_id: UUID) -> Done | Refusal | Invalid:
    """Take that right away; it ends with his next request."""
    return _change(actor, user_id, is_auditor=False)


def find_account(email: str) -> User | None:
    """An account by its e-mail address, for an operator's command."""
    return find_user(email)


def _change(actor: Actor, user_id: UUID, *, is_auditor: bool) -> Done | Refusal | Invalid:
    action = AuditAction.AUDITOR_NAME if is_auditor else AuditAction.AUDITOR_END
    decision = permissions.decide(actor, Action.OPERATE_PLATFORM, on=None)
    if decision.allowed and user_id == actor.user_id:
        decision = refuse("same_person")
    user = User.objects.filter(pk=user_id).first() if decision.allowed else None
    if decision.allowed and user is None:
        decision = permissions.UNKNOWN
    if user is None or not decision.allowed:
        record(actor, action, f"user:{user_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            services.set_platform_auditor(user, is_auditor=is_auditor)
            record(actor, action, f"user:{user_id}", decision)
    except Unacceptable as problem:
        record(actor, action, f"user:{user_id}", decision, failed=True, problem="invalid_input")
        return Invalid.because(problem.field, problem.message)
    return Done(user_id)
