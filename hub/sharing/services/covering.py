"""Writes which grant covers which case, in the transaction that changes a grant, a case or its tags."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from hub.catalog.models import Case
from tenants.identifiers import new_id
from tenants.models import Team
from tenants.scoping import acting_as

from ..background import bookkeeper
from ..locks import hold_coverage, share_coverage
from ..models import GrantCoverage, GrantState, RedactionProfile, SharingGrant
from .audiences import own_audience
from .profiles import INTERNAL


def cover_case(case: Case) -> None:
    """Bring the coverage of one case up to date: its own team's, and that of every grant of the team."""
    cover_cases(case.tenant_id, [case.pk])


def cover_cases(tenant_id: UUID, case_ids: Collection[UUID]) -> None:
    """The same for many cases of one tenant at once."""
    with acting_as(bookkeeper(tenant_id)):
        share_coverage(tenant_id)
        _cover_own(tenant_id, Case.objects.filter(tenant_id=tenant_id, pk__in=case_ids))
        teams = Case.objects.filter(pk__in=case_ids).values("team_id")
        for grant in standing_grants(tenant_id).filter(team_id__in=teams):
            _cover(grant, case_ids)


def cover_grant(grant: SharingGrant) -> int:
    """Write the coverage of one grant, or remove it when the grant no longer stands; the number of its cases."""
    with acting_as(bookkeeper(grant.tenant_id)):
        hold_coverage(grant.tenant_id)
        if grant.state != GrantState.ACTIVE:
            GrantCoverage.objects.filter(grant=grant).delete()
            return 0
        _cover(grant, None)
        return GrantCoverage.objects.filter(grant=grant).count()


def cover_tenant(tenant_id: UUID) -> None:
    """Write whatever coverage a tenant lacks; a slow check, in case an earlier step was missed."""
    with acting_as(bookkeeper(tenant_id)):
        hold_coverage(tenant_id)
        _cover_own(tenant_id, Case.objects.filter(tenant_id=tenant_id))
        for grant in standing_grants(tenant_id):
            _cover(grant, None)


def standing_grants(tenant_id: UUID) -> QuerySet[SharingGrant]:
    """Grants that give something now or will do so at their start."""
    return SharingGrant.objects.filter(
        tenant_id=tenant_id, state=GrantState.ACTIVE, revoked_at__isnull=True, expires_at__gt=timezone.now()
    ).select_related("profile")


def matching_cases(grant: SharingGrant) -> QuerySet[Case]:
    """The cases that a grant selects: of its team, not withdrawn, every list of the selection by one of its members."""
    return selected_cases(grant.tenant_id, grant.team_id, grant.selection)


def selected_cases(tenant_id: UUID, team_id: UUID, selection: dict[str, list[str]]) -> QuerySet[Case]:
    """The same for a selection that is not a grant yet."""
    condition = Q(tenant_id=tenant_id, team_id=team_id, withdrawn_at__isnull=True, current_version__isnull=False)
    if selection.get("cases"):
        condition &= Q(pk__in=selection["cases"])
    if selection.get("kinds"):
        condition &= Q(current_version__kind__in=selection["kinds"])
    if selection.get("models"):
        condition &= Q(current_version__model_name__in=selection["models"])
    cases = Case.objects.filter(condition)
    if selection.get("tags"):
        # A subquery, not a join: a case with two of the tags is still one case.
        cases = cases.filter(pk__in=Case.objects.filter(tags__tag__in=selection["tags"]).values("pk"))
    return cases


def _cover(grant: SharingGrant, among: Collection[UUID] | None) -> None:
    matching, rows = matching_cases(grant), GrantCoverage.objects.filter(grant=grant)
    if among is not None:
        matching, rows = matching.filter(pk__in=among), rows.filter(case_id__in=among)
    wanted = dict(matching.values_list("pk", "team_id"))
    present = set(rows.values_list("case_id", flat=True))
    rows.filter(case_id__in=present - set(wanted)).delete()
    _add(
        GrantCoverage(
            id=new_id(),
            tenant_id=grant.tenant_id,
            team_id=wanted[case_id],
            case_id=case_id,
            grant=grant,
            audience_id=grant.audience_id,
            profile_id=grant.profile_id,
            protection=grant.profile.protection,
            recipient_tenant_id=grant.recipient_tenant_id,
            recipient_team_id=grant.recipient_team_id,
            group_id=grant.group_id,
        )
        for case_id in wanted
        if case_id not in present
    )


def _cover_own(tenant_id: UUID, cases: QuerySet[Case]) -> None:
    """A team reads its own cases by the same path, under its internal profile; without that profile, not at all."""
    profile = RedactionProfile.objects.filter(tenant_id=tenant_id, slug=INTERNAL).first()
    if profile is None:
        return
    covered = GrantCoverage.objects.filter(tenant_id=tenant_id, grant__isnull=True).values("case_id")
    missing = list(cases.exclude(pk__in=covered).values_list("pk", "team_id"))
    audiences = {
        team.pk: own_audience(team) for team in Team.objects.filter(pk__in={team_id for _, team_id in missing})
    }
    _add(
        GrantCoverage(
            id=new_id(),
            tenant_id=tenant_id,
            team_id=team_id,
            case_id=case_id,
            grant=None,
            audience=audiences[team_id],
            profile=profile,
            protection=profile.protection,
            recipient_tenant_id=tenant_id,
            recipient_team_id=team_id,
        )
        for case_id, team_id in missing
    )


def _add(rows: Iterable[GrantCoverage]) -> None:
    # Two transactions may find the same row missing; the second one's insert then does nothing.
    GrantCoverage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
