"""Service tokens: people make and revoke their own; administrators revoke any, and make them for machines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from tenants import permissions, queries, services
from tenants.actors import Actor, ActorKind
from tenants.decisions import refuse
from tenants.models import ServiceToken, Team, Tenant, User
from tenants.roles import Action
from tenants.services import Unacceptable

from .outcomes import Done, Invalid, Refusal


@dataclass(frozen=True, slots=True)
class TokenIssued:
    """A new token. The secret is shown here and never again."""

    token_id: UUID
    prefix: str
    secret: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"TokenIssued({self.prefix})"


def issue_token(
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[str],
    purpose: str = "",
    days: int | None = None,
    user_id: UUID | None = None,
    team_id: UUID | None = None,
    networks: Iterable[str] = (),
) -> TokenIssued | Refusal | Invalid:
    """Make a token for oneself, or, as an administrator, for a service account of the tenant.

    A token makes no tokens: one that leaked could renew itself for ever.
    """
    owner_id = user_id or actor.user_id
    is_own = owner_id is not None and owner_id == actor.user_id
    action = Action.MANAGE_OWN_TOKENS if is_own else Action.MANAGE_TOKENS
    decision = permissions.decide(actor, action, on=None)
    if decision.allowed and actor.kind is ActorKind.TOKEN:
        decision = refuse("needs_person")
    target = f"user:{owner_id}"
    if not decision.allowed or owner_id is None or actor.tenant_id is None:
        record(actor, AuditAction.TOKEN_ISSUE, target, decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.get(pk=actor.tenant_id)
            token, key = services.issue_token(
                tenant,
                _owner(actor, owner_id),
                name,
                scopes,
                purpose=purpose,
                days=days,
                team=_team(team_id),
                networks=networks,
            )
            record(
                actor,
                AuditAction.TOKEN_ISSUE,
                target,
                decision,
                token=token.pk,
                scopes=token.scopes,
                expires_at=token.expires_at,
            )
    except Unacceptable as problem:
        return Invalid.because(problem.field, problem.message)
    return TokenIssued(token.pk, key.prefix, key.text, token.expires_at)


def revoke_token(actor: Actor, *, token_id: UUID) -> Done | Refusal:
    """End a token of one's own, or, as an administrator, any of the tenant. Unknown and another's are refused alike."""
    # PostgreSQL shows tokens of the actor's tenant only; without a tenant, none.
    token = ServiceToken.objects.filter(pk=token_id).first()
    is_own = token is not None and actor.user_id is not None and token.user_id == actor.user_id
    decision = permissions.decide(actor, Action.MANAGE_OWN_TOKENS if is_own else Action.MANAGE_TOKENS, on=None)
    if decision.allowed and token is None:
        decision = permissions.UNKNOWN
    if token is None or not decision.allowed:
        record(actor, AuditAction.TOKEN_REVOKE, f"token:{token_id}", decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        services.revoke_token(token)
        record(actor, AuditAction.TOKEN_REVOKE, f"token:{token_id}", decision)
    return Done(token_id)


def list_tokens(actor: Actor) -> list[ServiceToken]:
    """The tokens that the actor may revoke: his own, or, as an administrator, all of the tenant."""
    if actor.tenant_id is None or actor.user_id is None:
        return []
    tokens = (
        ServiceToken.objects.filter(tenant_id=actor.tenant_id).select_related("user", "team").order_by("-created_at")
    )
    if not permissions.decide(actor, Action.MANAGE_TOKENS, on=None).allowed:
        tokens = tokens.filter(user_id=actor.user_id)
    return list(tokens)


def _owner(actor: Actor, user_id: UUID) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise Unacceptable("user", "There is no such active member in this tenant.")
    # Whoever makes a token knows its secret, and could act in the owner's name.
    if user_id != actor.user_id and not user.is_service and actor.kind is not ActorKind.SYSTEM:
        raise Unacceptable("user", "People make their own tokens; for a machine, use a service account.")
    return user


def _team(team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    team = queries.find_team(team_id)
    if team is None:
        raise Unacceptable("team", "The tenant has no such team.")
    return team
