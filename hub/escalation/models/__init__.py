"""Rows of the escalation layer: what happened, what rules made of it, tickets with their history, release gates."""

from .releases import GateVerdict, GateWaiver, ReleasePause
from .tickets import RemediationTicket, TicketCase, TicketEvent, TicketState
from .triggers import MatchOutcome, RuleMatch, Trigger, TriggerKind

__all__ = [
    "GateVerdict",
    "GateWaiver",
    "MatchOutcome",
    "ReleasePause",
    "RemediationTicket",
    "RuleMatch",
    "TicketCase",
    "TicketEvent",
    "TicketState",
    "Trigger",
    "TriggerKind",
]
