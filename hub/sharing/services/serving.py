"""Decides which policy version of a profile readers get, and mends what is in force without being wanted."""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from hub.lifecycle.models import PolicyVersion, VersionState

from ..locks import hold_serving
from ..models import GrantCoverage, Projection, RedactionProfile, WorkState


def waiting_profiles(tenant_id: UUID) -> list[UUID]:
    """Profiles whose active policy version is not the serving one yet."""
    active = PolicyVersion.objects.filter(policy_id=OuterRef("policy_id"), state=VersionState.ACTIVE).exclude(
        pk=OuterRef("serving_version_id")
    )
    # The second form catches a profile that serves nothing yet: NULL is unequal to nothing in SQL.
    unserved = PolicyVersion.objects.filter(policy_id=OuterRef("policy_id"), state=VersionState.ACTIVE)
    profiles = RedactionProfile.objects.filter(tenant_id=tenant_id)
    waiting = profiles.filter(Exists(active)) | profiles.filter(Exists(unserved), serving_version__isnull=True)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def switch_serving_version(profile_id: UUID) -> PolicyVersion | None:
    """Let readers get the active policy version, for all cases of the profile at once; None while that cannot be.

    It can be as soon as everything that readers have now is ready or withheld under the new version: nobody loses a
    case to the rebuilding, and nobody gets two policies side by side. Cases that no reader had yet do not hold it up.
    """
    hold_serving(profile_id)
    profile = RedactionProfile.objects.get(pk=profile_id)
    active = PolicyVersion.objects.filter(policy_id=profile.policy_id, state=VersionState.ACTIVE).first()
    if active is None or active.pk == profile.serving_version_id or _unready(profile_id, active).exists():
        return None
    RedactionProfile.objects.filter(pk=profile_id).update(serving_version=active)
    of_profile = Projection.objects.filter(profile_id=profile_id)
    of_profile.filter(is_in_force=True).exclude(policy_version=active, version_id=F("case__current_version_id")).update(
        is_in_force=False
    )
    of_profile.filter(
        _is_covered(),
        policy_version=active,
        version_id=F("case__current_version_id"),
        state=WorkState.READY,
        is_in_force=False,
    ).update(is_in_force=True)
    return active


def unsettled(tenant_id: UUID) -> list[Projection]:
    """Ready and wanted, yet not in force: what was covered again, or built while a switch went on."""
    return list(
        Projection.objects.filter(
            _is_covered(),
            tenant_id=tenant_id,
            state=WorkState.READY,
            is_in_force=False,
            version_id=F("case__current_version_id"),
            policy_version_id=F("profile__serving_version_id"),
        ).only("pk", "case_id", "profile_id", "audience_id")
    )


def retire_uncovered(tenant_id: UUID) -> int:
    """Take out of force what no coverage wants any more: should it be wanted again, it must be the current one."""
    return Projection.objects.filter(~_is_covered(), tenant_id=tenant_id, is_in_force=True).update(is_in_force=False)


def _is_covered() -> Exists:
    return Exists(
        GrantCoverage.objects.filter(
            case_id=OuterRef("case_id"), audience_id=OuterRef("audience_id"), profile_id=OuterRef("profile_id")
        )
    )


def _unready(profile_id: UUID, active: PolicyVersion) -> QuerySet[Projection]:
    """What readers have and would lose: no finished counterpart under the new policy."""
    finished = Projection.objects.filter(
        case_id=OuterRef("case_id"),
        audience_id=OuterRef("audience_id"),
        profile_id=profile_id,
        policy_version=active,
        version_id=OuterRef("case__current_version_id"),
    ).exclude(state=WorkState.PENDING)
    return (
        Projection.objects.filter(_is_covered(), profile_id=profile_id, is_in_force=True)
        .filter(recalled_at__isnull=True)
        .exclude(Exists(finished))
    )
