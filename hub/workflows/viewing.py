"""What callers learn of themselves, and what is kept of those whom nobody knows."""

from dataclasses import dataclass
from uuid import UUID

from hub.audit.actions import AuditAction
from hub.audit.recording import count_refusal, record
from tenants import queries as tenants
from tenants.actors import Actor
from tenants.decisions import allow, refuse
from tenants.models import Team, Tenant
from tenants.roles import Role

from .outcomes import Refusal


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role that the caller holds: in a team, or in the whole tenant."""

    role: Role
    team: Team | None


@dataclass(frozen=True, slots=True)
class SelfView:
    """The caller as the hub sees him: where he acts, as what, for what purpose."""

    key: str
    kind: str
    name: str
    user_id: UUID | None
    tenant: Tenant | None
    teams: tuple[Team, ...]
    roles: tuple[RoleView, ...]
    scopes: tuple[str, ...]
    purpose: str


def view_self(actor: Actor) -> SelfView:
    """Who the caller is here and now; whether he has chosen a tenant is part of the answer."""
    teams = {team.pk: team for team in tenants.teams_of(actor.tenant_id)} if actor.tenant_id else {}
    own = {tenant.pk: tenant for tenant in tenants.tenants_of(actor.user_id)} if actor.user_id else {}
    record(actor, AuditAction.VIEWER_READ, f"user:{actor.user_id or ''}", allow("self"))
    return SelfView(
        key=actor.key,
        kind=actor.kind.value,
        name=actor.label,
        user_id=actor.user_id,
        tenant=own.get(actor.tenant_id) if actor.tenant_id else None,
        teams=tuple(teams[team_id] for team_id in actor.team_ids if team_id in teams),
        roles=tuple(RoleView(held.role, teams.get(held.team_id) if held.team_id else None) for held in actor.held),
        scopes=tuple(sorted(scope.value for scope in actor.scopes)),
        purpose=actor.purpose,
    )


def refuse_stranger(actor: Actor, basis: str) -> Refusal:
    """A request of nobody in particular: counted by minute and address, so that a flood of them writes few rows."""
    count_refusal(actor.address, basis)
    return Refusal(basis)


def refuse_excess(actor: Actor, basis: str, *, is_first: bool) -> Refusal:
    """A request over its caller's limits: an event for the first of a minute, a count for all others."""
    if is_first:
        record(actor, AuditAction.REQUEST_LIMIT, "door:graphql", refuse(basis))
    else:
        count_refusal(actor.address, basis)
    return Refusal(basis)
