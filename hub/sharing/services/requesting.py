"""Makes sure that there is a projection row, pending if need be, for everything that coverage asks for."""

from collections.abc import Collection
from secrets import token_hex
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from hub.catalog.models import Case
from hub.lifecycle.models import PolicyVersion, VersionState
from tenants.identifiers import new_id
from tenants.models import Team
from tenants.scoping import acting_as
from tenants.work import note_work

from ..background import PROJECTIONS, bookkeeper
from ..keys import KeyUnavailable, public_id
from ..models import Audience, GrantCoverage, Projection, RedactionProfile, SharingGrant
from .audiences import key_of
from .levels import levels_of


def request_projections(case: Case) -> int:
    """Ask for what one case lacks: its current version under each profile's active policy for each audience."""
    return request_for_cases(case.tenant_id, [case.pk])


def request_for_cases(tenant_id: UUID, case_ids: Collection[UUID]) -> int:
    """The same for many cases of one tenant, with one note of work."""
    return _request(tenant_id, GrantCoverage.objects.filter(tenant_id=tenant_id, case_id__in=case_ids))


def request_for_grant(grant: SharingGrant) -> int:
    """Ask for what one grant's audience lacks."""
    return _request(grant.tenant_id, GrantCoverage.objects.filter(tenant_id=grant.tenant_id, grant=grant))


def request_for_profile(profile: RedactionProfile) -> int:
    """Ask for everything under one profile, e.g. because another version of its policy was activated."""
    return _request(profile.tenant_id, GrantCoverage.objects.filter(tenant_id=profile.tenant_id, profile=profile))


def request_for_tenant(tenant_id: UUID) -> int:
    """Ask for whatever a tenant lacks; a slow check, in case an earlier step was missed."""
    return _request(tenant_id, GrantCoverage.objects.filter(tenant_id=tenant_id))


def projection_for(case: Case, profile: RedactionProfile, audience: Audience) -> Projection | None:
    """What an audience outside, such as a ticket system, is told of a case: built on request, readable by nobody.

    No coverage stands behind it, so it never comes in force for a reader. None where the case or the profile has no
    version to build from; otherwise the row, which may still be pending.
    """
    active = PolicyVersion.objects.filter(policy_id=profile.policy_id, state=VersionState.ACTIVE).first()
    if active is None or case.current_version_id is None or case.withdrawn_at is not None:
        return None
    same = Projection.objects.filter(
        version_id=case.current_version_id, policy_version_id=active.pk, audience_id=audience.pk
    )
    if not same.exists():
        try:
            known_as = public_id(key_of(audience), case.pk)
        except KeyUnavailable:
            return None
        address = Team.objects.filter(pk=case.team_id).values_list("address", flat=True)[0]
        Projection.objects.bulk_create(
            [
                Projection(
                    id=new_id(), tenant_id=case.tenant_id, team_id=case.team_id, case_id=case.pk,
                    version_id=case.current_version_id, profile_id=profile.pk, policy_version_id=active.pk,
                    audience_id=audience.pk, public_id=known_as, owner_label=address, **levels_of(case),
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        note_work(case.tenant_id, PROJECTIONS)
    return same.first()


def lacking(coverage: QuerySet[GrantCoverage]) -> QuerySet[GrantCoverage]:
    """Coverage without a row for the current version under the active policy. No active policy asks for nothing."""
    active = PolicyVersion.objects.filter(policy_id=OuterRef("profile__policy_id"), state=VersionState.ACTIVE)
    return (
        coverage.filter(case__withdrawn_at__isnull=True, case__current_version__isnull=False)
        .annotate(active_version_id=Subquery(active.values("pk")[:1]))
        .filter(active_version_id__isnull=False)
        .exclude(
            Exists(
                Projection.objects.filter(
                    version_id=OuterRef("case__current_version_id"),
                    policy_version_id=OuterRef("active_version_id"),
                    audience_id=OuterRef("audience_id"),
                )
            )
        )
    )


def _request(tenant_id: UUID, coverage: QuerySet[GrantCoverage]) -> int:
    with acting_as(bookkeeper(tenant_id)):
        rows = list(lacking(coverage).select_related("case"))
        audiences = Audience.objects.in_bulk({row.audience_id for row in rows})
        labels = dict(Team.objects.filter(pk__in={row.team_id for row in rows}).values_list("pk", "address"))
        wanted: dict[tuple[UUID, UUID, UUID], Projection] = {}
        for row in rows:
            version_id, policy_version_id = row.case.current_version_id, row.active_version_id  # type: ignore[attr-defined]
            if version_id is None:
                continue
            # Two grants to one audience under one profile ask for one projection.
            wanted[version_id, policy_version_id, row.audience_id] = Projection(
                id=new_id(),
                tenant_id=tenant_id,
                team_id=row.team_id,
                case_id=row.case_id,
                version_id=version_id,
                profile_id=row.profile_id,
                policy_version_id=policy_version_id,
                audience_id=row.audience_id,
                public_id=_public_id(audiences[row.audience_id], row),
                owner_label=labels[row.team_id],
                **levels_of(row.case),
            )
        Projection.objects.bulk_create(wanted.values(), ignore_conflicts=True, batch_size=500)
        # Always: coverage that came back may find its projection ready, and then it only has to be put in force.
        note_work(tenant_id, PROJECTIONS)
        return len(wanted)


def _public_id(audience: Audience, row: GrantCoverage) -> str:
    if audience.recipient_tenant_id == row.tenant_id and audience.recipient_team_id == row.team_id:
        return str(row.case_id)
    try:
        return public_id(key_of(audience), row.case_id)
    except KeyUnavailable:
        # The builder cannot open it either and withholds the projection; an id of no use keeps the row honest.
        return f"c_unavailable_{token_hex(8)}"
