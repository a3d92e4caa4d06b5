"""Signing in and out, choosing a tenant, and who a command acts as; each of them is on record."""

from uuid import UUID

from hub.audit.actions import AuditAction
from hub.audit.recording import count_refusal, record
from tenants import queries as tenants
from tenants.actors import Actor, system_actor
from tenants.decisions import allow, refuse
from tenants.loading import NotIdentified, load_actor
from tenants.scoping import acting_as, with_settings

from .outcomes import Done, Refusal


def record_sign_in(actor: Actor) -> Done:
    """Somebody signed in by password."""
    record(actor, AuditAction.SIGN_IN, f"user:{actor.user_id}", allow("password"))
    return Done(actor.user_id)


def record_sign_out(actor: Actor) -> Done:
    """Somebody signed out."""
    record(actor, AuditAction.SIGN_OUT, f"user:{actor.user_id}", allow("self"))
    return Done(actor.user_id)


def refuse_sign_in(address: str) -> Refusal:
    """A password that was wrong, or nobody's: counted, never named."""
    count_refusal(address, "sign_in")
    return Refusal("sign_in")


def switch_tenant(actor: Actor, *, tenant_id: UUID) -> Done | Refusal:
    """Act in another of one's own tenants from the next request on."""
    if actor.user_id is None or tenant_id not in {tenant.pk for tenant in tenants.tenants_of(actor.user_id)}:
        decision = refuse("not_a_member")
        record(actor, AuditAction.SWITCH_TENANT, f"tenant:{tenant_id}", decision)
        return Refusal(decision.basis)
    record(actor, AuditAction.SWITCH_TENANT, f"tenant:{tenant_id}", allow("membership"))
    return Done(tenant_id)


def platform_auditor_for_command(*, email: str) -> Actor | Refusal:
    """The platform auditor that somebody at the command line acts as; everybody else names a tenant."""
    with acting_as(system_actor(None, "command_line")), with_settings(login=email.strip().lower()):
        user = tenants.find_user(email)
    if user is None or not user.is_platform_auditor:
        return Refusal("unknown")
    with acting_as(system_actor(None, "command_line")):
        return load_actor(user.pk)


def actor_for_command(*, tenant_slug: str, email: str, purpose: str = "") -> Actor | Refusal:
    """The person that somebody at the command line acts as: he must be a member of the tenant he names.

    Unknown people, unknown tenants and missing memberships look alike.
    """
    with acting_as(system_actor(None, "command_line")):
        tenant = tenants.find_recipient(tenant_slug)
        with with_settings(login=email.strip().lower()):
            user = tenants.find_user(email)
        if tenant is None or tenant.team_id is not None or user is None:
            return Refusal("unknown")
        try:
            return load_actor(user.pk, tenant.tenant_id, purpose)
        except NotIdentified as refusal:
            return Refusal(refusal.basis)
