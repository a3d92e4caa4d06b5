"""Working on tickets, and asking for waivers."""

from datetime import datetime

import strawberry

from hub.workflows.gating import decide_waiver, request_waiver
from hub.workflows.outcomes import Done, Invalid, Refusal
from hub.workflows.tickets import change_ticket, open_ticket

from ..context import Info
from ..permissions import SignedIn
from ..results import refused, uuid_of
from ..steps import Step
from .types import TicketAnswer, TicketState, TicketStepResult


def _answer(outcome: Done | Refusal | Invalid) -> TicketStepResult:
    return TicketAnswer(id=strawberry.ID(str(outcome.object_id))) if isinstance(outcome, Done) else refused(outcome)


@strawberry.type
class EscalationMutation:
    """The root fields that move follow-up work on."""

    @strawberry.mutation(permission_classes=[SignedIn], extensions=[Step()], description="Open a ticket about cases.")
    def open_remediation_ticket(
        self,
        info: Info,
        team_id: strawberry.ID,
        title: str,
        case_ids: list[strawberry.ID],
        severity: str = "",
        due_at: datetime | None = None,
    ) -> TicketStepResult:
        """A ticket by hand."""
        return _answer(
            open_ticket(
                info.context.actor,
                team_id=uuid_of(team_id),
                title=title,
                case_ids=[uuid_of(case_id) for case_id in case_ids],
                severity=severity,
                due_at=due_at,
            )
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Move a ticket on, hand it over, or comment."
    )
    def change_remediation_ticket(
        self,
        info: Info,
        id: strawberry.ID,
        state: TicketState | None = None,
        owner_id: strawberry.ID | None = None,
        due_at: datetime | None = None,
        note: str = "",
    ) -> TicketStepResult:
        """Only what is given changes."""
        return _answer(
            change_ticket(
                info.context.actor,
                ticket_id=uuid_of(id),
                state=state.value if state else None,
                owner_id=uuid_of(owner_id) if owner_id is not None else None,
                due_at=due_at,
                note=note,
            )
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Ask that a pause be passed over until a date."
    )
    def request_gate_waiver(
        self, info: Info, pause_id: strawberry.ID, reason: str, expires_at: datetime
    ) -> TicketStepResult:
        """A second person decides."""
        return _answer(
            request_waiver(info.context.actor, pause_id=uuid_of(pause_id), reason=reason, expires_at=expires_at)
        )

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Decide about a waiver, as a second person.",
    )
    def decide_gate_waiver(self, info: Info, id: strawberry.ID, approve: bool) -> TicketStepResult:
        """Whoever asked for it cannot approve it."""
        return _answer(decide_waiver(info.context.actor, waiver_id=uuid_of(id), approve=approve))
