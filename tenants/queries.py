"""Reads who is who: teams, recipients by exact address, memberships."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from .models import Membership, Team, Tenant, User
from .row_settings import with_settings


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom an address names: a team, or, without a team, a whole tenant."""

    tenant_id: UUID
    team_id: UUID | None
    label: str


def find_team(team_id: UUID) -> Team | None:
    """A team that PostgreSQL shows to the present actor."""
    return Team.objects.filter(pk=team_id).first()


def find_team_by_slug(tenant_id: UUID, slug: str) -> Team | None:
    """A team of one tenant by its slug."""
    return Team.objects.filter(tenant_id=tenant_id, slug=slug).first()


def find_tenant(slug: str) -> Tenant | None:
    """A tenant that PostgreSQL shows to the present actor, by slug."""
    return Tenant.objects.filter(slug=slug).first()


def find_recipient(address: str) -> Recipient | None:
    """Whom `tenant/team` or `tenant` names, anywhere on the hub. The whole address must be known; nothing is listed."""
    if "\0" in address or not address:
        return None
    with with_settings(directory=address):
        if "/" in address:
            team = Team.objects.filter(address=address).first()
            return Recipient(team.tenant_id, team.pk, team.address) if team else None
        tenant = Tenant.objects.filter(slug=address).first()
        return Recipient(tenant.pk, None, tenant.slug) if tenant else None


def memberships_of(user_id: UUID) -> QuerySet[Membership]:
    """A person's memberships, as far as the present actor may see them."""
    return Membership.objects.filter(user_id=user_id).select_related("tenant", "team").order_by("tenant__slug", "role")


def tenants_of(user_id: UUID) -> list[Tenant]:
    """The tenants a person is in, for a switcher; seen by that person only."""
    with with_settings(user_id=str(user_id)):
        return list(Tenant.objects.filter(memberships__user_id=user_id).distinct().order_by("slug"))


def members_of(tenant_id: UUID) -> QuerySet[Membership]:
    """Everybody in a tenant, role by role."""
    return (
        Membership.objects.filter(tenant_id=tenant_id)
        .select_related("user", "team")
        .order_by("team__slug", "role", "user__email")
    )


def teams_of(tenant_id: UUID) -> QuerySet[Team]:
    """The teams of a tenant."""
    return Team.objects.filter(tenant_id=tenant_id).order_by("slug")


def find_user(email: str) -> User | None:
    """A person by e-mail, as far as the present actor may see people."""
    return User.objects.filter(email=email.strip().lower()).first()
