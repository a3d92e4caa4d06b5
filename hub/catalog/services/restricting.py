"""Restricted cases: only the people and teams named on them read them."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction

from tenants.models import RoleGroup

from ..models import Case, CaseGroupObjectPermission, CaseUserObjectPermission
from .writing import lock_case

READ_RAW = "read_raw"


def restrict_case(case: Case, user_ids: Iterable[UUID], team_ids: Iterable[UUID] = ()) -> None:
    """Let only these people and teams, and the case's author, read it from now on; others named before are dropped.

    The rows and the flag are written together. The projections' copy of the flag follows in the same transaction,
    by the workflow that calls this.
    """
    with transaction.atomic():
        locked = lock_case(case.pk)
        people = dict.fromkeys([*user_ids, *_author(locked)])
        groups = RoleGroup.objects.filter(tenant_id=locked.tenant_id, team_id__in=list(team_ids)).values_list(
            "group_id", flat=True
        )
        _drop_rows(locked)
        owner = {"tenant_id": locked.tenant_id, "content_object_id": locked.pk, "permission_id": _permission_id()}
        CaseUserObjectPermission.objects.bulk_create(
            CaseUserObjectPermission(user_id=user_id, **owner) for user_id in people
        )
        CaseGroupObjectPermission.objects.bulk_create(
            CaseGroupObjectPermission(group_id=group_id, **owner) for group_id in groups
        )
        _flag(case, locked, is_restricted=True)


def unrestrict_case(case: Case) -> None:
    """Open the case to its whole team again."""
    with transaction.atomic():
        locked = lock_case(case.pk)
        _drop_rows(locked)
        _flag(case, locked, is_restricted=False)


def _drop_rows(case: Case) -> None:
    CaseUserObjectPermission.objects.filter(content_object_id=case.pk).delete()
    CaseGroupObjectPermission.objects.filter(content_object_id=case.pk).delete()


def _flag(case: Case, locked: Case, *, is_restricted: bool) -> None:
    locked.is_restricted = is_restricted
    locked.save(update_fields=["is_restricted"])
    case.is_restricted = is_restricted


def _author(case: Case) -> list[UUID]:
    kind, _, key = case.created_by.partition(":")
    return [UUID(key)] if kind == "user" else []


def _permission_id() -> int:
    permission_id: int = Permission.objects.values_list("pk", flat=True).get(
        codename=READ_RAW, content_type__app_label="catalog", content_type__model="case"
    )
    return permission_id
