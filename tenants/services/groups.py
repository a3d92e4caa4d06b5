"""Derives django-guardian's groups and object permissions from memberships, and says where the two differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from ..models import (
    Membership,
    RoleGroup,
    Team,
    TeamGroupObjectPermission,
    Tenant,
    TenantGroupObjectPermission,
    User,
)
from ..roles import ACTIONS_OF_ROLE, Role

Place = tuple[UUID | None, str]  # team (None: the whole tenant) and role
Person = tuple[int, UUID]  # group and user
Right = tuple[int, UUID, str]  # group, team or tenant, and action
UserGroup = User.groups.through


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything that guardian holds, or should hold, about one tenant."""

    people: frozenset[Person]
    rights: frozenset[Right]


def derive_permissions(tenant: Tenant) -> None:
    """Make groups, their people and their rights follow the memberships, within the caller's transaction.

    A group stays when its last member leaves: a restricted case may name it.
    """
    with transaction.atomic():
        # Two derivations of one tenant wait for each other; whoever comes second sees the first one's memberships.
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        _make_groups(tenant, _places(tenant) - set(_groups(tenant)))
        groups = _groups(tenant)
        wanted, found = _wanted(tenant, groups), _found(tenant, groups)
        for group_id, user_id in found.people - wanted.people:
            UserGroup.objects.filter(group_id=group_id, user_id=user_id).delete()
        UserGroup.objects.bulk_create(
            [UserGroup(group_id=group_id, user_id=user_id) for group_id, user_id in wanted.people - found.people]
        )
        _remove_rights(found.rights - wanted.rights)
        _add_rights(tenant, wanted.rights - found.rights)


def compare_permissions(tenant: Tenant) -> list[str]:
    """Where guardian's rows differ from what memberships and the role table say; empty when they agree."""
    groups = _groups(tenant)
    differences = [f"missing group: {_name(place)}" for place in _places(tenant) - set(groups)]
    names = {group_id: _name(place) for place, group_id in groups.items()}
    wanted, found = _wanted(tenant, groups), _found(tenant, groups)
    for word, people in (("missing", wanted.people - found.people), ("superfluous", found.people - wanted.people)):
        differences += [f"{word} member: {names[group_id]}, user {user_id}" for group_id, user_id in people]
    for word, rights in (("missing", wanted.rights - found.rights), ("superfluous", found.rights - wanted.rights)):
        differences += [
            f"{word} right: {names.get(group_id, 'a group of no role')}, {action} on {place_id}"
            for group_id, place_id, action in rights
        ]
    return sorted(differences)


def _name(place: Place) -> str:
    team_id, role = place
    return f"{role} of team {team_id}" if team_id else f"{role} of the tenant"


def _places(tenant: Tenant) -> set[Place]:
    return set(Membership.objects.filter(tenant=tenant).values_list("team_id", "role"))


def _groups(tenant: Tenant) -> dict[Place, int]:
    rows = RoleGroup.objects.filter(tenant=tenant).values_list("team_id", "role", "group_id")
    return {(team_id, role): group_id for team_id, role, group_id in rows}


def _make_groups(tenant: Tenant, places: Iterable[Place]) -> None:
    for team_id, role in places:
        group = Group.objects.create(name=str(uuid4()))
        RoleGroup(tenant=tenant, team_id=team_id, role=role, group=group).save(force_insert=True)


def _wanted(tenant: Tenant, groups: dict[Place, int]) -> Permissions:
    memberships = Membership.objects.filter(tenant=tenant).values_list("team_id", "role", "user_id")
    people = {(groups[team_id, role], user_id) for team_id, role, user_id in memberships if (team_id, role) in groups}
    rights = {
        (group_id, team_id or tenant.pk, action.value)
        for (team_id, role), group_id in groups.items()
        for action in ACTIONS_OF_ROLE[Role(role)]
    }
    return Permissions(frozenset(people), frozenset(rights))


def _found(tenant: Tenant, groups: dict[Place, int]) -> Permissions:
    people = UserGroup.objects.filter(group_id__in=groups.values()).values_list("group_id", "user_id")
    columns = ("group_id", "content_object_id", "permission__codename")
    on_teams = TeamGroupObjectPermission.objects.filter(tenant=tenant).values_list(*columns)
    on_tenant = TenantGroupObjectPermission.objects.filter(tenant=tenant).values_list(*columns)
    return Permissions(frozenset(people), frozenset([*on_teams, *on_tenant]))


def _remove_rights(rights: Iterable[Right]) -> None:
    for group_id, place_id, action in rights:
        for model in (TeamGroupObjectPermission, TenantGroupObjectPermission):
            model.objects.filter(group_id=group_id, content_object_id=place_id, permission__codename=action).delete()


def _add_rights(tenant: Tenant, rights: Iterable[Right]) -> None:
    rows = list(rights)
    on_teams = [right for right in rows if right[1] != tenant.pk]
    on_tenant = [right for right in rows if right[1] == tenant.pk]
    TeamGroupObjectPermission.objects.bulk_create(
        TeamGroupObjectPermission(
            tenant_id=tenant.pk, group_id=group, content_object_id=place, permission_id=permission
        )
        for group, place, permission in _with_permissions(Team, on_teams)
    )
    TenantGroupObjectPermission.objects.bulk_create(
        TenantGroupObjectPermission(
            tenant_id=tenant.pk, group_id=group, content_object_id=place, permission_id=permission
        )
        for group, place, permission in _with_permissions(Tenant, on_tenant)
    )


def _with_permissions(target: type[Team] | type[Tenant], rights: list[Right]) -> list[tuple[int, UUID, int]]:
    """The rights with the ids of guardian's permissions, which `migrate` makes from the role table."""
    if not rights:
        return []
    known = dict(
        Permission.objects.filter(
            content_type__app_label="tenants", content_type__model=target._meta.model_name
        ).values_list("codename", "pk")
    )
    missing = {action for _, _, action in rights} - set(known)
    if missing:
        raise ImproperlyConfigured(
            f"The database does not know the actions {', '.join(sorted(missing))}: run manage.py migrate."
        )
    return [(group, place, known[action]) for group, place, action in rights]
