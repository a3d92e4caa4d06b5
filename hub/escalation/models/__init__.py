"""Rows of the escalation layer: what happened, what rules made of it, tickets with their history, release gates."""

from .named_rules import EscalationRule
from .releases import GateVerdict, GateWaiver, ReleasePause
from .reports import LeakReport
from .tickets import RemediationTicket, TicketCase, TicketEvent, TicketState
from .triggers import MatchOutcome, RuleMatch, Trigger, TriggerKind

__all__ = [
    "EscalationRule",
    "GateVerdict",
    "GateWaiver",
    "LeakReport",
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
