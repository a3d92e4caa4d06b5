"""Builds actors from rows as they are at this moment: a role that was taken away is gone from the next actor."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from .actors import Actor, ActorKind, HeldRole
from .models import Membership, ServiceToken, User
from .roles import Role, Scope
from .row_settings import apply_settings, with_settings
from .token_keys import Key


class NotIdentified(Exception):
    """Why nobody could be made out; the caller learns nothing of it, the record does."""

    def __init__(self, basis: str) -> None:
        super().__init__(basis)
        self.basis = basis


@dataclass(frozen=True, slots=True)
class Place:
    """One membership, as far as an actor needs it."""

    tenant_id: UUID
    tenant_slug: str
    held: HeldRole
    needs_trusted_documents: bool = False


def load_actor(user_id: UUID, tenant_id: UUID | None = None, purpose: str = "") -> Actor:
    """The actor of a person, for tasks, commands and tests that know him by id. Raises NotIdentified."""
    with with_settings(user_id=str(user_id)):
        user = User.objects.filter(pk=user_id, is_active=True).first()
        if user is None:
            raise NotIdentified("user_inactive")
        places = places_of(user_id)
        if tenant_id is None:
            tenant_id = only_tenant(places)
        elif not any(place.tenant_id == tenant_id for place in places):
            raise NotIdentified("no_membership")
        return person(user, tenant_id, places, purpose)


def person(user: User, tenant_id: UUID | None, places: Sequence[Place], purpose: str) -> Actor:
    """A signed-in person in one tenant, or in none yet."""
    if user.is_operator:
        # Whoever operates the platform holds no role in a tenant: he reads no case.
        return Actor(kind=ActorKind.OPERATOR, user_id=user.pk, label=user.display_name, purpose=purpose)
    if user.is_platform_auditor:
        return Actor(kind=ActorKind.AUDITOR, user_id=user.pk, label=user.display_name, purpose=purpose)
    return Actor(
        kind=ActorKind.USER,
        tenant_id=tenant_id,
        user_id=user.pk,
        held=held_in(places, tenant_id),
        purpose=purpose,
        label=user.display_name,
        needs_trusted_documents=_needs_trusted_documents(places, tenant_id),
    )


def load_token(key: Key, address: str) -> tuple[Actor, ServiceToken]:
    """The actor that a key opens for, from this address. Raises NotIdentified.

    Only the key's own row is visible until it is known whose it is.
    """
    apply_settings({"caseward.token_digest": key.digest})
    token = ServiceToken.objects.filter(digest=key.digest, prefix=key.prefix).first()
    if token is None:
        raise NotIdentified("token_unknown")
    if token.revoked_at is not None:
        raise NotIdentified("token_revoked")
    if token.expires_at <= timezone.now():
        raise NotIdentified("token_expired")
    if not _is_within(address, token.networks):
        raise NotIdentified("network_refused")
    apply_settings({"caseward.user_id": str(token.user_id)})
    user = User.objects.filter(pk=token.user_id).first()
    if user is None or not user.is_active:
        raise NotIdentified("user_inactive")
    places = places_of(token.user_id)
    held = held_in(places, token.tenant_id)
    if token.team_id is not None:
        held = tuple(role for role in held if role.team_id == token.team_id)
    if not held or user.is_operator or user.is_platform_auditor:
        raise NotIdentified("no_membership")
    actor = Actor(
        kind=ActorKind.TOKEN,
        tenant_id=token.tenant_id,
        user_id=token.user_id,
        token_id=token.pk,
        held=held,
        scopes=frozenset(Scope(scope) for scope in token.scopes),
        purpose=token.purpose,
        label=f"{user.display_name} ({token.name})",
        needs_trusted_documents=_needs_trusted_documents(places, token.tenant_id),
    )
    return actor, token


def places_of(user_id: UUID) -> list[Place]:
    """Every membership of a person, in all tenants; PostgreSQL shows them to that person only."""
    rows = (
        Membership.objects.filter(user_id=user_id)
        .order_by("tenant__slug", "team__slug", "role")
        .values_list("tenant_id", "tenant__slug", "team_id", "role", "tenant__requires_trusted_documents")
    )
    return [
        Place(tenant_id, slug, HeldRole(Role(role), team_id), needs) for tenant_id, slug, team_id, role, needs in rows
    ]


def held_in(places: Iterable[Place], tenant_id: UUID | None) -> tuple[HeldRole, ...]:
    """The roles held in one tenant."""
    return tuple(place.held for place in places if place.tenant_id == tenant_id)


def _needs_trusted_documents(places: Iterable[Place], tenant_id: UUID | None) -> bool:
    return any(place.needs_trusted_documents for place in places if place.tenant_id == tenant_id)


def only_tenant(places: Iterable[Place]) -> UUID | None:
    """The tenant of a person who has just one; who has several must name one."""
    tenants = {place.tenant_id for place in places}
    return tenants.pop() if len(tenants) == 1 else None


def _is_within(address: str, networks: Sequence[str]) -> bool:
    if not networks:
        return True
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(client, "ipv4_mapped", None) or client
    return any(mapped in ipaddress.ip_network(network, strict=False) for network in networks)
