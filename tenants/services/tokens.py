"""Issues and revokes service tokens: narrow, ending on time, and shown once."""

import ipaddress
import re
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from ..models import Membership, ServiceToken, Team, Tenant, User
from ..roles import Scope
from ..token_keys import Key, new_key
from .unacceptable import Unacceptable

_PURPOSE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9:._-]{0,79})?")


def issue_token(
    tenant: Tenant,
    user: User,
    name: str,
    scopes: Iterable[Scope | str],
    *,
    purpose: str = "",
    days: int | None = None,
    team: Team | None = None,
    networks: Iterable[str] = (),
) -> tuple[ServiceToken, Key]:
    """A key for a member of the tenant, at most as long as the tenant lets tokens live.

    It opens what its scopes name, as far as its owner's roles go at the time of use. The secret is in the answer only.
    """
    if not 1 <= len(name.strip()) <= 80 or "\0" in name:
        raise Unacceptable("name", "Use 1 to 80 characters.")
    if not _PURPOSE.fullmatch(purpose):
        raise Unacceptable("purpose", "Name a purpose by its code, e.g. dpv:ResearchAndDevelopment.")
    memberships = Membership.objects.filter(tenant=tenant, user=user)
    if not user.is_active or not (memberships.filter(team=team) if team else memberships).exists():
        raise Unacceptable("user", f"There is no such active member in this {'team' if team else 'tenant'}.")
    key = new_key()
    token = ServiceToken(
        tenant=tenant,
        team=team,
        user=user,
        name=name.strip(),
        prefix=key.prefix,
        digest=key.digest,
        scopes=_checked_scopes(scopes),
        purpose=purpose,
        networks=_checked_networks(networks),
        expires_at=timezone.now() + timedelta(days=_checked_days(tenant, days)),
    )
    token.save(force_insert=True)
    return token, key


def revoke_token(token: ServiceToken) -> None:
    """End a token now. A token that has ended stays as it ended."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])


def revoke_tokens_of(tenant_id: UUID) -> int:
    """End every token of a tenant now; how many there were."""
    standing = ServiceToken.objects.filter(tenant_id=tenant_id, revoked_at__isnull=True)
    return standing.update(revoked_at=timezone.now())


def _checked_scopes(scopes: Iterable[Scope | str]) -> list[str]:
    known = ", ".join(scope.value for scope in Scope)
    try:
        checked = sorted({Scope(scope).value for scope in scopes})
    except ValueError:
        raise Unacceptable("scopes", f"There is no such scope. Choose from: {known}.") from None
    if not checked:
        raise Unacceptable("scopes", f"A token needs at least one scope. Choose from: {known}.")
    return checked


def _checked_networks(networks: Iterable[str]) -> list[str]:
    try:
        return [str(ipaddress.ip_network(network.strip(), strict=False)) for network in networks]
    except ValueError:
        raise Unacceptable("networks", "Write networks as addresses with a prefix, e.g. 192.0.2.0/24.") from None


def _checked_days(tenant: Tenant, days: int | None) -> int:
    if days is None:
        return tenant.token_max_days
    if not 1 <= days <= tenant.token_max_days:
        raise Unacceptable("days", f"Tokens of this tenant live 1 to {tenant.token_max_days} days.")
    return days
