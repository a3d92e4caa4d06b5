"""How organisations, teams and people come onto the hub, and leave a team again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.services.profiles import install_shipped_profiles
from tenants import permissions, queries, services
from tenants.actors import Actor, ActorKind, system_actor
from tenants.decisions import allow, refuse
from tenants.loading import load_actor
from tenants.models import Membership, Team, Tenant, User
from tenants.roles import GOVERNING_ROLES, Action, Role
from tenants.scoping import acting_as
from tenants.services import Unacceptable
from tenants.services.invitations import find_invitation

from .outcomes import Done, Invalid, Refusal

SAME_PERSON = refuse("same_person")
# Whoever could make officers could make himself two of them: an invitation's secret is shown to who made it, and two
# accounts of one person would be the two people that policy takes.
NEEDS_OPERATOR = refuse("needs_operator")


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation was made. Its secret is shown here and never again."""

    invitation_id: UUID
    secret: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Invited({self.invitation_id})"


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody took up an invitation."""

    user_id: UUID
    tenant_id: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class PermissionsCompared:
    """Where object permissions differ from memberships, by tenant; a tenant without differences has an empty entry."""

    differences: dict[str, tuple[str, ...]]

    @property
    def count(self) -> int:
        """Differences in all tenants."""
        return sum(len(found) for found in self.differences.values())


def create_tenant(actor: Actor, *, slug: str, name: str) -> Done | Refusal | Invalid:
    """Let an organisation onto the hub, as the platform's operator."""
    decision = permissions.decide(actor, Action.OPERATE_PLATFORM, on=None)
    if not decision.allowed:
        record(actor, AuditAction.TENANT_CREATE, "tenant:", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            tenant = services.create_tenant(slug, name)
            # Without profiles nothing of the tenant could be read; its officers change them as they see fit.
            with acting_as(system_actor(tenant.pk, "onboarding")):
                install_shipped_profiles(tenant.pk, by=actor.person_key)
            record(actor, AuditAction.TENANT_CREATE, f"tenant:{tenant.pk}", decision)
    except Unacceptable as problem:
        return Invalid.because(problem.field, problem.message)
    return Done(tenant.pk)


def create_team(actor: Actor, *, tenant_id: UUID, slug: str, name: str) -> Done | Refusal | Invalid:
    """Add a team to a tenant, as its administrator or the platform's operator."""
    tenant = _find_tenant(tenant_id)
    decision = permissions.decide(actor, Action.MANAGE_MEMBERS, on=tenant)
    if tenant is None or not decision.allowed:
        record(actor, AuditAction.TEAM_CREATE, f"tenant:{tenant_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            team = services.create_team(tenant, slug, name)
            record(actor, AuditAction.TEAM_CREATE, f"tenant:{tenant_id}", decision, team=team.pk)
    except Unacceptable as problem:
        return Invalid.because(problem.field, problem.message)
    return Done(team.pk)


def invite_member(
    actor: Actor, *, tenant_id: UUID, email: str, role: Role, team_id: UUID | None = None
) -> Invited | Refusal | Invalid:
    """Offer a role to an e-mail address. The answer is the same whether or not there is an account of it.

    Nobody offers himself a role: an administrator would be his own officer, or read the raw text of every team.
    """
    tenant = _find_tenant(tenant_id)
    decision = permissions.decide(actor, Action.MANAGE_MEMBERS, on=tenant)
    if decision.allowed and _is_own_address(actor, email):
        decision = SAME_PERSON
    elif decision.allowed and role in GOVERNING_ROLES and actor.kind is not ActorKind.OPERATOR:
        decision = NEEDS_OPERATOR
    target = f"team:{team_id}" if team_id else f"tenant:{tenant_id}"
    if tenant is None or not decision.allowed:
        record(actor, AuditAction.MEMBER_INVITE, target, decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            team = _team_of(tenant, team_id)
            invitation, key = services.invite(tenant, email, role, team=team, invited_by=actor.user_id)
            record(actor, AuditAction.MEMBER_INVITE, target, decision, invitation=invitation.pk, role=role.value)
    except Unacceptable as problem:
        return Invalid.because(problem.field, problem.message)
    return Invited(invitation.pk, key.text, invitation.expires_at)


def accept_invitation(actor: Actor, *, secret: str, display_name: str = "", password: str = "") -> Joined | Invalid:
    """Join by an invitation's secret, signed in or by making an account. The tenant's record shows who joined."""
    invitation = find_invitation(secret)
    try:
        with transaction.atomic():
            membership = services.accept_invitation(
                secret, signed_in_as=actor.user_id, display_name=display_name, password=password
            )
            member = load_actor(membership.user_id, membership.tenant_id)
            with acting_as(member):
                record(
                    member,
                    AuditAction.MEMBER_JOIN,
                    f"user:{membership.user_id}",
                    allow(f"invitation:{invitation.pk}" if invitation else "invitation"),
                    role=membership.role,
                    team=membership.team_id,
                )
    except Unacceptable as problem:
        record(actor, AuditAction.MEMBER_JOIN, "invitation:", refuse(f"invitation_{problem.field}"))
        return Invalid.because(problem.field, problem.message)
    return Joined(membership.user_id, membership.tenant_id, Role(membership.role))


def add_member(
    actor: Actor, *, tenant_id: UUID, user_id: UUID, role: Role, team_id: UUID | None = None
) -> Done | Refusal | Invalid:
    """Give another role to somebody else who is in the tenant already."""
    tenant = _find_tenant(tenant_id)
    decision = permissions.decide(actor, Action.MANAGE_MEMBERS, on=tenant)
    if decision.allowed and user_id == actor.user_id:
        decision = SAME_PERSON
    elif decision.allowed and role in GOVERNING_ROLES and actor.kind is not ActorKind.OPERATOR:
        decision = NEEDS_OPERATOR
    target = f"user:{user_id}"
    if tenant is None or not decision.allowed:
        record(actor, AuditAction.MEMBER_ADD, target, decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            present = queries.members_of(tenant.pk).filter(user_id=user_id).first()
            if present is None:
                raise Unacceptable("user", "There is no such member in this tenant: send an invitation.")
            membership = services.add_member(tenant, present.user, role, _team_of(tenant, team_id))
            record(actor, AuditAction.MEMBER_ADD, target, decision, role=role.value, team=team_id)
    except Unacceptable as problem:
        return Invalid.because(problem.field, problem.message)
    return Done(membership.pk)


def create_service_account(
    actor: Actor, *, tenant_id: UUID, slug: str, name: str, role: Role, team_id: UUID | None = None
) -> Done | Refusal | Invalid:
    """Make an account for a machine, with one role; its tokens are made by `hub.workflows.tokens.issue_token`."""
    tenant = _find_tenant(tenant_id)
    decision = permissions.decide(actor, Action.MANAGE_MEMBERS, on=tenant)
    target = f"team:{team_id}" if team_id else f"tenant:{tenant_id}"
    if tenant is None or not decision.allowed:
        record(actor, AuditAction.MEMBER_ADD, target, decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            account = services.create_service_account(tenant, slug, name, role=role, team=_team_of(tenant, team_id))
            record(actor, AuditAction.MEMBER_ADD, target, decision, user=account.pk, role=role.value, service=True)
    except Unacceptable as problem:
        return Invalid.because(problem.field, problem.message)
    return Done(account.pk)


def set_account_active(actor: Actor, *, user_id: UUID, is_active: bool) -> Done | Refusal:
    """Close a person's account on the whole hub, or open it again; sessions and tokens stop with the next request."""
    decision = permissions.decide(actor, Action.OPERATE_PLATFORM, on=None)
    user = User.objects.filter(pk=user_id).first()
    if decision.allowed and user is None:
        decision = permissions.UNKNOWN
    if user is None or not decision.allowed:
        record(actor, AuditAction.ADMIN_CHANGE, f"user:{user_id}", decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        record(actor, AuditAction.ADMIN_CHANGE, f"user:{user_id}", decision, is_active=is_active)
    return Done(user_id)


def remove_member(actor: Actor, *, membership_id: UUID) -> Done | Refusal:
    """Take a role away; it ends with the next request of that person."""
    membership = Membership.objects.select_related("tenant").filter(pk=membership_id).first()
    tenant = membership.tenant if membership else None
    decision = permissions.decide(actor, Action.MANAGE_MEMBERS, on=tenant)
    if membership is None or not decision.allowed:
        record(actor, AuditAction.MEMBER_REMOVE, f"membership:{membership_id}", decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        services.remove_member(membership)
        record(
            actor,
            AuditAction.MEMBER_REMOVE,
            f"membership:{membership_id}",
            decision,
            user=membership.user_id,
            role=membership.role,
            team=membership.team_id,
        )
    return Done(membership_id)


def compare_permissions(actor: Actor, *, tenant_slug: str | None = None) -> PermissionsCompared | Refusal:
    """Whether object permissions are what memberships and the role table say, in one tenant or in all."""
    decision = permissions.decide(actor, Action.OPERATE_PLATFORM, on=None)
    target = f"object_permissions:{tenant_slug or 'all'}"
    if not decision.allowed:
        record(actor, AuditAction.ADMIN_VIEW, target, decision)
        return Refusal(decision.basis)
    tenants = Tenant.objects.filter(slug=tenant_slug) if tenant_slug else Tenant.objects.all()
    compared = PermissionsCompared(
        {tenant.slug: tuple(services.compare_permissions(tenant)) for tenant in tenants.order_by("slug")}
    )
    record(actor, AuditAction.ADMIN_VIEW, target, decision, tenants=len(compared.differences), found=compared.count)
    return compared


def _is_own_address(actor: Actor, email: str) -> bool:
    address = email.strip().lower()
    return actor.user_id is not None and User.objects.filter(pk=actor.user_id, email=address).exists()


def _find_tenant(tenant_id: UUID) -> Tenant | None:
    return Tenant.objects.filter(pk=tenant_id).first()


def _team_of(tenant: Tenant, team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    team = Team.objects.filter(pk=team_id, tenant=tenant).first()
    if team is None:
        raise Unacceptable("team", "The tenant has no such team.")
    return team
