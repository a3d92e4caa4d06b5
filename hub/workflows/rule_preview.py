"""A condition that is being written: whether it can be read, and which cases it holds for now. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.escalation import facts as case_facts
from hub.escalation.conditions import ConditionError, compile_condition
from hub.escalation.rules import Rule, RuleError, parse_rule
from tenants import permissions
from tenants.actors import Actor
from tenants.roles import Action

from .outcomes import Refusal

# The newest cases that a condition is tried on; fewer where each has to be compared with those before it.
MOST_CASES, MOST_COMPARED_CASES = 500, 100
LISTED = 10
COMPARING = frozenset({"recurrence", "similarity", "is_known"})


@dataclass(frozen=True, slots=True)
class ConditionPreview:
    """What is wrong with a condition, or what it holds for: how many of the newest cases, and the newest of these."""

    problem: str = ""
    looked_at: int = 0
    count: int = 0
    case_ids: tuple[UUID, ...] = ()
    faults: int = 0


def preview_condition(
    actor: Actor, *, condition: str, triggers: Sequence[str] = (), cluster: Sequence[str] = (), window: str = ""
) -> ConditionPreview | Refusal:
    """Try a condition on the newest cases, as if any of its triggers had just happened to each."""
    decision = permissions.decide(actor, Action.DRAFT_POLICY, on=None)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.RULE_BACKTEST, f"tenant:{actor.tenant_id}", decision, preview=True)
        return Refusal(decision.basis)
    try:
        compile_condition(condition.strip())
    except ConditionError as error:
        return ConditionPreview(problem=str(error))
    rule = _rule(condition, triggers=triggers, cluster=cluster, window=window)
    preview = _look(rule, actor.tenant_id)
    record(
        actor, AuditAction.RULE_BACKTEST, f"tenant:{actor.tenant_id}", decision,
        preview=True, looked_at=preview.looked_at, count=preview.count,
    )  # fmt: skip
    return preview


def _rule(condition: str, **given: Any) -> Rule:
    """The rule as far as it is written; entries that cannot be read yet stand at their defaults."""
    document: dict[str, Any] = {"title": "Preview", "condition": condition}
    for name, value in given.items():
        try:
            parse_rule({**document, name: value})
        except RuleError:
            continue
        document[name] = value
    return parse_rule(document)


def _look(rule: Rule, tenant_id: UUID) -> ConditionPreview:
    most = MOST_COMPARED_CASES if rule.condition.names & COMPARING else MOST_CASES
    now = timezone.now()
    cases = list(Case.objects.filter(tenant_id=tenant_id, withdrawn_at__isnull=True).order_by("-pk")[:most])
    facts = case_facts.facts_of(cases, now)
    matching, faults = [], 0
    for case in cases:
        known = case_facts.with_forerunners(
            rule, facts[case.pk], case_id=case.pk, team_id=case.team_id, at=now, kind="", position=None
        )
        try:
            if any(rule.condition.holds({**known, "trigger": trigger}) for trigger in sorted(rule.triggers)):
                matching.append(case.pk)
        except ConditionError:
            faults += 1
    return ConditionPreview("", len(cases), len(matching), tuple(matching[:LISTED]), faults)
