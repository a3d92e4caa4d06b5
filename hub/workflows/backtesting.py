"""A rule on the last days of history, without any effect: what it would have done, beside what people did."""

import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.escalation.conditions import ConditionError
from hub.escalation.models import MatchOutcome, RemediationTicket, TicketCase, TicketEvent, Trigger, TriggerKind
from hub.escalation.rules import KnownTicket, Memory, Rule, RuleError, parse_rule
from hub.escalation.services.noticing import ESCALATION
from hub.escalation.services.ticketing import DONE
from hub.lifecycle.models import PolicyKind
from hub.lifecycle.queries import find_version
from tenants import permissions
from tenants.actors import Actor, system_actor
from tenants.decisions import refuse
from tenants.identifiers import new_id
from tenants.roles import Action
from tenants.scoping import acting_as

from .escalation import judge
from .outcomes import Invalid, Refusal

MOST_TRIGGERS = 20_000
DEFAULT_DAYS = 90
MOST_DAYS = 730


@dataclass(frozen=True, slots=True)
class Played:
    """What the rule would have made of one trigger."""

    trigger_id: UUID
    case_id: UUID
    outcome: str
    cluster: str


@dataclass(slots=True)
class Backtest:
    """What a rule would have done, and how that compares with what people did."""

    triggers: int = 0
    # False where there was more history than could be played; the newest is what was left out.
    is_complete: bool = True
    played_until: datetime | None = None
    played: list[Played] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    flagged: int = 0
    acted_on: int = 0
    both: int = 0

    @property
    def precision(self) -> float | None:
        """Of the cases that the rule would have flagged, the share that people acted on."""
        return self.both / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """Of the cases that people acted on, the share that the rule would have flagged."""
        return self.both / self.acted_on if self.acted_on else None


class Tickets(Memory):
    """Tickets that were never opened."""

    def __init__(self) -> None:
        self.known: list[KnownTicket] = []

    def latest(self, cluster: str) -> KnownTicket | None:
        """The newest ticket of a cluster."""
        return next((ticket for ticket in reversed(self.known) if ticket.cluster == cluster), None)

    def opened_since(self, moment: datetime) -> list[KnownTicket]:
        """Tickets opened since then, oldest first."""
        return [ticket for ticket in self.known if ticket.opened_at > moment]


def backtest_rule(
    actor: Actor, *, version_id: UUID, days: int = DEFAULT_DAYS, seconds: float | None = None
) -> Backtest | Refusal | Invalid:
    """Play a version's rule over the log of the last days, for so many seconds. Nothing is written but the event."""
    version = find_version(version_id)
    known = version is not None and version.tenant_id == actor.tenant_id
    decision = permissions.decide(actor, Action.DRAFT_POLICY, on=None) if known else refuse("unknown")
    if version is None or not decision.allowed:
        record(actor, AuditAction.RULE_BACKTEST, f"policy_version:{version_id}", decision)
        return Refusal(decision.basis)
    if version.policy.kind != PolicyKind.ESCALATION_RULE:
        return Invalid.because("versionId", "Only escalation rules can be played over history.")
    if not 1 <= days <= MOST_DAYS:
        return Invalid.because("days", f"Use 1 to {MOST_DAYS} days.")
    try:
        rule = parse_rule(version.document)
    except RuleError as error:
        return Invalid.because("document", str(error))
    with acting_as(system_actor(version.tenant_id, ESCALATION)):
        since = timezone.now() - timedelta(days=days)
        result = play(rule, version.tenant_id, version.policy_id, since=since, seconds=seconds)
    record(
        actor, AuditAction.RULE_BACKTEST, f"policy_version:{version_id}", decision,
        triggers=result.triggers, counts=result.counts, days=days,
    )  # fmt: skip
    return result


def play(rule: Rule, tenant_id: UUID, policy_id: UUID, *, since: datetime, seconds: float | None = None) -> Backtest:
    """The same judgement as the live run, on the same triggers in the same order, with tickets kept in mind only."""
    ends_at = time.monotonic() + seconds if seconds is not None else math.inf
    result, memory = Backtest(), Tickets()
    log = Trigger.objects.filter(tenant_id=tenant_id, position__isnull=False, occurred_at__gte=since)
    rows = list(log.order_by("position")[: MOST_TRIGGERS + 1])
    result.is_complete = len(rows) <= MOST_TRIGGERS
    flagged: set[UUID] = set()
    for trigger in rows[:MOST_TRIGGERS]:
        if time.monotonic() > ends_at:
            result.is_complete = False
            break
        result.triggers, result.played_until = result.triggers + 1, trigger.occurred_at
        if trigger.kind == TriggerKind.TICKET_CHANGED:
            _remember(memory, trigger, policy_id)
        try:
            judged = judge(rule, trigger, memory)
        except ConditionError:
            _count(result, trigger, MatchOutcome.ERROR, "")
            continue
        if judged is None:
            continue
        decision, cluster, _ = judged
        at = trigger.occurred_at
        if decision.outcome is MatchOutcome.OPENED:
            memory.known.append(KnownTicket(new_id(), cluster, at, at))
        elif decision.ticket is not None and decision.outcome in {MatchOutcome.RECURRED, MatchOutcome.REOPENED}:
            decision.ticket.acted_at, decision.ticket.closed_at = at, None
        if decision.outcome is not MatchOutcome.CAPPED:
            flagged.add(trigger.case_id)
        _count(result, trigger, decision.outcome, cluster)
    acted_on = _acted_on(tenant_id, {row.case_id for row in rows[: result.triggers]})
    result.flagged, result.acted_on, result.both = len(flagged), len(acted_on), len(flagged & acted_on)
    return result


def _count(result: Backtest, trigger: Trigger, outcome: MatchOutcome, cluster: str) -> None:
    result.played.append(Played(trigger.pk, trigger.case_id, outcome.value, cluster))
    result.counts[outcome.value] = result.counts.get(outcome.value, 0) + 1


def _remember(memory: Tickets, trigger: Trigger, policy_id: UUID) -> None:
    """People closed or re-opened a ticket of this rule's at this place."""
    told = trigger.facts.get("ticket", {})
    if told.get("policy") != str(policy_id):
        return
    ticket = memory.latest(told.get("cluster", ""))
    if ticket is not None:
        ticket.closed_at = trigger.occurred_at if told.get("state") in DONE else None


def _acted_on(tenant_id: UUID, case_ids: set[UUID]) -> set[UUID]:
    """Cases on which people opened a ticket, or moved one that a rule had opened."""
    tickets = RemediationTicket.objects.filter(tenant_id=tenant_id)
    by_people = tickets.filter(policy__isnull=True).values("pk")
    moved = TicketEvent.objects.filter(tenant_id=tenant_id, kind="changed", actor__startswith="user:")
    links = TicketCase.objects.filter(case_id__in=case_ids)
    found = links.filter(ticket_id__in=by_people) | links.filter(ticket_id__in=moved.values("ticket_id"))
    return set(found.values_list("case_id", flat=True))
