"""Writes what has happened into the log of triggers, in the transaction of its cause."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from hub.catalog.models import Case, CaseStatus
from tenants.actors import system_actor
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tenants.work import note_work

from ..facts import facts_of
from ..models import Trigger, TriggerKind

# The kind of note that leads a sweep to a tenant, and the task to nudge.
ESCALATION = "escalation"
RUN_TASK = "escalation.run"
# A case that nobody reviews is looked at again after so many days.
AGES_DAYS = (1, 2, 3, 7, 14, 21, 30, 60, 90, 180, 365)


def notice(tenant_id: UUID, case_ids: Iterable[UUID], kind: TriggerKind, *, depth: int = 0) -> None:
    """Log that this has happened to these cases, with their facts as they are now."""
    now = timezone.now()
    with acting_as(system_actor(tenant_id, ESCALATION)):
        cases = list(Case.objects.filter(tenant_id=tenant_id, pk__in=list(case_ids)).order_by("pk"))
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
                    facts=facts[case.pk],
                )
                for case in cases
            ]
        )
        if cases:
            note_work(tenant_id, ESCALATION)
        if kind == TriggerKind.CASE_SUBMITTED and cases:
            note_work(tenant_id, ESCALATION, now + timedelta(days=AGES_DAYS[0]))


def notice_ages(tenant_id: UUID) -> int:
    """Log each age that a case without a review has reached, once; the next look is noted for when it is due."""
    now = timezone.now()
    waiting = Case.objects.filter(tenant_id=tenant_id, status=CaseStatus.SUBMITTED, withdrawn_at__isnull=True)
    aged = list(waiting.filter(created_at__lte=now - timedelta(days=AGES_DAYS[0])))
    reached = {
        f"{case.pk}:{max(days for days in AGES_DAYS if days <= (now - case.created_at).days)}": case for case in aged
    }
    known = set(Trigger.objects.filter(once__in=list(reached)).values_list("once", flat=True))
    missing = {once: case for once, case in reached.items() if once not in known}
    facts = facts_of(missing.values(), now)
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
            for once, case in missing.items()
        ],
        ignore_conflicts=True,
    )
    steps = [
        case.created_at + timedelta(days=days)
        for case in waiting.only("created_at")
        for days in AGES_DAYS
        if case.created_at + timedelta(days=days) > now
    ]
    if steps:
        note_work(tenant_id, ESCALATION, min(steps))
    return len(missing)


def hold_escalation(tenant_id: UUID) -> None:
    """Taken by whoever runs rules or numbers tickets of a tenant: one at a time, until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"caseward:escalation:{tenant_id}"])
