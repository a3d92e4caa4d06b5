"""Decides who may do what at home, from held roles, the role table and a token's scopes."""

from uuid import UUID

from .actors import Actor, ActorKind
from .decisions import Decision, allow, refuse
from .models import Team, Tenant
from .queries import find_team
from .roles import ANYWHERE_ACTIONS, PERSONAL_ACTIONS, SCOPE_OF_ACTION, TENANT_ACTIONS, Action

# What does not exist and what belongs to somebody else are refused with the same words.
UNKNOWN = refuse("unknown")
# All that a platform auditor may do.
AUDITING = frozenset({Action.VIEW_AUDIT, Action.EXPORT_AUDIT})


def decide(actor: Actor, action: Action, *, on: Team | Tenant | UUID | None) -> Decision:
    """Whether this actor may do this to a team (the row or its id) or to a whole tenant.

    A place that does not exist (None), one of another tenant and one that PostgreSQL does not show are refused alike.
    For actions that are never about a team, None is the actor's own tenant.
    """
    if actor.kind is ActorKind.ANONYMOUS:
        return refuse("signed_out")
    if actor.kind is ActorKind.OPERATOR:
        return _decide_operator(action, on)
    if actor.kind is ActorKind.AUDITOR:
        return allow("platform_auditor") if action in AUDITING and on is None else refuse("no_role")
    if action is Action.OPERATE_PLATFORM:
        return refuse("no_role")
    if not actor.in_scope(action):
        return refuse(f"scope_missing:{SCOPE_OF_ACTION[action].value}")
    if actor.tenant_id is None:
        return refuse("no_tenant")
    if isinstance(on, Tenant):
        if on.pk != actor.tenant_id:
            return UNKNOWN
        return _decide_role(actor, action, None)
    if on is None and action in TENANT_ACTIONS:
        return _decide_role(actor, action, None)
    team = find_team(on) if isinstance(on, UUID) else on
    if team is None or team.tenant_id != actor.tenant_id:
        return UNKNOWN
    return _decide_role(actor, action, team.pk)


def _decide_operator(action: Action, on: Team | Tenant | UUID | None) -> Decision:
    """The platform's operator makes tenants and lets their first people in; nothing inside is his."""
    names_a_tenant = action is Action.MANAGE_MEMBERS and isinstance(on, Tenant)
    return allow("operator") if action is Action.OPERATE_PLATFORM or names_a_tenant else refuse("no_role")


def _decide_role(actor: Actor, action: Action, team_id: UUID | None) -> Decision:
    if actor.kind is ActorKind.SYSTEM:
        return refuse("needs_person") if action in PERSONAL_ACTIONS else allow(f"system:{actor.process}")
    role = actor.role_for(action, team_id)
    if role is None and team_id is None and action in ANYWHERE_ACTIONS:
        role = actor.role_anywhere(action)
    return allow(f"role:{role.value}") if role else refuse("no_role")
