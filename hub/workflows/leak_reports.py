"""Saying that something sensitive shows in a shared case: by whoever received it, and answered by its owner's side."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.escalation.models import TriggerKind
from hub.escalation.models.reports import LeakReport, LeakWhat, LeakWhere, ReportState
from hub.sharing.access import visible_projections
from hub.sharing.models import Receipt
from tenants import queries as tenants
from tenants.actors import Actor, system_actor
from tenants.decisions import Decision, allow, refuse
from tenants.identifiers import new_id
from tenants.roles import Action
from tenants.scoping import acting_as

from .case_decisions import decide_on_case
from .disclosure import decide_reading, readable_id
from .escalation import notice_cases
from .outcomes import Done, Invalid, Refusal

PROCESS = "leak_reports"
NOWHERE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Held:
    """A case that somebody has before him, or has had, and why."""

    tenant_id: UUID
    case_id: UUID
    basis: str


def report_leak(actor: Actor, *, public_id: str, what: str, where: str) -> Done | Refusal | Invalid:
    """Tell a case's owner that something shows in it. Codes only: words about a leak would be the next one.

    Whoever reads the case may say so, whoever has read it (his receipt says that), and its tenant's officers. Saying
    the same again before anybody has answered changes nothing. Escalation rules see it as `leak_reported`.
    """
    target = f"shared_case:{readable_id(public_id)}"
    held, decision = _held(actor, readable_id(public_id))
    if held is None or actor.tenant_id is None:
        record(actor, AuditAction.LEAK_REPORT, target, decision)
        return Refusal(decision.basis)
    for name, value, known in (("what", what, LeakWhat.values), ("where", where, LeakWhere.values)):
        if value not in known:
            return Invalid.because(name, f"Use one of {', '.join(known)}.")
    with transaction.atomic():
        report_id = _keep(actor, held, what, where)
        record(actor, AuditAction.LEAK_REPORT, target, decision, what=what, where=where, is_new=report_id is not None)
    return Done(report_id)


def answer_leak_report(actor: Actor, *, report_id: UUID, is_confirmed: bool) -> Done | Refusal:
    """Say whether it was one; by those who may take the case back."""
    found = LeakReport.objects.filter(pk=report_id).first()
    _, decision = decide_on_case(actor, Action.WITHDRAW_CASE, found.case_id if found else NOWHERE)
    with transaction.atomic():
        report = LeakReport.objects.select_for_update().filter(pk=report_id).first() if decision.allowed else None
        if report is not None and report.state != ReportState.OPEN:
            decision, report = refuse("answered"), None
        state = ReportState.CONFIRMED if is_confirmed else ReportState.DISMISSED
        if report is not None:
            report.state, report.answered_by, report.answered_at = state, actor.person_key, timezone.now()
            report.save(update_fields=["state", "answered_by", "answered_at"])
        record(actor, AuditAction.LEAK_ANSWER, f"leak_report:{report_id}", decision, state=str(state))
    return Done(report_id) if decision.allowed else Refusal(decision.basis)


def held_by_receipt(actor: Actor, public_id: str) -> Receipt | None:
    """What the actor's team has received under this id, whether or not it may still read it."""
    receipts = Receipt.objects.filter(public_id=public_id, recipient_tenant_id=actor.tenant_id or NOWHERE)
    return next((row for row in receipts if row.recipient_team_id in {None, *actor.team_ids}), None)


def _held(actor: Actor, public_id: str) -> tuple[Held | None, Decision]:
    """The same statements for every id, whether there is such a case or not."""
    reading = decide_reading(actor)
    shown = visible_projections(actor).filter(public_id=public_id).first() if reading.allowed else None
    receipt = held_by_receipt(actor, public_id) if reading.allowed else None
    own, governing = decide_on_case(actor, Action.VIEW_CASES, _uuid_of(public_id))
    if shown is not None:
        return Held(shown.tenant_id, shown.case_id, reading.basis), reading
    if receipt is not None:
        return Held(receipt.tenant_id, receipt.case_id, "receipt"), allow("receipt")
    if own is not None:
        return Held(own.tenant_id, own.pk, governing.basis), governing
    return None, refuse("not_available")


def _keep(actor: Actor, held: Held, what: str, where: str) -> UUID | None:
    """The row with its owner, and on the owner's record; None where it says nothing new."""
    team = tenants.find_team(actor.team_ids[0]) if actor.team_ids else None
    label = team.address if team else "officers"
    system = system_actor(held.tenant_id, PROCESS)
    with acting_as(system):
        case = Case.objects.filter(pk=held.case_id).first()
        if case is None:
            return None
        report = LeakReport(
            id=new_id(), tenant_id=case.tenant_id, team_id=case.team_id, case_id=case.pk, what=what, where=where,
            reporter_tenant_id=actor.tenant_id or NOWHERE, reporter_label=label, reported_by=actor.person_key,
        )  # fmt: skip
        LeakReport.objects.bulk_create([report], ignore_conflicts=True)
        if not LeakReport.objects.filter(pk=report.pk).exists():
            return None
        notice_cases(case.tenant_id, [case.pk], TriggerKind.LEAK_REPORTED)
        record(
            system, AuditAction.LEAK_REPORT, f"case:{case.pk}", allow(f"system:{PROCESS}"), what=what, where=where,
            reporter=label, report=report.pk,
        )  # fmt: skip
    return report.pk


def _uuid_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return NOWHERE
