"""One proof of isolation from beginning to end: set the stage, attack, look at the walls, report to auditors."""

import time
from collections.abc import Collection
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.models import IsolationOutcome, IsolationRun
from hub.audit.queries import newest_isolation_run
from hub.audit.recording import record
from hub.escalation.models import TriggerKind
from hub.sharing.models import Projection, WorkState
from tenants.actors import operator_at_console, system_actor
from tenants.decisions import Decision, allow, refuse
from tenants.identifiers import new_id
from tenants.models import Tenant
from tenants.scoping import acting_as

from ..escalation import notice_cases
from ..projection import build_projections
from . import stage as setting
from .attacking import Attack, NoAnswer
from .findings import EnoughEvidence, Finding, Findings
from .stage import PROCESS, Side, StageError
from .walls import look_at_walls

log = structlog.get_logger(__name__)

PROVE_TASK = "isolation.prove"
BUILD_SECONDS = 120.0
PAUSE_SECONDS = 0.5


def prove_isolation(base_url: str, *, roots: Collection[str] = ()) -> IsolationRun:
    """Attack the hub at this address as both synthetic tenants, look at every guard, and put the outcome on record.

    With `roots` only these root fields of the API are asked at, for whoever looks for the cause of a finding.
    What cannot be tried is not proven: an API that does not answer, or a stage that cannot be set, is a failure too.
    """
    run = IsolationRun(id=new_id(), started_at=timezone.now())
    findings, attack = Findings(), None
    try:
        sides = setting.set_stage(run.pk.hex)
        try:
            _wait_for_projections(sides, findings)
            look_at_walls(sides, findings)
            keys, revoked = setting.issue_keys(sides)
            attack = Attack(base_url.rstrip("/"), sides, keys, _public_ids(sides), findings, frozenset(roots))
            attack.compare(revoked)
            _look_at_record(attack, findings)
            attack.try_everything("query")
            _look_at_record(attack, findings)
            attack.try_everything("mutation")
        except EnoughEvidence:
            pass
        finally:
            setting.revoke_keys(sides)
            setting.clear_stage(sides)
        run.outcome = IsolationOutcome.BROKEN if findings.failed else IsolationOutcome.HELD
        if findings.failed:
            _tell_rules(sides, findings)
    except (NoAnswer, StageError) as problem:
        run.outcome, run.problem = IsolationOutcome.UNPROVEN, str(problem)[:300]
    except DatabaseError as problem:
        run.outcome, run.problem = IsolationOutcome.UNPROVEN, f"The database refused a step: {type(problem).__name__}."
    if attack is not None:
        run.requests, run.places = attack.requests, len(attack.places)
    run.checks, run.failed, run.findings = findings.checks, findings.failed, findings.rows
    run.ended_at = timezone.now()
    _report(run)
    return run


@shared_task(name=PROVE_TASK, ignore_result=True)
def prove_isolation_task() -> None:
    """The sweep: as often as the settings say, where they say at which address the hub answers."""
    if settings.CASEWARD_PROOF_URL:
        prove_isolation(settings.CASEWARD_PROOF_URL)


def _wait_for_projections(sides: tuple[Side, Side], findings: Findings) -> None:
    """Build what is to be built, here or in another worker: the fresh case goes the way of every case."""
    ends_at = time.monotonic() + BUILD_SECONDS
    for side, other in (sides, sides[::-1]):
        waits = True
        while time.monotonic() < ends_at:
            build_projections(side.tenant_id)
            with acting_as(side.system, durable=True):
                waits = Projection.objects.filter(
                    case_id__in=side.cases.values(), version=F("case__current_version"), state=WorkState.PENDING
                ).exists()
            state = setting.fresh_state(side, other)
            if state == WorkState.WITHHELD or (state == WorkState.READY and not waits):
                break
            time.sleep(PAUSE_SECONDS)
        state = setting.fresh_state(side, other)
        if waits or state == WorkState.PENDING:
            raise StageError(f"Projections of {side.slug} were not built within {BUILD_SECONDS:.0f} seconds.")
        findings.check(
            state == WorkState.READY, Finding("redaction", side.slug, "projection", f"the fresh case is {state}")
        )


def _tell_rules(sides: tuple[Side, Side], findings: Findings) -> None:
    """A leak is reported of the cases concerned: rules of the synthetic tenants open tickets of it, and tell people."""
    told = " ".join(f"{finding.place} {finding.what}" for finding in findings.kept)
    for side in sides:
        named = [case_id for name, case_id in side.cases.items() if f"{side.slug}/{name}" in told]
        with acting_as(side.system, durable=True):
            notice_cases(side.tenant_id, named or [side.cases["shared"]], TriggerKind.LEAK_REPORTED)


def _public_ids(sides: tuple[Side, Side]) -> dict[str, dict[str, str]]:
    """By side and case, the id under which the other side's readers would know the case."""
    found = {}
    for side, other in (sides, sides[::-1]):
        with acting_as(side.system, durable=True):
            rows = Projection.objects.filter(
                case_id__in=side.cases.values(), audience__recipient_team_id=other.teams["readers"]
            ).values_list("case_id", "public_id")
            names = {case_id: name for name, case_id in side.cases.items()}
            found[side.slug] = {names[case_id]: public_id for case_id, public_id in rows}
    return found


def _look_at_record(attack: Attack, findings: Findings) -> None:
    """Each request has left an event, in the asker's own record."""
    for side in attack.sides:
        wanted, found = attack.recorded(side)
        findings.check(
            found >= wanted, Finding("record", side.slug, "access_event", f"{wanted - found} of {wanted} left no event")
        )


def _report(run: IsolationRun) -> None:
    """The row, an event of the platform, and one for the auditors of every tenant when there is news for them."""
    actor = system_actor(None, PROCESS)
    detail: dict[str, Any] = {
        "checks": run.checks,
        "broken": run.failed,
        "requests": run.requests,
        "places": run.places,
    }
    decision = allow("proven") if run.outcome == IsolationOutcome.HELD else refuse(run.outcome)
    with acting_as(actor, durable=True):
        before = newest_isolation_run()
        run.save(force_insert=True)
        _record(None, run, decision, detail)
    is_news = before is None or before.outcome != run.outcome or before.ended_at.date() != run.ended_at.date()
    if run.outcome != IsolationOutcome.HELD:
        # Whoever watches the logs learns of it as well.
        log.error("isolation_not_proven", run=str(run.pk), outcome=run.outcome, failed=run.failed)
    if is_news or run.outcome == IsolationOutcome.BROKEN:
        with acting_as(operator_at_console(PROCESS), durable=True):
            tenants = list(Tenant.objects.filter(is_synthetic=False).values_list("pk", flat=True))
        for tenant_id in tenants:
            with acting_as(system_actor(tenant_id, PROCESS), durable=True):
                _record(tenant_id, run, decision, detail)


def _record(tenant_id: UUID | None, run: IsolationRun, decision: Decision, detail: dict[str, Any]) -> None:
    record(
        system_actor(tenant_id, PROCESS), AuditAction.ISOLATION_PROVE, f"isolation_run:{run.pk}", decision,
        failed=not decision.allowed, **detail,
    )  # fmt: skip
