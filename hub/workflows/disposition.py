"""Ending what is due: a dry run, somebody who has seen it, and a run that can be killed anywhere and goes on."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.retention import queries, reasons
from hub.retention.holds import holds_on
from hub.retention.judging import Judged, judge
from hub.retention.models import DispositionControl, DispositionRun, ListedItem, RunState
from hub.retention.rules import NO_CASE, Track
from hub.retention.services import disposing, listing
from hub.retention.services.disposing import Listed
from tenants import permissions
from tenants.actors import Actor, SystemActor, system_actor
from tenants.decisions import allow, refuse
from tenants.identifiers import new_id
from tenants.roles import Action
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from .archiving import archive_due
from .disposal_tracks import ITEMS, cases_of, dispose
from .nudging import nudge_on_commit
from .outcomes import Done, Invalid, Refusal

log = structlog.get_logger(__name__)

PROCESS = "disposition"
RUN_TASK = "disposition.run"
BATCH = 1000
MOST_SHOWN = 10_000
# How often a tenant's rules look for what has become due, and how long one tenant's turn is.
LIST_EVERY = timedelta(hours=1)
AGAIN_AFTER = timedelta(seconds=15)
TURN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class DryRunMade:
    """A list of everything a tenant keeps, with what is due; the tracks on shipped defaults are a warning."""

    run_id: UUID
    due: int
    kept: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run with items of its list, each with the name of its rule."""

    run: DispositionRun
    items: tuple[tuple[ListedItem, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """What one turn has done: items that ended, items kept against the list, and why it stopped."""

    disposed: int = 0
    differences: int = 0
    stopped_because: str = ""


def make_dry_run(actor: Actor) -> DryRunMade | Refusal:
    """List every item with its rule, its date and why it is kept. Deletes nothing."""
    decision = permissions.decide(actor, Action.GOVERN_RETENTION, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.DISPOSITION_LIST, "disposition_run:", decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        # The officer reads no raw text, and gets none: the background's eyes count, ids and dates come back.
        with acting_as(system_actor(actor.tenant_id, PROCESS)):
            rules = queries.rules_in_force(actor.tenant_id)
            # To show what would go once somebody has seen it, every rule counts as seen.
            run = listing.list_items(actor.tenant_id, [rule.as_seen() for rule in rules], ITEMS, by=actor.person_key)
            _mark_held(run)
        record(
            actor, AuditAction.DISPOSITION_LIST, f"disposition_run:{run.pk}", decision,
            due=run.due_count, kept=run.kept_count, rules=run.rule_ids,
        )  # fmt: skip
    warnings = tuple(
        f"No rule of this organisation covers the track {track}; the shipped default counts."
        for track in queries.tracks_without_rules(rules)
    )
    return DryRunMade(run.pk, run.due_count, run.kept_count, warnings)


def list_runs(actor: Actor, *, limit: int) -> tuple[DispositionRun, ...] | Refusal:
    """The runs of the actor's organisation, the newest first."""
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.DISPOSITION_LIST, "disposition_run:", decision)
        return Refusal(decision.basis)
    runs = tuple(queries.newest_runs(actor.tenant_id)[:limit])
    record(actor, AuditAction.DISPOSITION_LIST, "disposition_run:", decision, shown=len(runs))
    return runs


def read_run(actor: Actor, *, run_id: UUID | None = None, limit: int = MOST_SHOWN) -> RunSeen | Refusal:
    """A run, the newest by default, with its first items in the order of their dates: due ones first."""
    decision = permissions.decide(actor, Action.VIEW_RETENTION, on=None)
    run = queries.newest_run(actor.tenant_id, run_id) if actor.tenant_id else None
    if run is None or not decision.allowed:
        decision = decision if not decision.allowed else refuse("unknown")
        record(actor, AuditAction.DISPOSITION_LIST, f"disposition_run:{run_id or ''}", decision)
        return Refusal(decision.basis)
    rows = list(run.items.order_by("kept_because", "due_at", "item_id")[:limit])
    record(actor, AuditAction.DISPOSITION_LIST, f"disposition_run:{run.pk}", decision, shown=len(rows))
    names = {rule["id"]: queries.name_certified(rule) for rule in run.rules}
    return RunSeen(run, tuple((row, names.get(str(row.rule_id), "")) for row in rows))


def confirm_dry_run(actor: Actor, *, run_id: UUID) -> Done | Refusal | Invalid:
    """Say that one has seen a dry run, and let it be carried out. Its rules may run by themselves from then on."""
    target = f"disposition_run:{run_id}"
    run = queries.find_run(actor.tenant_id, run_id) if actor.tenant_id else None
    decision = permissions.decide(actor, Action.GOVERN_RETENTION, on=None) if run else refuse("unknown")
    if run is None or not decision.allowed:
        record(actor, AuditAction.DISPOSITION_CONFIRM, target, decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        locked = DispositionRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != RunState.LISTED:
            record(actor, AuditAction.DISPOSITION_CONFIRM, target, refuse("not_listed"))
            return Invalid.because("run_id", "This dry run has been confirmed already.")
        if set(locked.rule_ids) != {rule.id for rule in queries.rules_in_force(locked.tenant_id)}:
            record(actor, AuditAction.DISPOSITION_CONFIRM, target, refuse("stale"))
            return Invalid.because("run_id", "The rules have changed since this dry run; make another one.")
        disposing.start(locked, seen_by=actor.person_key)
        record(actor, AuditAction.DISPOSITION_CONFIRM, target, decision, due=run.due_count, rules=run.rule_ids)
        note_work(locked.tenant_id, PROCESS)
        nudge_on_commit(RUN_TASK, locked.tenant_id)
    return Done(run.pk)


def control_dispositions(
    actor: Actor, *, is_paused: bool, rate_per_second: int, reason: str
) -> Done | Refusal | Invalid:
    """Pause what runs, or let it go on, and set its pace."""
    decision = permissions.decide(actor, Action.GOVERN_RETENTION, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.DISPOSITION_CONTROL, "disposition_control:", decision)
        return Refusal(decision.basis)
    if not 1 <= rate_per_second <= 1_000_000:
        return Invalid.because("rate_per_second", "Give 1 to 1,000,000 items a second.")
    if not reason.strip():
        return Invalid.because("reason", "Say why.")
    with transaction.atomic():
        control, _ = DispositionControl.objects.update_or_create(
            tenant_id=actor.tenant_id,
            defaults={
                "is_paused": is_paused,
                "rate_per_second": rate_per_second,
                "reason": reason.strip()[:500],
                "changed_by": actor.person_key,
            },
        )
        record(
            actor, AuditAction.DISPOSITION_CONTROL, f"disposition_control:{control.pk}", decision,
            is_paused=is_paused, rate_per_second=rate_per_second,
        )  # fmt: skip
    return Done(control.pk)


def dispose_of_due(tenant_id: UUID, *, now: bool = False) -> Progress:
    """One tenant's turn: carry out what is confirmed; where nothing is, list what the rules that were seen have due."""
    actor = system_actor(tenant_id, PROCESS)
    total, ends_at = Progress(), time.monotonic() + TURN_SECONDS
    with acting_as(actor, durable=True):
        runs = list(queries.running_runs(tenant_id)) or _list_by_itself(actor, now)
    for run in runs:
        for track in Track:
            after: tuple[UUID, UUID] | None = None
            while True:
                archive_due(actor, run, track, after, BATCH)
                step, after, pause = _dispose_safely(actor, run, track, after)
                total = Progress(
                    total.disposed + step.disposed, total.differences + step.differences, step.stopped_because
                )
                if step.stopped_because or after is None or time.monotonic() >= ends_at:
                    break
                time.sleep(pause)
            if total.stopped_because:
                return total
        with acting_as(actor, durable=True):
            disposing.finish(run)
    return total


def sweep_dispositions() -> None:
    """Every tenant whose turn is noted; a fault of one leaves the others theirs."""
    with transaction.atomic(durable=True):
        due = due_work(PROCESS)
    for work in due:
        try:
            dispose_of_due(work.tenant_id)
            with acting_as(system_actor(work.tenant_id, PROCESS), durable=True):
                is_going_on = queries.running_runs(work.tenant_id).exists()
                note_work(work.tenant_id, PROCESS, timezone.now() + (AGAIN_AFTER if is_going_on else LIST_EVERY))
                clear_work(work.note_ids)
        except DatabaseError as error:
            log.error("disposition_failed", tenant=str(work.tenant_id), error=type(error).__name__)


@shared_task(name="disposition.sweep", queue="governance", ignore_result=True)
def sweep_dispositions_task() -> None:
    """The sweep: carries on what was killed, and lists anew once an hour."""
    sweep_dispositions()


@shared_task(name=RUN_TASK, queue="governance", ignore_result=True)
def dispose_of_due_task(tenant_id: str) -> None:
    """A nudge: one tenant's turn now."""
    dispose_of_due(UUID(tenant_id))


def _list_by_itself(actor: SystemActor, now: bool) -> list[DispositionRun]:
    tenant_id = _tenant(actor)
    if not disposing.take_turn(tenant_id):
        return []
    recent = DispositionRun.objects.filter(
        tenant_id=tenant_id, listed_at__gt=Now() - LIST_EVERY, started_at__isnull=False
    )
    rules = queries.rules_in_force(tenant_id)
    if not any(rule.is_seen for rule in rules) or (not now and recent.exists()):
        return []
    run = listing.list_items(tenant_id, rules, ITEMS, by=actor.key, only_due=True)
    if not run.due_count:
        run.delete()
        return []
    disposing.start(run)
    return [run]


def _mark_held(run: DispositionRun) -> None:
    """Say in a dry run what a hold keeps; the run itself looks again, with the cases locked."""
    due = ListedItem.objects.filter(run=run, kept_because="")
    cases = set(due.exclude(track=Track.DELIVERY.value).values_list("case_id", flat=True)) - {NO_CASE}
    listing.mark_held(run, Q(case_id__in=list(holds_on(cases))), reasons.HELD)
    messages = cases_of(Track.DELIVERY, due.filter(track=Track.DELIVERY.value).values_list("item_id", "case_id"))
    held = set(holds_on({case_id for about in messages.values() for case_id in about}))
    kept = [item_id for item_id, about in messages.items() if about & held]
    listing.mark_held(run, Q(track=Track.DELIVERY.value, item_id__in=kept), reasons.HELD)


def _dispose_safely(
    actor: SystemActor, run: DispositionRun, track: Track, after: tuple[UUID, UUID] | None
) -> tuple[Progress, tuple[UUID, UUID] | None, float]:
    try:
        with acting_as(actor, durable=True):
            return _dispose_batch(actor, run, track, after)
    except DatabaseError as error:
        log.error("disposition_batch_failed", run=str(run.pk), error=type(error).__name__)
        return Progress(stopped_because="fault"), None, 0.0


def _dispose_batch(
    actor: SystemActor, run: DispositionRun, track: Track, after: tuple[UUID, UUID] | None
) -> tuple[Progress, tuple[UUID, UUID] | None, float]:
    """The deleting transaction. In this order: the turn, the cases, their holds, the rules, the clock, the ends."""
    tenant_id = _tenant(actor)
    if not disposing.take_turn(tenant_id):
        return Progress(stopped_because="another worker has this organisation's turn"), None, 0.0
    control = queries.control_of(tenant_id)
    if control.is_paused:
        return Progress(stopped_because="paused"), None, 0.0
    items = disposing.next_items(run, track, after, BATCH)
    if not items:
        return Progress(), None, 0.0
    cases = cases_of(track, [(item.item_id, item.case_id) for item in items])
    locked = disposing.lock_cases({case_id for found in cases.values() for case_id in found})
    held = set(holds_on(locked))
    rules = queries.rules_in_force(tenant_id)
    ids = [item_id for item_id, found in cases.items() if found <= locked and found.isdisjoint(held)]
    judged = {found.item_id: found for found in judge(ITEMS, tenant_id, track, rules, ids)}
    gone: list[tuple[Listed, Judged]] = []
    kept: list[tuple[Listed, str]] = []
    for item in items:
        about = cases.get(item.item_id, set())
        if not about <= locked:
            continue  # somebody works on a case of it; a later turn comes back to it
        found = judged.get(item.item_id)
        if about & held:
            kept.append((item, reasons.HELD))
        elif found is None:
            kept.append((item, reasons.GONE))
        elif found.kept_because or found.digest != item.digest:
            kept.append((item, found.kept_because or reasons.CHANGED))
        else:
            gone.append((item, found))
    disposing.keep(kept)
    if gone:
        _end(actor, run, track, gone, {str(rule.id): queries.certify(rule) for rule in rules})
    disposing.count_progress(run, len(gone), len(kept))
    last = items[-1]
    return Progress(len(gone), len(kept)), (last.case_id, last.item_id), len(gone) / control.rate_per_second


def _end(
    actor: SystemActor,
    run: DispositionRun,
    track: Track,
    gone: list[tuple[Listed, Judged]],
    rules: dict[str, dict[str, Any]],
) -> None:
    judged = [found for _, found in gone]
    deciding = [rules[rule_id] for rule_id in sorted({str(found.rule_id) for found in judged})]
    batch_id = new_id()
    event_id = record(
        actor, AuditAction.DISPOSITION_RUN, f"disposition_batch:{batch_id}", allow(f"system:{actor.process}"),
        run=run.pk, track=track.value, count=len(judged), items_digest=disposing.digest_of(judged),
        rules=[rule["id"] for rule in deciding], approved_by=sorted({rule["approved_by"] for rule in deciding}),
        seen_by=run.seen_by,
    )  # fmt: skip
    disposing.certify_batch(
        run, track, judged, batch_id=batch_id, event_id=event_id, rules=deciding, listed=[item.pk for item, _ in gone]
    )
    # The certificate stands first: personal values of events go only with one, the database sees to that.
    for ending in sorted({found.ending or "" for found in judged}):
        ended = [found for found in judged if found.ending == ending]
        dispose(track, [found.item_id for found in ended], {found.case_id for found in ended}, ending)


def _tenant(actor: SystemActor) -> UUID:
    if actor.tenant_id is None:
        raise ValueError("Dispositions run in one tenant at a time.")
    return actor.tenant_id
