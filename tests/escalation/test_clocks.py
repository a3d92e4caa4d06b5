"""Clocks of tickets: when they run, stand, stop and run out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from hub.escalation.clocks import ClockState, resolution_clock, response_clock

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class Ticket:
    """Days from now on, as a ticket's columns."""

    respond_by: datetime | None = None
    responded_at: datetime | None = None
    due_at: datetime | None = None
    waiting_since: datetime | None = None
    resolved_at: datetime | None = None


def days(number: float | None) -> datetime | None:
    return None if number is None else NOW + timedelta(days=number)


@pytest.mark.parametrize(
    ("due", "stopped", "waiting", "expected"),
    [
        (None, None, None, ClockState.NONE),
        (5, None, None, ClockState.RUNS),
        (2, None, None, ClockState.AT_RISK),
        (0, None, None, ClockState.OVERDUE),
        (-1, None, -2, ClockState.STANDS),
        (-1, -2, None, ClockState.MET),
        (-2, -1, None, ClockState.LATE),
    ],
)
def test_how_the_second_clock_stands(
    due: float | None, stopped: float | None, waiting: float | None, expected: ClockState
) -> None:
    clock = resolution_clock(Ticket(due_at=days(due), resolved_at=days(stopped), waiting_since=days(waiting)), NOW)
    assert (clock.state, clock.due_at, clock.stopped_at) == (expected, days(due), days(stopped))


def test_the_first_clock_goes_on_while_a_ticket_waits() -> None:
    assert response_clock(Ticket(respond_by=days(-1), waiting_since=days(-2)), NOW).state is ClockState.OVERDUE
    assert response_clock(Ticket(respond_by=days(-1), responded_at=days(-2)), NOW).state is ClockState.MET
