"""Letting other teams read: grants are issued, approved, rejected and revoked, and groups get their members."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.background import BUILD_TASK
from hub.sharing.models import GrantCoverage, GrantState, SharingGrant, SharingGroup
from hub.sharing.services import granting, groups
from hub.sharing.services.granting import GrantProblem, GrantRefusal
from hub.sharing.services.groups import GroupProblem
from hub.sharing.terms import GrantTerms
from tenants import permissions, queries
from tenants.actors import Actor
from tenants.decisions import Decision, refuse
from tenants.models import Tenant
from tenants.roles import Action

from .nudging import nudge_on_commit
from .outcomes import Done, GrantAnswer, Invalid, Refusal


def issue_grant(actor: Actor, *, team_id: UUID, terms: GrantTerms) -> GrantAnswer | Refusal | Invalid:
    """Let another team read a selection of this team's cases under one profile; outside every template, propose it."""
    team = queries.find_team(team_id)
    decision = permissions.decide(actor, Action.ISSUE_GRANT, on=team)  # an unknown team is refused like a foreign one
    if team is None or not decision.allowed:
        record(actor, AuditAction.GRANT_ISSUE, f"team:{team_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            grant = granting.issue(team, terms, issued_by=actor.person_key)
            is_active = grant.state == GrantState.ACTIVE
            record(
                actor, AuditAction.GRANT_ISSUE if is_active else AuditAction.GRANT_PROPOSE, f"team:{team_id}", decision,
                grant=grant.pk, recipient=grant.recipient_label, profile=terms.profile, purpose=grant.purpose,
                template=grant.template_version_id,
            )  # fmt: skip
            nudge_on_commit(BUILD_TASK, grant.tenant_id)
    except GrantProblem as problem:
        record(actor, AuditAction.GRANT_ISSUE, f"team:{team_id}", refuse(f"invalid:{problem.path}"))
        return Invalid.because(problem.path, problem.message)
    return _answer(grant)


def approve_grant(actor: Actor, *, grant_id: UUID) -> GrantAnswer | Refusal:
    """Let a proposed grant take effect, as the second person."""
    return _step(
        actor, grant_id, Action.ISSUE_GRANT, AuditAction.GRANT_APPROVE,
        lambda: granting.approve(grant_id, by=actor.person_key),
    )  # fmt: skip


def reject_grant(actor: Actor, *, grant_id: UUID, reason: str) -> GrantAnswer | Refusal | Invalid:
    """Turn a proposed grant down, with a reason."""
    if not reason.strip():
        return Invalid.because("reason", "Say why, so that the proposer can do better.")
    return _step(
        actor, grant_id, Action.ISSUE_GRANT, AuditAction.GRANT_REJECT,
        lambda: granting.reject(grant_id, by=actor.person_key, reason=reason.strip()),
    )  # fmt: skip


def revoke_grant(actor: Actor, *, grant_id: UUID, reason: str) -> GrantAnswer | Refusal | Invalid:
    """End a grant now, with a reason; the recipient's next read comes back without it."""
    if not reason.strip():
        return Invalid.because("reason", "Say why the grant ends.")
    return _step(
        actor, grant_id, Action.REVOKE_GRANT, AuditAction.GRANT_REVOKE,
        lambda: granting.revoke(grant_id, by=actor.person_key, reason=reason.strip()),
    )  # fmt: skip


def create_group(actor: Actor, *, slug: str, name: str) -> Done | Refusal | Invalid:
    """A sharing group: several recipients that will receive the same."""
    decision = _decide_on_tenant(actor)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.GROUP_CHANGE, "sharing_group:", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            group = groups.create_group(actor.tenant_id, slug, name)
            record(actor, AuditAction.GROUP_CHANGE, f"sharing_group:{group.pk}", decision, change="created")
    except GroupProblem as problem:
        return Invalid.because(problem.path, problem.message)
    return Done(group.pk)


def add_group_member(actor: Actor, *, group_id: UUID, address: str) -> Done | Refusal | Invalid:
    """A recipient more in a group. Where the group receives already, only one that a grant template admits."""
    return _change_group(actor, group_id, address, "member_added", groups.add_member)


def remove_group_member(actor: Actor, *, group_id: UUID, address: str) -> Done | Refusal | Invalid:
    """A recipient less in a group; its next read comes back without what the group receives."""
    return _change_group(actor, group_id, address, "member_removed", groups.remove_member)


def _step(
    actor: Actor, grant_id: UUID, action: Action, audit_action: AuditAction, take: Callable[[], SharingGrant]
) -> GrantAnswer | Refusal:
    # With its team in one statement: a recipient sees the grant but not the team, and is refused like anyone else.
    found = SharingGrant.objects.select_related("team").filter(pk=grant_id).first()
    decision = permissions.decide(actor, action, on=found.team if found else None)
    if found is None or not decision.allowed:
        record(actor, audit_action, f"grant:{grant_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            grant = take()
            record(
                actor, audit_action, f"grant:{grant_id}", decision,
                team=grant.team_id, recipient=grant.recipient_label, state=grant.state,
            )  # fmt: skip
            nudge_on_commit(BUILD_TASK, grant.tenant_id)
    except GrantRefusal as refusal:
        record(actor, audit_action, f"grant:{grant_id}", refuse(refusal.basis))
        return Refusal(refusal.basis)
    return _answer(grant)


def _change_group(
    actor: Actor, group_id: UUID, address: str, change: str, take: Callable[[SharingGroup, str], object]
) -> Done | Refusal | Invalid:
    group = SharingGroup.objects.filter(pk=group_id).first()
    # Decided before it is looked at, so that as many statements run for a group that does not exist.
    decision = _decide_on_tenant(actor)
    if group is None:
        decision = refuse("unknown")
    if group is None or not decision.allowed:
        record(actor, AuditAction.GROUP_CHANGE, f"sharing_group:{group_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            take(group, address)
            record(
                actor, AuditAction.GROUP_CHANGE, f"sharing_group:{group_id}", decision, change=change, address=address
            )
    except GroupProblem as problem:
        record(actor, AuditAction.GROUP_CHANGE, f"sharing_group:{group_id}", refuse(f"invalid:{problem.path}"))
        return Invalid.because(problem.path, problem.message)
    return Done(group.pk)


def _decide_on_tenant(actor: Actor) -> Decision:
    """Groups belong to no team: who issues grants for the whole tenant keeps them."""
    tenant = Tenant.objects.filter(pk=actor.tenant_id).first() if actor.tenant_id else None
    return permissions.decide(actor, Action.ISSUE_GRANT, on=tenant)


def _answer(grant: SharingGrant) -> GrantAnswer:
    covered = GrantCoverage.objects.filter(grant_id=grant.pk).count()
    return GrantAnswer(grant.pk, str(grant.state), grant.expires_at, covered)
