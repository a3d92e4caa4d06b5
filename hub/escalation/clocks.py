"""The two clocks of a ticket: until somebody takes it up, and until it is done. No database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

# So long before its time is over, a ticket is at risk.
AT_RISK = timedelta(hours=48)


class ClockState(StrEnum):
    """How a clock stands."""

    NONE = "no time is set"
    RUNS = "runs"
    AT_RISK = "at risk"
    OVERDUE = "overdue"
    STANDS = "stands still while the ticket waits"
    MET = "met"
    LATE = "met too late"


class Clocked(Protocol):
    """What a ticket says about its clocks."""

    respond_by: datetime | None
    responded_at: datetime | None
    due_at: datetime | None
    waiting_since: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Clock:
    """When it would run out, when it was stopped, and how it stands."""

    due_at: datetime | None
    stopped_at: datetime | None
    state: ClockState


def response_clock(ticket: Clocked, now: datetime) -> Clock:
    """Starts with the ticket and stops when somebody takes it up."""
    return _clock(ticket.respond_by, ticket.responded_at, None, now)


def resolution_clock(ticket: Clocked, now: datetime) -> Clock:
    """Starts with the ticket, stands still while it waits, and stops when it is done."""
    return _clock(ticket.due_at, ticket.resolved_at, ticket.waiting_since, now)


def _clock(
    due_at: datetime | None, stopped_at: datetime | None, waiting_since: datetime | None, now: datetime
) -> Clock:
    if due_at is None:
        state = ClockState.NONE
    elif stopped_at is not None:
        state = ClockState.MET if stopped_at <= due_at else ClockState.LATE
    elif waiting_since is not None:
        state = ClockState.STANDS
    elif due_at <= now:
        state = ClockState.OVERDUE
    else:
        state = ClockState.AT_RISK if due_at - now <= AT_RISK else ClockState.RUNS
    return Clock(due_at, stopped_at, state)
