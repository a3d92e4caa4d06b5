"""Pulling the access record: the pull is itself an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from hub.audit.actions import AuditAction
from hub.audit.models import AccessEvent, Disclosure, IsolationRun
from hub.audit.proofs import newest_checkpoint
from hub.audit.queries import (
    DisclosureFilter,
    EventFilter,
    audits_something,
    disclosures_seen_by,
    events_seen_by,
    isolation_runs,
    private_values,
)
from hub.audit.recording import record
from tenants import permissions
from tenants.actors import Actor
from tenants.roles import Action

from .outcomes import Refusal

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events with their personal values, and whether there are more."""

    events: tuple[AccessEvent, ...]
    private: dict[UUID, dict[str, str]]
    has_more: bool


@dataclass(frozen=True, slots=True)
class DisclosurePage:
    """A page of disclosures of the tenant's own cases."""

    disclosures: tuple[Disclosure, ...]
    has_more: bool


def read_events(actor: Actor, *, condition: EventFilter, first: int, after: UUID | None = None) -> EventPage | Refusal:
    """What the tenant's own people and processes did, newest first, for its auditors."""
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed or not audits_something(actor):
        record(actor, AuditAction.AUDIT_READ, "access_events:", decision)
        return Refusal(decision.basis)
    rows = events_seen_by(actor, condition)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found, has_more = _cut(list(rows[: first + 1]), first)
    private = private_values(event.pk for event in found)
    record(actor, AuditAction.AUDIT_READ, "access_events:", decision, count=len(found))
    return EventPage(tuple(found), private, has_more)


def read_disclosures(
    actor: Actor, *, condition: DisclosureFilter, first: int, after: UUID | None = None
) -> DisclosurePage | Refusal:
    """Who read the tenant's cases, wherever they are, newest first, for its auditors."""
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed or not audits_something(actor):
        record(actor, AuditAction.AUDIT_READ, "disclosures:", decision)
        return Refusal(decision.basis)
    rows = disclosures_seen_by(actor, condition)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found, has_more = _cut(list(rows[: first + 1]), first)
    record(actor, AuditAction.AUDIT_READ, "disclosures:", decision, count=len(found))
    return DisclosurePage(tuple(found), has_more)


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """The newest signed checkpoint: whoever keeps it can show later that what it covers was not rewritten."""

    size: int
    note: str
    verifier: str


def read_checkpoint(actor: Actor) -> CheckpointView | Refusal | None:
    """The newest checkpoint for a tenant's own page: each tenant is a witness. None before anything is sealed."""
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed:
        record(actor, AuditAction.AUDIT_READ, "checkpoint:", decision)
        return Refusal(decision.basis)
    newest = newest_checkpoint()
    record(actor, AuditAction.AUDIT_READ, f"checkpoint:{newest[0] if newest else ''}", decision)
    return CheckpointView(*newest) if newest else None


def _cut(rows: Sequence[Row], first: int) -> tuple[Sequence[Row], bool]:
    return rows[:first], len(rows) > first


def read_isolation_runs(actor: Actor, *, first: int) -> list[IsolationRun] | Refusal:
    """The newest proofs of isolation; they are about the hub and no tenant, so every auditor sees them."""
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed:
        record(actor, AuditAction.ISOLATION_READ, "isolation_runs:", decision)
        return Refusal(decision.basis)
    found = list(isolation_runs()[:first])
    record(actor, AuditAction.ISOLATION_READ, "isolation_runs:", decision, runs=[str(run.pk) for run in found])
    return found
