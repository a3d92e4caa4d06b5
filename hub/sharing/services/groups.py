"""Writes sharing groups and their members; a group that receives something takes only members a template admits."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from tenants.queries import find_recipient

from ..locks import hold_coverage
from ..models import GrantState, SharingGrant, SharingGroup, SharingGroupMember
from .granting import template_for, terms_of

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(eq=False)
class GroupProblem(Exception):
    """What is wrong with a change of a sharing group: the entry, and what to do about it."""

    path: str
    message: str


def create_group(tenant_id: UUID, slug: str, name: str) -> SharingGroup:
    """A group without members; nothing is shared with it yet."""
    if not _SLUG.fullmatch(slug):
        raise GroupProblem("slug", "Use 1 to 40 lower-case letters, digits and hyphens.")
    if not 1 <= len(name.strip()) <= 120 or "\0" in name:
        raise GroupProblem("name", "Use 1 to 120 characters.")
    if SharingGroup.objects.filter(tenant_id=tenant_id, slug=slug).exists():
        raise GroupProblem("slug", "There is a sharing group of this name already; choose another.")
    return SharingGroup.objects.create(tenant_id=tenant_id, slug=slug, name=name.strip())


def add_member(group: SharingGroup, address: str) -> SharingGroupMember:
    """A team or tenant as a member; where grants to the group stand, only one that a template admits for each.

    Otherwise one officer could widen, by the group, what two people have agreed on.
    """
    with transaction.atomic():
        hold_coverage(group.tenant_id)
        recipient = find_recipient(address)
        if recipient is None:
            raise GroupProblem("address", "No recipient has this address; give it as the recipient told you.")
        for grant in _standing(group):
            if template_for(group.tenant_id, terms_of(grant), (recipient.label,)) is None:
                raise GroupProblem(
                    "address",
                    "The group receives under a grant that no grant template admits for this recipient; "
                    "issue a grant to the recipient itself, which a second officer approves.",
                )
        member, _ = SharingGroupMember.objects.get_or_create(
            tenant_id=group.tenant_id,
            group=group,
            member_tenant_id=recipient.tenant_id,
            member_team_id=recipient.team_id,
            defaults={"label": recipient.label},
        )
    return member


def remove_member(group: SharingGroup, address: str) -> bool:
    """Take a member out; its next read comes back without what the group receives."""
    return SharingGroupMember.objects.filter(group=group, label=address).delete()[0] > 0


def _standing(group: SharingGroup) -> list[SharingGrant]:
    return list(
        SharingGrant.objects.filter(
            group=group, state__in=[GrantState.ACTIVE, GrantState.PROPOSED], revoked_at__isnull=True
        ).select_related("profile")
    )
