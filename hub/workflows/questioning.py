"""Auditors' questions to the record, answered as tables: each question asked is an event, and so is each refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from hub.audit import questions as ask
from hub.audit.actions import AuditAction, Outcome
from hub.audit.models import AccessEvent
from hub.audit.queries import DisclosureFilter, EventFilter, disclosures_of_owner, events_of_tenant
from hub.audit.recording import record
from hub.audit.volumes import TokenVolume, disclosure_volumes, past_alerts, token_volumes
from hub.sharing.holdings import Holding, recalled_holdings
from tenants import permissions
from tenants.actors import Actor
from tenants.queries import members_of
from tenants.roles import Action

from .outcomes import Refusal

LISTED = 200
ALERTS_OF = timedelta(days=30)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found: rows summed up, the most first, and how many there were on each day."""

    rows: list[dict[str, Any]]
    per_day: dict[date, int]
    cases: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on, and until before another."""

    since: datetime
    until: datetime


def who_read(actor: Actor, *, condition: DisclosureFilter, question: str) -> Answer | Refusal:
    """Who received own cases on this condition: a case, a grant, a purpose."""

    def answer(tenant_id: UUID) -> Answer:
        rows = disclosures_of_owner(tenant_id, condition)
        return Answer(ask.by_reader(rows)[:LISTED], ask.per_day(rows), ask.by_case(rows, LISTED))

    return _ask(actor, question, answer, lambda found: len(found.rows))


def what_was_read(actor: Actor, *, condition: EventFilter, team_id: UUID | None) -> Answer | Refusal:
    """What a person or token read or asked for, or those who are in a team now."""

    def answer(tenant_id: UUID) -> Answer:
        people = members_of(tenant_id).filter(team_id=team_id).values_list("user_id", flat=True) if team_id else None
        rows = ask.reads_of(events_of_tenant(tenant_id, condition), people)
        return Answer(ask.by_object(rows, LISTED), ask.per_day(rows), [])

    return _ask(actor, "what_was_read", answer, lambda found: len(found.rows))


def what_was_refused(actor: Actor, *, period: Period) -> Answer | Refusal:
    """What own people and tokens asked for and did not get, by reason."""

    def answer(tenant_id: UUID) -> Answer:
        condition = EventFilter(outcomes=(Outcome.REFUSED.value,), since=period.since, until=period.until)
        rows = events_of_tenant(tenant_id, condition)
        return Answer(ask.by_reason(rows, LISTED), ask.per_day(rows), [])

    return _ask(actor, "what_was_refused", answer, lambda found: len(found.rows))


@dataclass(frozen=True, slots=True)
class TokensAtWork:
    """Own tokens by what they did, any tokens by what they were shown of own cases, and the alerts of a month."""

    volumes: list[TokenVolume]
    reads: list[TokenVolume]
    alerts: list[AccessEvent]


def how_much_tokens_did(actor: Actor) -> TokensAtWork | Refusal:
    """Today's use of each token against its own history, the most unusual first."""

    def answer(tenant_id: UUID) -> TokensAtWork:
        alerts = past_alerts(tenant_id, timezone.now() - ALERTS_OF)[:LISTED]
        return TokensAtWork(token_volumes(tenant_id), disclosure_volumes(tenant_id), list(alerts))

    return _ask(actor, "token_volumes", answer, lambda found: len(found.volumes) + len(found.reads))


def who_holds_recalled(actor: Actor) -> list[Holding] | Refusal:
    """Which recipients hold something of one's own that was withdrawn, or whose grant was revoked."""
    return _ask(actor, "recalled_holdings", _holdings, len)


def record_index(actor: Actor, question: str = "") -> None:
    """That a page of questions was opened, before anything was asked."""
    record(actor, AuditAction.AUDIT_READ, f"question:{question}", permissions.decide(actor, Action.VIEW_AUDIT, on=None))


def _holdings(tenant_id: UUID) -> list[Holding]:
    withdrawn = EventFilter(actions=(AuditAction.CASE_WITHDRAW.value,), outcomes=(Outcome.ALLOWED.value,))
    rows = events_of_tenant(tenant_id, withdrawn).order_by("id").values_list("object_id", "occurred_at")
    return recalled_holdings(tenant_id, {UUID(case_id): moment for case_id, moment in rows})


def _ask(
    actor: Actor, question: str, answer: Callable[[UUID], Found], count: Callable[[Found], int]
) -> Found | Refusal:
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.AUDIT_READ, f"question:{question}", decision)
        return Refusal(decision.basis)
    found = answer(actor.tenant_id)
    record(actor, AuditAction.AUDIT_READ, f"question:{question}", decision, count=count(found))
    return found
