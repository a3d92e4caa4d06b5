"""Gives and takes roles. Membership is the truth; the object permissions follow in the same transaction."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from ..models import Membership, ServiceToken, Team, Tenant, User
from ..roles import GOVERNING_ROLES, TEAM_ROLES, TENANT_ROLES, Role
from ..row_settings import with_settings
from .groups import derive_permissions
from .unacceptable import Unacceptable


def add_member(tenant: Tenant, user: User, role: Role, team: Team | None = None) -> Membership:
    """Let a person be something in a team, or, without a team, in the whole tenant. Twice is once."""
    return add_members(tenant, [(user, role, team)])[0]


def add_members(tenant: Tenant, people: Iterable[tuple[User, Role, Team | None]]) -> list[Membership]:
    """Several at once: the object permissions are derived when all of them are in."""
    memberships = []
    with transaction.atomic():
        for user, role, team in people:
            check_place(tenant, role, team)
            if user.is_operator:
                raise Unacceptable(
                    "user", "Whoever operates the platform holds no role in a tenant: use another account."
                )
            if user.is_service and role in GOVERNING_ROLES:
                # Whoever makes its tokens would decide in its name: one person would be two.
                raise Unacceptable("role", f"A machine does not hold the role {role.value}: give it to a person.")
            membership = Membership.objects.filter(tenant=tenant, team=team, user=user, role=role).first()
            if membership is None:
                membership = Membership(tenant=tenant, team=team, user=user, role=role.value)
                membership.save(force_insert=True)
            memberships.append(membership)
        derive_permissions(tenant)
    return memberships


def remove_member(membership: Membership) -> None:
    """Take a role away; with the last one in a tenant, the person's tokens there end too."""
    tenant, user_id = membership.tenant, membership.user_id
    with transaction.atomic():
        membership.delete()
        # The operator, who may remove people too, does not see a tenant's tokens; ending them is the tenant's own act.
        with with_settings(tenant_id=str(tenant.pk)):
            if not Membership.objects.filter(tenant=tenant, user_id=user_id).exists():
                open_tokens = ServiceToken.objects.filter(tenant=tenant, user_id=user_id, revoked_at=None)
                open_tokens.update(revoked_at=timezone.now())
        derive_permissions(tenant)


def check_place(tenant: Tenant, role: Role, team: Team | None) -> None:
    """Whether a role fits a place; raises Unacceptable where it does not."""
    if team is None:
        if role not in TENANT_ROLES:
            raise Unacceptable("team", f"A {role.value} works in a team: name one.")
    elif team.tenant_id != tenant.pk:
        raise Unacceptable("team", "The tenant has no such team.")
    elif role not in TEAM_ROLES:
        raise Unacceptable("team", f"The role {role.value} is held in the whole tenant: leave the team out.")
