"""Reads policies and versions: what governs now, and what waits for a decision."""

from uuid import UUID

from django.db.models import QuerySet

from .models import Policy, PolicyKind, PolicyVersion, VersionState


def find_version(version_id: UUID) -> PolicyVersion | None:
    """A version of the actor's tenant, or None."""
    return PolicyVersion.objects.select_related("policy").filter(pk=version_id).first()


def find_policy(tenant_id: UUID, kind: PolicyKind, slug: str) -> Policy | None:
    """A policy by its name, or None."""
    return Policy.objects.filter(tenant_id=tenant_id, kind=kind, slug=slug).first()


def active_versions(tenant_id: UUID, kind: PolicyKind) -> QuerySet[PolicyVersion]:
    """The governing versions of one kind."""
    return PolicyVersion.objects.filter(
        tenant_id=tenant_id, policy__kind=kind, state=VersionState.ACTIVE
    ).select_related("policy")


def waiting_versions(tenant_id: UUID) -> QuerySet[PolicyVersion]:
    """Proposals that wait for a second person, oldest first."""
    return (
        PolicyVersion.objects.filter(tenant_id=tenant_id, state=VersionState.PROPOSED)
        .select_related("policy")
        .order_by("proposed_at")
    )


def is_stale(version: PolicyVersion) -> bool:
    """Whether another version became active after this one was begun."""
    current = PolicyVersion.objects.filter(policy_id=version.policy_id, state=VersionState.ACTIVE).first()
    return (current.pk if current else None) != version.based_on_id
