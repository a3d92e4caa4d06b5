"""The one place that decides what another team may see: the wall in Python, complete without PostgreSQL's."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Now

from hub.catalog.models import Case as FailureCase
from hub.catalog.models import CaseUserObjectPermission
from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.catalog.models.raw_access import CaseGroupObjectPermission
from tenants.actors import Actor
from tenants.decisions import Decision, allow, refuse
from tenants.roles import Action

from .models import Audience, GrantCoverage, GrantState, Projection, SharingGrant, SharingGroupMember, WorkState
from .purposes import containing

CLASS_RANKS = {label: rank for rank, (label, _) in enumerate(DATA_CLASSES)}
TLP_RANKS = {label: rank for rank, (label, _) in enumerate(TLP_LABELS)}


def _rank(field: str, ranks: dict[str, int]) -> Case:
    whens = [When(**{field: label}, then=Value(rank)) for label, rank in ranks.items()]
    # An unknown level is below every case: it lets nothing out.
    return Case(*whens, default=Value(-1), output_field=IntegerField())


def visible_projections(actor: Actor) -> QuerySet[Projection]:
    """The only source of rows for a reader: one projection a case, on exactly one basis.

    The basis (`basis_id`, a coverage row) is the one grant that counts: made for the request's purpose or a wider
    one, then the most protective profile, then the oldest. Two profiles of one case would allow subtraction.
    A team reads its own cases first, under its internal profile.
    """
    if actor.tenant_id is None or not actor.in_scope(Action.READ_SHARED):
        return _nothing()
    if not any(actor.role_for(Action.READ_SHARED, team_id) for team_id in actor.team_ids):
        return _nothing()
    basis = (
        standing_coverage(actor)
        .annotate(
            ceiling_class_rank=_rank("grant__ceiling_class", CLASS_RANKS),
            ceiling_tlp_rank=_rank("grant__ceiling_tlp", TLP_RANKS),
            is_grant=Case(When(grant__isnull=True, then=Value(0)), default=Value(1)),
        )
        .filter(case_id=OuterRef("case_id"))
        .filter(
            Q(grant__isnull=True)
            | Q(ceiling_class_rank__gte=OuterRef("class_rank"), ceiling_tlp_rank__gte=OuterRef("tlp_rank"))
        )
        .order_by("is_grant", "-protection", "grant__issued_at", "pk")
        # The one that counts, if it is this projection that it stands for; worked out once a row.
        .annotate(
            standing_for=Case(
                When(audience_id=OuterRef("audience_id"), profile_id=OuterRef("profile_id"), then=F("pk")),
                output_field=UUIDField(null=True),
            )
        )
    )
    return (
        Projection.objects.filter(state=WorkState.READY, is_in_force=True, recalled_at__isnull=True)
        # No decision, only a short cut: rows made for others are passed over inside the index.
        .filter(_is_any_of("audience_id", _audiences(actor, actor.tenant_id)))
        .annotate(basis_id=Subquery(basis.values("standing_for")[:1], output_field=UUIDField()))
        .filter(basis_id__isnull=False)
        .filter(Q(is_restricted=False) | _is_named(actor))
    )


def _audiences(actor: Actor, tenant_id: UUID) -> QuerySet[Any]:
    """Every audience that the actor may be in: those of his teams at home, and those of the running grants to him."""
    own = Audience.objects.filter(tenant_id=tenant_id, recipient_team_id__in=actor.team_ids).order_by()
    granted = SharingGrant.objects.filter(state=GrantState.ACTIVE).filter(_to(actor, tenant_id)).order_by()
    return own.values("pk").union(granted.values("audience_id"))


def _is_any_of(column: str, rows: QuerySet[Any]) -> Func:
    """Whether a column is one of the rows, as an array read before the scan.

    Of all forms of IN only this one is known not to leak, so that row-level security lets it reach the index.
    """
    found = Func(ArraySubquery(rows), function="ANY", output_field=UUIDField())
    return Func(F(column), found, template="%(expressions)s", arg_joiner=" = ", output_field=BooleanField())


def _nothing() -> QuerySet[Projection]:
    """No rows, with the same columns as any: what reads them need not know why there are none."""
    return Projection.objects.annotate(basis_id=Value(None, output_field=UUIDField())).none()


def standing_coverage(actor: Actor) -> QuerySet[GrantCoverage]:
    """Coverage that stands for this actor now: his team's own cases, and running grants to him for his purpose."""
    if actor.tenant_id is None:
        return GrantCoverage.objects.none()
    own = Q(grant__isnull=True, tenant_id=actor.tenant_id, team_id__in=actor.team_ids) & _to_himself(actor)
    running = Q(
        grant__state=GrantState.ACTIVE,
        grant__revoked_at__isnull=True,
        grant__starts_at__lte=Now(),
        grant__expires_at__gt=Now(),
        grant__purpose__in=containing(actor.purpose),
    )
    return GrantCoverage.objects.filter(own | (running & _to(actor, actor.tenant_id)))


def served_coverage() -> QuerySet[GrantCoverage]:
    """Coverage by grants under which a recipient gets the case while its grant runs: ready and within the ceiling.

    For the owner's side, to count what is really shared. Whether another grant counts before it depends on the reader.
    """
    ready = Projection.objects.filter(
        state=WorkState.READY,
        is_in_force=True,
        recalled_at__isnull=True,
        is_restricted=False,
        case_id=OuterRef("case_id"),
        audience_id=OuterRef("audience_id"),
        profile_id=OuterRef("profile_id"),
        class_rank__lte=OuterRef("ceiling_class_rank"),
        tlp_rank__lte=OuterRef("ceiling_tlp_rank"),
    )
    return GrantCoverage.objects.annotate(
        ceiling_class_rank=_rank("grant__ceiling_class", CLASS_RANKS),
        ceiling_tlp_rank=_rank("grant__ceiling_tlp", TLP_RANKS),
    ).filter(Exists(ready), grant__isnull=False)


def _to(actor: Actor, tenant_id: UUID) -> Q:
    """Whether a grant or its coverage is made out to the actor: his team, his tenant, or a group that either is in."""
    groups = SharingGroupMember.objects.filter(member_tenant_id=tenant_id).filter(
        Q(member_team_id__isnull=True) | Q(member_team_id__in=actor.team_ids)
    )
    return _to_himself(actor) | Q(group_id__in=groups.values("group_id"))


def _to_himself(actor: Actor) -> Q:
    return Q(recipient_tenant_id=actor.tenant_id) & (
        Q(recipient_team_id__isnull=True) | Q(recipient_team_id__in=actor.team_ids)
    )


def _is_named(actor: Actor) -> Exists | Q:
    """Whether the actor is one of a restricted case's named people, or in a named team."""
    if actor.user_id is None:
        return Q(pk__in=[])
    return Exists(
        CaseUserObjectPermission.objects.filter(content_object_id=OuterRef("case_id"), user_id=actor.user_id)
    ) | Exists(
        CaseGroupObjectPermission.objects.filter(content_object_id=OuterRef("case_id"), group__user__pk=actor.user_id)
    )


def decide_view(actor: Actor, case: FailureCase) -> Decision:
    """Whether the actor sees a projection of this case now, and on what basis.

    For explaining, so it runs on the owner's side, row by row in Python; a test holds it equal to
    `visible_projections` for the whole cast and for random grants.
    """
    if actor.tenant_id is None or not actor.in_scope(Action.READ_SHARED):
        return refuse("scope_missing:read")
    if not any(actor.role_for(Action.READ_SHARED, team_id) for team_id in actor.team_ids):
        return refuse("no_role")
    standing = [
        row
        for row in GrantCoverage.objects.filter(case_id=case.pk).select_related("grant").annotate(database_now=Now())
        if _stands(row, actor) and _within_ceiling(row, case)
    ]
    if not standing:
        return refuse("no_grant")
    if case.is_restricted and not _named_in_python(actor, case):
        return refuse("restricted")
    counting = min(
        standing,
        key=lambda row: (
            row.grant is not None,
            -row.protection,
            row.grant.issued_at.timestamp() if row.grant else 0.0,
            row.pk,
        ),
    )
    ready = Projection.objects.filter(
        case_id=case.pk,
        audience_id=counting.audience_id,
        profile_id=counting.profile_id,
        state=WorkState.READY,
        is_in_force=True,
        recalled_at__isnull=True,
    ).exists()
    if not ready:
        return refuse("no_projection")
    return allow(f"grant:{counting.grant_id}" if counting.grant_id else "own_team")


def _stands(row: GrantCoverage, actor: Actor) -> bool:
    teams = set(actor.team_ids)
    if row.grant is None:
        return row.tenant_id == actor.tenant_id and row.team_id in teams
    grant = row.grant
    now = row.database_now  # type: ignore[attr-defined]
    running = (
        grant.state == GrantState.ACTIVE and grant.revoked_at is None and grant.starts_at <= now < grant.expires_at
    )
    if not running or grant.purpose not in containing(actor.purpose):
        return False
    if grant.group_id is not None:
        return any(
            member.member_tenant_id == actor.tenant_id
            and (member.member_team_id is None or member.member_team_id in teams)
            for member in SharingGroupMember.objects.filter(group_id=grant.group_id)
        )
    return grant.recipient_tenant_id == actor.tenant_id and (
        grant.recipient_team_id is None or grant.recipient_team_id in teams
    )


def _within_ceiling(row: GrantCoverage, case: FailureCase) -> bool:
    if row.grant is None:
        return True
    return (
        CLASS_RANKS.get(row.grant.ceiling_class, -1) >= CLASS_RANKS[case.data_class]
        and TLP_RANKS.get(row.grant.ceiling_tlp, -1) >= TLP_RANKS[case.tlp]
    )


def _named_in_python(actor: Actor, case: FailureCase) -> bool:
    if actor.user_id is None or actor.tenant_id != case.tenant_id:
        return False
    return (
        CaseUserObjectPermission.objects.filter(content_object_id=case.pk, user_id=actor.user_id).exists()
        or CaseGroupObjectPermission.objects.filter(content_object_id=case.pk, group__user__pk=actor.user_id).exists()
    )
