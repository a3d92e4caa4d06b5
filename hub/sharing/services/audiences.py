"""Makes audiences: one per owner and recipient, each with a key of its own."""

from uuid import UUID

from tenants.identifiers import new_id
from tenants.models import Team

from ..keys import new_key, open_key, seal_key
from ..models import Audience, SharingGroup


def own_audience(team: Team) -> Audience:
    """A team as the reader of its own cases."""
    return audience_of_team(team.tenant_id, team.tenant_id, team.pk, team.address)


def audience_of_team(
    tenant_id: UUID, recipient_tenant_id: UUID, recipient_team_id: UUID | None, label: str
) -> Audience:
    """A team, or, without a team, a whole tenant, as one owner tenant's audience; made at its first use."""
    audience_id = new_id()
    audience, _ = Audience.objects.get_or_create(
        tenant_id=tenant_id,
        recipient_tenant_id=recipient_tenant_id,
        recipient_team_id=recipient_team_id,
        group=None,
        defaults={"id": audience_id, "label": label, "sealed_key": seal_key(new_key(), audience_id)},
    )
    return audience


def audience_of_group(group: SharingGroup) -> Audience:
    """A sharing group as an audience: its members receive the same, under one key."""
    audience_id = new_id()
    audience, _ = Audience.objects.get_or_create(
        tenant_id=group.tenant_id,
        recipient_tenant_id=None,
        recipient_team_id=None,
        group=group,
        defaults={
            "id": audience_id,
            "label": f"group:{group.slug}",
            "sealed_key": seal_key(new_key(), audience_id),
        },
    )
    return audience


def key_of(audience: Audience) -> bytes:
    """The opened key of an audience; raises keys.KeyUnavailable where it is gone."""
    return open_key(audience.sealed_key, audience.pk)


def forget_key(audience: Audience) -> None:
    """Delete an audience's key: its pseudonyms can no longer be linked or made again. There is no way back."""
    audience.sealed_key = None
    audience.save(update_fields=["sealed_key"])
