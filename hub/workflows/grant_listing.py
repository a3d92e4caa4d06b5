"""Showing grants to those whom they concern: to the owner in full, to the recipient as far as it concerns him."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.models import GrantCoverage, GrantState, RedactionProfile, SharingGrant, SharingGroupMember
from hub.sharing.shapes import CaseFilter, CaseOrder, PageRequest, read_page
from tenants.actors import Actor
from tenants.decisions import Decision, allow, refuse
from tenants.roles import Action

from .outcomes import Refusal


@dataclass(frozen=True, slots=True)
class GrantFilter:
    """Which grants; every condition that is given must hold. A case is named as the asker knows it."""

    is_issued: bool | None = None
    states: tuple[str, ...] = ()
    running_only: bool = False
    case_id: UUID | None = None
    public_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnersView:
    """What only the owner's side knows of a grant."""

    profile: str
    selection: dict[str, Any]
    covered_cases: int
    issued_by: str
    approved_by: str
    revoked_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as it is shown; `owners` is there for the owner's side alone."""

    grant_id: UUID
    owner: str
    recipient: str
    purpose: str
    ceiling_class: str
    ceiling_tlp: str
    starts_at: datetime
    expires_at: datetime
    state: str
    is_running: bool
    issued_at: datetime
    revoked_at: datetime | None
    owners: OwnersView | None


@dataclass(frozen=True, slots=True)
class GrantPage:
    """A page of grants, newest first."""

    grants: tuple[GrantView, ...]
    has_more: bool


def list_grants(actor: Actor, *, condition: GrantFilter, first: int, after: UUID | None = None) -> GrantPage | Refusal:
    """The grants that the actor's side has issued or received, newest first."""
    decision = _decide(actor)
    if not decision.allowed:
        record(actor, AuditAction.GRANT_LIST, "grants:", decision)
        return Refusal(decision.basis)
    running = SharingGrant.objects.filter(_running(), pk=OuterRef("pk"))
    rows = _visible(actor, condition).annotate(covered=Count("coverage"), running=Exists(running))
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: first + 1])
    # Not joined: a recipient does not see the owner's profiles, and a join would lose his grants with them.
    profiles = RedactionProfile.objects.in_bulk({grant.profile_id for grant in found})
    shown = tuple(_view(actor, grant, profiles) for grant in found[:first])
    record(actor, AuditAction.GRANT_LIST, "grants:", decision, grants=[view.grant_id for view in shown])
    return GrantPage(shown, len(found) > first)


def _decide(actor: Actor) -> Decision:
    if actor.tenant_id is None:
        return refuse("no_tenant")
    if not actor.in_scope(Action.VIEW_GRANTS):
        return refuse("scope_missing:read")
    role = actor.role_anywhere(Action.VIEW_GRANTS)
    return allow(f"role:{role.value}") if role else refuse("no_role")


def _visible(actor: Actor, condition: GrantFilter) -> QuerySet[SharingGrant]:
    issued, received = Q(tenant_id=actor.tenant_id), _received(actor)
    if actor.role_for(Action.VIEW_GRANTS, None) is None:
        # Without a role in the whole tenant: what one's own teams have issued.
        issued &= Q(team_id__in=actor.team_ids)
    side = issued | received
    if condition.is_issued is not None:
        side = issued if condition.is_issued else received
    rows = SharingGrant.objects.filter(side)
    if condition.states:
        rows = rows.filter(state__in=condition.states)
    if condition.running_only:
        rows = rows.filter(_running())
    if condition.case_id is not None:
        covering = GrantCoverage.objects.filter(grant_id=OuterRef("pk"), case_id=condition.case_id)
        # Who came by another team's id of a case learns nothing from it, be he a recipient in the same tenant.
        rows = rows.filter(Exists(covering)).filter(issued)
    if condition.public_id is not None:
        rows = rows.filter(pk__in=_basis_of(actor, condition.public_id))
    return rows


def _received(actor: Actor) -> Q:
    """Grants that took effect, to the actor's teams; a proposal or a rejection is the owner's own affair."""
    groups = SharingGroupMember.objects.filter(Q(member_tenant_id=actor.tenant_id))
    to_teams = Q(recipient_tenant_id=actor.tenant_id)
    if actor.role_for(Action.VIEW_GRANTS, None) is None:
        groups = groups.filter(Q(member_team_id__isnull=True) | Q(member_team_id__in=actor.team_ids))
        to_teams &= Q(recipient_team_id__isnull=True) | Q(recipient_team_id__in=actor.team_ids)
    return Q(state__in=[GrantState.ACTIVE, GrantState.REVOKED]) & (to_teams | Q(group_id__in=groups.values("group_id")))


def _running() -> Q:
    return Q(state=GrantState.ACTIVE, revoked_at__isnull=True, starts_at__lte=Now(), expires_at__gt=Now())


def _basis_of(actor: Actor, public_id: str) -> list[UUID]:
    """The one grant by which the actor reads a case, if he reads it at all."""
    page = read_page(actor, CaseFilter(public_ids=(public_id,)), CaseOrder.NEWEST, PageRequest(first=1))
    return [row.grant_id for row in page.rows if row.grant_id is not None]


def _view(actor: Actor, grant: SharingGrant, profiles: Mapping[UUID, RedactionProfile]) -> GrantView:
    is_owners = grant.tenant_id == actor.tenant_id and (
        actor.role_for(Action.VIEW_GRANTS, None) is not None or grant.team_id in actor.team_ids
    )
    return GrantView(
        grant_id=grant.pk,
        owner=grant.owner_label,
        recipient=grant.recipient_label,
        purpose=grant.purpose,
        ceiling_class=grant.ceiling_class,
        ceiling_tlp=grant.ceiling_tlp,
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        state=str(grant.state),
        is_running=bool(grant.running),  # type: ignore[attr-defined]
        issued_at=grant.issued_at,
        revoked_at=grant.revoked_at,
        owners=_owners_view(grant, profiles[grant.profile_id].slug) if is_owners else None,
    )


def _owners_view(grant: SharingGrant, profile: str) -> OwnersView:
    return OwnersView(
        profile=profile,
        selection=grant.selection,
        covered_cases=grant.covered,  # type: ignore[attr-defined]
        issued_by=grant.issued_by,
        approved_by=grant.approved_by,
        revoked_by=grant.revoked_by,
        reason=grant.reason,
    )
