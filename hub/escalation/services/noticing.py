"""Writes what has happened into the log of triggers, in the transaction of its cause."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Exists, Min, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from hub.catalog.models import Case, CaseStatus
from tenants.actors import system_actor
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tenants.work import note_work

from ..facts import facts_of
from ..models import TicketCase, Trigger, TriggerKind

# The kind of note that leads a sweep to a tenant, and the task to nudge.
ESCALATION = "escalation"
RUN_TASK = "escalation.run"
# A case that nobody reviews or that nobody owns a ticket about is looked at again after so many days.
AGES_DAYS = (1, 2, 3, 7, 14, 21, 30, 60, 90, 180, 365)
AGED_AT_ONCE = 500


def notice(
    tenant_id: UUID,
    case_ids: Iterable[UUID],
    kind: TriggerKind,
    *,
    depth: int = 0,
    once: Mapping[UUID, str] | None = None,
    further: Mapping[str, int | float] | None = None,
) -> int:
    """Log that this has happened to these cases, with their facts as they are now; how many entries are new.

    `once` names, by case, entries of which there may be only one, e.g. that a recall is overdue; `further` are facts
    that only this has.
    """
    now = timezone.now()
    known = Trigger.objects.filter(tenant_id=tenant_id, once__in=list((once or {}).values()))
    with acting_as(system_actor(tenant_id, ESCALATION)):
        cases = list(Case.objects.filter(tenant_id=tenant_id, pk__in=list(case_ids)).order_by("pk"))
        said = set(known.values_list("once", flat=True)) if once else set()
        cases = [case for case in cases if once is None or once[case.pk] not in said]
        facts = facts_of(cases, now)
        Trigger.objects.bulk_create(
            [
                Trigger(
                    id=new_id(),
                    tenant_id=tenant_id,
                    team_id=case.team_id,
                    case_id=case.pk,
                    kind=kind,
                    occurred_at=now,
                    depth=depth,
                    facts={**facts[case.pk], **(further or {})},
                    once=once[case.pk] if once else "",
                )
                for case in cases
            ],
            ignore_conflicts=once is not None,
        )
        if cases:
            note_work(tenant_id, ESCALATION)
        if kind == TriggerKind.CASE_SUBMITTED and cases:
            note_work(tenant_id, ESCALATION, now + timedelta(days=AGES_DAYS[0]))
    return len(cases)


def notice_ages(tenant_id: UUID) -> int:
    """Log each age that a case without a review or an owner has reached, once; at most a batch, then ask again."""
    now = timezone.now()
    waiting = Case.objects.filter(tenant_id=tenant_id, withdrawn_at__isnull=True).filter(
        Q(status=CaseStatus.SUBMITTED)
        | ~Exists(TicketCase.objects.filter(case=OuterRef("pk")).exclude(ticket__owner=""))
    )
    found: dict[str, Case] = {}
    for days, next_days in zip(AGES_DAYS, [*AGES_DAYS[1:], None], strict=True):
        band = waiting.filter(created_at__lte=now - timedelta(days=days))
        if next_days is not None:
            band = band.filter(created_at__gt=now - timedelta(days=next_days))
        once = Concat(Cast("pk", CharField()), Value(f":{days}"))
        known = Trigger.objects.filter(tenant_id=tenant_id, once=OuterRef("entry"))
        missing = band.annotate(entry=once).filter(~Exists(known)).order_by("pk")
        found |= {f"{case.pk}:{days}": case for case in missing[: AGED_AT_ONCE - len(found)]}
    facts = facts_of(found.values(), now)
    Trigger.objects.bulk_create(
        [
            Trigger(
                id=new_id(),
                tenant_id=tenant_id,
                team_id=case.team_id,
                case_id=case.pk,
                kind=TriggerKind.CASE_AGED,
                occurred_at=now,
                facts=facts[case.pk],
                once=once,
            )
            for once, case in found.items()
        ],
        ignore_conflicts=True,
    )
    _note_next_age(tenant_id, now)
    return len(found)


def _note_next_age(tenant_id: UUID, now: datetime) -> None:
    """Have somebody look again when the next case reaches an age, whether it still waits then or not."""
    cases = Case.objects.filter(tenant_id=tenant_id, created_at__gt=now - timedelta(days=AGES_DAYS[-1]))
    youngest = cases.aggregate(
        **{
            f"after_{days}": Min("created_at", filter=Q(created_at__gt=now - timedelta(days=days)))
            for days in AGES_DAYS
        }
    )
    steps = [
        created_at + timedelta(days=days) for days in AGES_DAYS if (created_at := youngest[f"after_{days}"]) is not None
    ]
    if steps:
        note_work(tenant_id, ESCALATION, min(steps))


def hold_escalation(tenant_id: UUID) -> None:
    """Taken by whoever runs rules or numbers tickets of a tenant: one at a time, until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"caseward:escalation:{tenant_id}"])
