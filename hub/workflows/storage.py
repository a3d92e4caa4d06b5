"""What is kept and for how long: counted for officers and auditors, and what a draft rule would make due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from django.db import DatabaseError, OperationalError, transaction
from django.db.models.functions import Now

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.lifecycle.models import PolicyKind, PolicyVersion, VersionState
from hub.retention import queries
from hub.retention.models import StorageReport
from hub.retention.rules import RuleInForce, Track, parse_rule
from hub.retention.services import counting
from hub.retention.shipped import shipped_rule
from tenants import permissions
from tenants.actors import Actor, SystemActor, operator_at_console, system_actor
from tenants.decisions import allow, refuse
from tenants.models import Tenant
from tenants.roles import Action
from tenants.scoping import acting_as

from .disposal_tracks import ITEMS
from .outcomes import Done, Refusal

log = structlog.get_logger(__name__)

PROCESS = "storage"
COUNT_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What letting a draft govern would make due of its track; None where counting would take too long."""

    track: Track
    due_before: int | None
    due_after: int | None
    decided: int | None
    decided_and_due: int | None


def count_storage(actor: Actor) -> Done | Refusal:
    """Count what the actor's organisation keeps, as it is now."""
    decision = permissions.decide(actor, Action.GOVERN_RETENTION, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.STORAGE_COUNT, "storage_report:", decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        # The officer reads no raw text, and gets none: sizes and dates come back.
        with acting_as(system_actor(actor.tenant_id, PROCESS)):
            report = _count(actor.tenant_id, by=actor.person_key)
        record(
            actor, AuditAction.STORAGE_COUNT, f"storage_report:{report.pk}", decision,
            items=report.items, due=report.due_items,
        )  # fmt: skip
    return Done(report.pk)


def read_storage(actor: Actor) -> StorageReport | Refusal:
    """The newest report of the actor's organisation; refused like an unknown one while nothing was counted."""
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None)
    report = queries.newest_report(actor.tenant_id) if actor.tenant_id and decision.allowed else None
    if report is None:
        decision = decision if not decision.allowed else refuse("unknown")
        record(actor, AuditAction.STORAGE_READ, "storage_report:", decision)
        return Refusal(decision.basis)
    record(actor, AuditAction.STORAGE_READ, f"storage_report:{report.pk}", decision)
    return report


def sweep_storage() -> int:
    """Count every tenant that was not counted for a day; how many were. A fault of one leaves the others theirs."""
    with acting_as(operator_at_console(PROCESS), durable=True):
        tenant_ids = list(Tenant.objects.values_list("pk", flat=True))
    counted = 0
    for tenant_id in tenant_ids:
        actor = system_actor(tenant_id, PROCESS)
        try:
            with acting_as(actor, durable=True):
                counted += count_if_due(actor)
        except DatabaseError as error:
            log.error("storage_not_counted", tenant=str(tenant_id), error=type(error).__name__)
    return counted


@shared_task(name="disposition.count_storage", queue="governance", ignore_result=True)
def sweep_storage_task() -> None:
    """The sweep: once an hour, and each tenant once a day."""
    sweep_storage()


def count_if_due(actor: SystemActor) -> bool:
    """Count once a day by itself; whether it did."""
    tenant_id = actor.tenant_id
    if tenant_id is None:
        raise ValueError("Storage is counted in one tenant at a time.")
    recent = StorageReport.objects.filter(tenant_id=tenant_id, counted_at__gt=Now() - COUNT_EVERY)
    if recent.exists():
        return False
    report = _count(tenant_id, by=actor.key)
    record(
        actor, AuditAction.STORAGE_COUNT, f"storage_report:{report.pk}", allow(f"system:{actor.process}"),
        items=report.items, due=report.due_items,
    )  # fmt: skip
    return True


def preview_rule(actor: Actor, *, version_id: UUID) -> RulePreview | Refusal:
    """What a draft or proposed rule would make due beside the rules in force, before anybody lets it govern."""
    version = (
        PolicyVersion.objects.select_related("policy")
        .filter(pk=version_id, tenant_id=actor.tenant_id, policy__kind=PolicyKind.RETENTION_RULE)
        .first()
        if actor.tenant_id
        else None
    )
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None) if version else refuse("unknown")
    target = f"policy_version:{version_id}"
    if version is None or not decision.allowed:
        record(actor, AuditAction.RULE_PREVIEW, target, decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        with acting_as(system_actor(version.tenant_id, PROCESS)):
            found = _preview(version)
        record(
            actor, AuditAction.RULE_PREVIEW, target, decision, track=found.track.value,
            due_before=found.due_before, due_after=found.due_after,
        )  # fmt: skip
    return found


def _preview(version: PolicyVersion) -> RulePreview:
    before = queries.rules_in_force(version.tenant_id)
    after = with_draft(before, version)
    track = parse_rule(version.document).track
    try:
        with transaction.atomic():
            due_before, _, _ = counting.count_due(version.tenant_id, track, before, ITEMS, version.pk)
            due_after, decided, both = counting.count_due(version.tenant_id, track, after, ITEMS, version.pk)
    except OperationalError:
        return RulePreview(track, None, None, None, None)
    return RulePreview(track, due_before, due_after, decided, both)


def with_draft(rules: Sequence[RuleInForce], version: PolicyVersion) -> list[RuleInForce]:
    """The rules as they would be with a version in force: in place of its policy's active one, and of a default."""
    draft = RuleInForce(
        id=version.pk, name=version.policy.slug, number=version.number, digest=version.digest, approved_by="",
        spec=parse_rule(version.document),
    )  # fmt: skip
    active = set(
        PolicyVersion.objects.filter(policy_id=version.policy_id, state=VersionState.ACTIVE).values_list(
            "pk", flat=True
        )
    )
    own = [rule for rule in rules if rule.number and rule.id not in active] + [draft]
    return own + [shipped_rule(track) for track in queries.tracks_without_rules(own)]


def _count(tenant_id: UUID, *, by: str) -> StorageReport:
    return counting.count_storage(tenant_id, queries.rules_in_force(tenant_id), ITEMS, by=by)
