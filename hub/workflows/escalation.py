"""Running escalation rules, as a reconciler: triggers without a place in the order are the to-do; kill it anywhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.escalation import facts as case_facts
from hub.escalation.conditions import SEVERITIES, ConditionError
from hub.escalation.models import (
    MatchOutcome,
    ReleasePause,
    RemediationTicket,
    RuleMatch,
    TicketState,
    Trigger,
    TriggerKind,
)
from hub.escalation.outbox.queueing import DELIVER_TASK, active_destination, queue_delivery
from hub.escalation.rules import Decision, KnownTicket, Memory, Rule, RuleError, cluster_of, decide, parse_rule
from hub.escalation.services import noticing, ticketing
from hub.escalation.services.noticing import ESCALATION, RUN_TASK
from hub.lifecycle.models import PolicyKind, PolicyVersion
from hub.lifecycle.queries import active_versions
from tenants.actors import SystemActor, system_actor
from tenants.decisions import allow
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, note_work

from .nudging import nudge_on_commit
from .overdue_recalls import notice_overdue_recalls
from .ticket_clocks import breach_clocks

log = structlog.get_logger(__name__)

# What is sent for an action.
TOLD = {"notify": "notification", "request_retraining": "retraining.requested"}


def notice_cases(tenant_id: UUID, case_ids: Iterable[UUID], kind: TriggerKind) -> None:
    """In the transaction of a change: log it for the rules, and nudge."""
    noticing.notice(tenant_id, case_ids, kind)
    nudge_on_commit(RUN_TASK, tenant_id)


def sweep_escalation() -> int:
    """Run what is due, tenant by tenant."""
    with transaction.atomic(durable=True):
        due = due_work(ESCALATION)
    return sum(run_escalation(work.tenant_id, work.note_ids) for work in due)


def run_escalation(tenant_id: UUID, note_ids: tuple[int, ...] | None = None) -> int:
    """One tenant's turn: one trigger per transaction, in order; how many were looked at."""
    actor = system_actor(tenant_id, ESCALATION)
    if note_ids is None:
        with transaction.atomic(durable=True):
            note_ids = next((work.note_ids for work in due_work(ESCALATION) if work.tenant_id == tenant_id), ())
    aged = noticing.AGED_AT_ONCE
    while aged == noticing.AGED_AT_ONCE:
        with acting_as(actor, durable=True):
            noticing.hold_escalation(tenant_id)
            aged = noticing.notice_ages(tenant_id)
    with acting_as(actor, durable=True):
        noticing.hold_escalation(tenant_id)
        notice_overdue_recalls(tenant_id)
        breach_clocks(actor, tenant_id)
    done = 0
    while _take_one(actor):
        done += 1
    with acting_as(actor, durable=True):
        clear_work(note_ids)
    return done


def _take_one(actor: SystemActor) -> bool:
    """The oldest trigger without a position: all rules, their tickets and its position, or nothing."""
    tenant_id = _tenant(actor)
    with acting_as(actor, durable=True):
        noticing.hold_escalation(tenant_id)
        trigger = Trigger.objects.filter(tenant_id=tenant_id, position__isnull=True).order_by("pk").first()
        if trigger is None:
            return False
        last = Trigger.objects.filter(tenant_id=tenant_id).aggregate(last=Max("position"))["last"] or 0
        trigger.position = last + 1
        trigger.save(update_fields=["position"])
        if trigger.kind == TriggerKind.TICKET_CHANGED:
            remember_ticket(trigger)
        for version in active_versions(tenant_id, PolicyKind.ESCALATION_RULE).order_by("policy_id"):
            _run_rule(actor, version, trigger)
    return True


def remember_ticket(trigger: Trigger) -> None:
    """From this place in the log on, rules know that people have closed a ticket or taken it up again."""
    told = trigger.facts.get("ticket", {})
    closed_at = trigger.occurred_at if told.get("state") in ticketing.DONE else None
    ticket = RemediationTicket.objects.filter(pk=told.get("id")).first()
    if ticket is None or ticket.policy_id is None:
        return
    taken = RemediationTicket.objects.filter(
        policy_id=ticket.policy_id, cluster=ticket.cluster, seen_closed_at__isnull=True
    ).exclude(pk=ticket.pk)
    if closed_at is None and taken.exists():
        return
    RemediationTicket.objects.filter(pk=ticket.pk).update(seen_closed_at=closed_at)


class Rows(Memory):
    """What a rule has done, as its tickets tell."""

    def __init__(self, policy_id: UUID) -> None:
        self.tickets = RemediationTicket.objects.filter(policy_id=policy_id)

    def latest(self, cluster: str) -> KnownTicket | None:
        """The newest ticket of a cluster."""
        row = self.tickets.filter(cluster=cluster).order_by("-opened_at", "-number").first()
        return _known(row) if row else None

    def opened_since(self, moment: Any) -> list[KnownTicket]:
        """Tickets opened since then, oldest first."""
        return [_known(row) for row in self.tickets.filter(opened_at__gt=moment).order_by("opened_at", "number")]


def _known(row: RemediationTicket) -> KnownTicket:
    return KnownTicket(row.pk, row.cluster, row.opened_at, row.acted_at or row.opened_at, row.seen_closed_at)


def judge(rule: Rule, trigger: Trigger, memory: Memory) -> tuple[Decision, str, dict[str, Any]] | None:
    """What a rule makes of a trigger, from the log alone: the same for the live run and a back-test."""
    if trigger.kind not in rule.triggers:
        return None
    facts = case_facts.with_forerunners(
        rule, trigger.facts, case_id=trigger.case_id, team_id=trigger.team_id, at=trigger.occurred_at,
        kind=trigger.kind, position=trigger.position,
    )  # fmt: skip
    if not rule.condition.holds(facts):
        return None
    restricted = trigger.case_id if facts["is_restricted"] else None
    cluster = cluster_of(rule, facts, team_id=trigger.team_id, restricted_case=restricted)
    return decide(rule, cluster, trigger.occurred_at, trigger.depth, memory), cluster, facts


def _run_rule(actor: SystemActor, version: PolicyVersion, trigger: Trigger) -> None:
    """One rule on one trigger. A rule that cannot be evaluated is reported, and the others go on."""
    try:
        rule = parse_rule(version.document)
        judged = judge(rule, trigger, Rows(version.policy_id))
    except (RuleError, ConditionError) as error:
        _keep_match(version, trigger, MatchOutcome.ERROR, reason=str(error)[:200])
        record(
            actor, AuditAction.RULE_RUN, f"policy_version:{version.pk}", allow(f"system:{ESCALATION}"), failed=True,
            trigger=trigger.pk,
        )  # fmt: skip
        return
    if judged is None:
        return
    decision, cluster, facts = judged
    ticket = _act(actor, rule, version, trigger, decision, cluster, facts)
    _keep_match(version, trigger, decision.outcome, cluster=cluster, ticket=ticket)
    record(
        actor, AuditAction.RULE_RUN, f"policy_version:{version.pk}", allow(f"system:{ESCALATION}"),
        trigger=trigger.pk, result=decision.outcome.value, ticket=ticket.pk if ticket else None,
    )  # fmt: skip


def _act(
    actor: SystemActor,
    rule: Rule,
    version: PolicyVersion,
    trigger: Trigger,
    decision: Decision,
    cluster: str,
    facts: dict[str, Any],
) -> RemediationTicket | None:
    at = trigger.occurred_at
    if decision.outcome is MatchOutcome.OPENED:
        ticket = ticketing.open_ticket(
            tenant_id=trigger.tenant_id, team_id=trigger.team_id, title=rule.title, actor=actor.key, at=at,
            case_ids=[trigger.case_id], severity_label=rule.severity or SEVERITIES[facts["severity"]],
            policy_id=version.policy_id, rule_version_id=version.pk, cluster=cluster, acted_at=at,
            respond_by=at + rule.respond_within if rule.respond_within else None,
            due_at=at + rule.due_within if rule.due_within else None,
        )  # fmt: skip
        for runs_out_at in (ticket.respond_by, ticket.due_at):
            if runs_out_at is not None:
                note_work(trigger.tenant_id, ESCALATION, runs_out_at)
        record(actor, AuditAction.TICKET_OPEN, f"ticket:{ticket.pk}", allow(f"system:{ESCALATION}"))
        _further(actor, rule, version, trigger, ticket, facts)
        return ticket
    if decision.ticket is None:
        return None
    ticket = ticketing.lock_ticket(decision.ticket.id)
    ticketing.link_case(ticket, trigger.case_id, at)
    if decision.outcome is MatchOutcome.REOPENED:
        if ticket.state in ticketing.DONE:
            ticketing.set_state(ticket, TicketState.OPEN, at)
            ticket.due_at = at + rule.due_within if rule.due_within else None
            ticket.breached_at = None
        ticket.seen_closed_at, ticket.acted_at = None, at
        ticketing.add_event(ticket, "reopened", actor.key, at=at, case=str(trigger.case_id))
    elif decision.outcome is MatchOutcome.RECURRED:
        ticket.acted_at = at
        ticketing.add_event(ticket, "recurred", actor.key, at=at, case=str(trigger.case_id))
    elif decision.outcome is MatchOutcome.FOLDED:
        ticketing.add_event(ticket, "folded", actor.key, at=at, case=str(trigger.case_id))
    ticket.save()
    if decision.outcome is MatchOutcome.REOPENED:
        _further(actor, rule, version, trigger, ticket, facts)
    return ticket


def _further(
    actor: SystemActor,
    rule: Rule,
    version: PolicyVersion,
    trigger: Trigger,
    ticket: RemediationTicket,
    facts: dict[str, Any],
) -> None:
    """The other actions of a rule, in the same transaction."""
    for action in rule.actions:
        if action.do == "pause_release" and facts["model"]:
            ReleasePause.objects.bulk_create(
                [
                    ReleasePause(
                        id=new_id(), tenant_id=trigger.tenant_id, ticket_id=ticket.pk, rule_version_id=version.pk,
                        model_name=facts["model"], model_version=facts["model_version"], channel=action.channel,
                        paused_at=trigger.occurred_at,
                    )
                ],
                ignore_conflicts=True,
            )  # fmt: skip
            record(actor, AuditAction.RELEASE_PAUSE, f"ticket:{ticket.pk}", allow(f"system:{ESCALATION}"))
        elif action.do in TOLD:
            destination = active_destination(trigger.tenant_id, action.destination)
            if destination is None:
                # A destination that two people have not agreed upon is told nothing, and the ticket says so.
                ticketing.add_event(ticket, "not_told", actor.key, destination=action.destination)
                continue
            held_until = _quiet_until(rule, ticket) if action.do == "notify" else None
            queue_delivery(
                destination, kind=TOLD[action.do], not_before=held_until,
                key=(version.pk, ticket.cluster, action.do, ticket.pk, ticket.reopened_times),
                payload={"ticket": str(ticket.pk), "number": ticket.number, "severity": ticket.severity_label},
                ticket_id=ticket.pk, case_id=trigger.case_id, rule_version_id=version.pk, cluster=ticket.cluster,
            )  # fmt: skip
            nudge_on_commit(DELIVER_TASK, trigger.tenant_id)


def _quiet_until(rule: Rule, ticket: RemediationTicket) -> datetime | None:
    """When people may be told of a ticket of low severity; None: at once. Machines are told at any hour."""
    if rule.quiet_hours is None:
        return None
    return rule.quiet_hours.ends_at(timezone.now(), SEVERITIES.index(ticket.severity_label))


def _keep_match(version: PolicyVersion, trigger: Trigger, outcome: MatchOutcome, **values: Any) -> None:
    RuleMatch.objects.create(
        id=new_id(), tenant_id=trigger.tenant_id, trigger_id=trigger.pk, rule_version_id=version.pk,
        case_id=trigger.case_id, outcome=outcome, **values,
    )  # fmt: skip


def _tenant(actor: SystemActor) -> UUID:
    if actor.tenant_id is None:
        raise ValueError("Rules are run in one tenant at a time.")
    return actor.tenant_id
