"""Moves a policy version through its life: begin, edit, propose, activate, reject."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from .models import Policy, PolicyKind, PolicyVersion, VersionState


class LifecycleRefusal(Exception):
    """Why a step cannot be taken: `same_person`, `not_proposed`, `not_draft` or `stale`."""

    def __init__(self, basis: str) -> None:
        super().__init__(basis)
        self.basis = basis


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document with sorted keys: the same policy has the same digest everywhere."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def create_policy(tenant_id: UUID, kind: PolicyKind, slug: str, name: str) -> Policy:
    """A policy without any version: it governs nothing yet."""
    return Policy.objects.create(tenant_id=tenant_id, kind=kind, slug=slug, name=name)


def begin_draft(policy: Policy, document: Mapping[str, Any], *, author: str, note: str = "") -> PolicyVersion:
    """A new draft on top of the version that is active now."""
    with transaction.atomic():
        Policy.objects.select_for_update().get(pk=policy.pk)
        last = policy.versions.aggregate(last=Max("number"))["last"] or 0
        return PolicyVersion.objects.create(
            tenant_id=policy.tenant_id,
            policy=policy,
            number=last + 1,
            document=dict(document),
            digest=digest_of(document),
            note=note,
            based_on=active_version(policy),
            author=author,
        )


def edit_draft(version_id: UUID, document: Mapping[str, Any], *, editor: str, note: str | None = None) -> PolicyVersion:
    """Change a draft; whoever edited it cannot activate it later."""
    with transaction.atomic():
        version = _lock(version_id, VersionState.DRAFT, "not_draft")
        version.document, version.digest = dict(document), digest_of(document)
        if note is not None:
            version.note = note
        if editor != version.author and editor not in version.editors:
            version.editors = [*version.editors, editor]
        version.save()
    return version


def propose(version_id: UUID) -> PolicyVersion:
    """Hand a draft over for a decision; from here on nobody changes it."""
    with transaction.atomic():
        version = _lock(version_id, VersionState.DRAFT, "not_draft")
        version.state, version.proposed_at = VersionState.PROPOSED, timezone.now()
        version.save(update_fields=["state", "proposed_at"])
    return version


def activate(version_id: UUID, *, by: str, reason: str = "") -> PolicyVersion:
    """Let a proposed version govern from now on, by someone who neither wrote nor edited it."""
    with transaction.atomic():
        version = _lock(version_id, VersionState.PROPOSED, "not_proposed")
        if by == version.author or by in version.editors:
            raise LifecycleRefusal("same_person")
        current = active_version(version.policy)
        if (current.pk if current else None) != version.based_on_id:
            raise LifecycleRefusal("stale")
        if current is not None:
            current.state = VersionState.RETIRED
            current.save(update_fields=["state"])
        _decide(version, VersionState.ACTIVE, by, reason)
    return version


def reject(version_id: UUID, *, by: str, reason: str) -> PolicyVersion:
    """Turn a proposal down. Its author may do that too: withdrawing lets nothing out."""
    with transaction.atomic():
        version = _lock(version_id, VersionState.PROPOSED, "not_proposed")
        _decide(version, VersionState.REJECTED, by, reason)
    return version


def active_version(policy: Policy) -> PolicyVersion | None:
    """The version that governs now."""
    return policy.versions.filter(state=VersionState.ACTIVE).first()


def _lock(version_id: UUID, state: VersionState, otherwise: str) -> PolicyVersion:
    # The policy's row is locked first: two activations of one policy wait for each other.
    policy_id = PolicyVersion.objects.values_list("policy_id", flat=True).get(pk=version_id)
    Policy.objects.select_for_update().get(pk=policy_id)
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    if version.state != state:
        raise LifecycleRefusal(otherwise)
    return version


def _decide(version: PolicyVersion, state: VersionState, by: str, reason: str) -> None:
    version.state, version.decided_by, version.decided_at, version.reason = state, by, timezone.now(), reason
    version.save(update_fields=["state", "decided_by", "decided_at", "reason"])
