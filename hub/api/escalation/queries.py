"""Reading tickets, and asking the release gate."""

import strawberry

from hub.workflows.gating import GateAnswer, ask_gate
from hub.workflows.outcomes import Refusal
from hub.workflows.release_pauses import list_pauses, read_verdict
from hub.workflows.tickets import list_tickets, view_ticket

from ..context import Info
from ..limits import checked_lists, checked_texts, page_size
from ..permissions import SignedIn
from ..results import NotAvailable, refused, uuid_of
from .types import (
    EvidenceResult,
    GateEvidence,
    GateResult,
    GateVerdict,
    PausesResult,
    ReleasePause,
    ReleasePauses,
    RemediationTicket,
    RemediationTickets,
    TicketResult,
    TicketsResult,
    TicketState,
)


@strawberry.type
class EscalationQuery:
    """The root fields about follow-up work."""

    @strawberry.field(permission_classes=[SignedIn], description="One remediation ticket, with its history.")
    def remediation_ticket(self, info: Info, id: strawberry.ID) -> TicketResult:
        """A ticket of the caller's team, or of his tenant where he governs."""
        view = view_ticket(info.context.actor, uuid_of(id))
        return NotAvailable() if isinstance(view, Refusal) else RemediationTicket.from_view(view)

    @strawberry.field(permission_classes=[SignedIn], description="The newest tickets that are yours to see.")
    def remediation_tickets(
        self, info: Info, states: list[TicketState] | None = None, first: int | None = None
    ) -> TicketsResult:
        """Tickets, newest first."""
        checked_lists(states)
        size, _ = page_size(first, None)
        views = list_tickets(info.context.actor, states=[state.value for state in states or ()], first=size or 50)
        if isinstance(views, Refusal):
            return NotAvailable()
        return RemediationTickets(nodes=[RemediationTicket.from_view(view) for view in views])

    @strawberry.field(permission_classes=[SignedIn], description="May this version of a model be released?")
    def release_gate(self, info: Info, model: str, version: str, channel: str = "") -> GateResult:
        """A signed verdict, with the cases that hold the release back as far as the caller may see them."""
        checked_texts(model, version, channel)
        answer = ask_gate(info.context.actor, model=model, version=version, channel=channel)
        return GateVerdict.from_answer(answer) if isinstance(answer, GateAnswer) else refused(answer)

    @strawberry.field(permission_classes=[SignedIn], description="What holds releases back, with waivers.")
    def release_pauses(self, info: Info, model: str = "", first: int | None = None) -> PausesResult:
        """The newest pauses of tickets that the caller sees."""
        checked_texts(model)
        size, _ = page_size(first, None)
        views = list_pauses(info.context.actor, model=model, first=size or 50)
        if isinstance(views, Refusal):
            return NotAvailable()
        return ReleasePauses(nodes=[ReleasePause.from_view(view) for view in views])

    @strawberry.field(permission_classes=[SignedIn], description="The evidence of a verdict that the gate has given.")
    def gate_evidence(self, info: Info, id: strawberry.ID) -> EvidenceResult:
        """For auditors and officers, who find its id in the access record."""
        evidence = read_verdict(info.context.actor, verdict_id=uuid_of(id))
        return NotAvailable() if isinstance(evidence, Refusal) else GateEvidence.from_evidence(evidence)
