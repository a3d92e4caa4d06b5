"""What is shown of tickets and of the release gate."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from hub.workflows.gating import GateAnswer
from hub.workflows.release_pauses import PauseView, VerdictEvidence, canonical_text
from hub.workflows.tickets import TicketView

from ..results import InvalidInput, NotAvailable


@strawberry.enum(description="Where a remediation is.")
class TicketState(Enum):
    """The states of a ticket."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


@strawberry.type(description="One entry of a ticket's history.")
class TicketHistoryEntry:
    """Who did what when."""

    kind: str
    actor: str
    occurred_at: datetime
    note: str


@strawberry.type(description="Follow-up work on a pattern of failures.")
class RemediationTicket:
    """A ticket, for its team and for those who govern."""

    id: strawberry.ID
    number: int
    title: str
    state: TicketState
    severity: str
    owner: str
    opened_at: datetime
    respond_by: datetime | None
    due_at: datetime | None
    is_overdue: bool
    case_ids: list[strawberry.ID]
    history: list[TicketHistoryEntry]

    @classmethod
    def from_view(cls, view: TicketView) -> "RemediationTicket":
        """From what the workflow has answered."""
        return cls(
            id=strawberry.ID(str(view.ticket_id)),
            number=view.number,
            title=view.title,
            state=TicketState(view.state),
            severity=view.severity,
            owner=view.owner,
            opened_at=view.opened_at,
            respond_by=view.respond_by,
            due_at=view.due_at,
            is_overdue=view.is_overdue,
            case_ids=[strawberry.ID(str(case_id)) for case_id in view.case_ids],
            history=[TicketHistoryEntry(kind=e[0], actor=e[1], occurred_at=e[2], note=e[3]) for e in view.history],
        )


@strawberry.type(description="The newest tickets that are there for you.")
class RemediationTickets:
    """A list of tickets."""

    nodes: list[RemediationTicket]


@strawberry.type(description="Whether a version of a model may be released. The statement is signed: keep it as it is.")
class GateVerdict:
    """The answer of the release gate."""

    id: strawberry.ID
    is_allowed: bool
    blocking_case_ids: list[strawberry.ID]
    shows_all: bool = strawberry.field(description="False where cases that are not yours to see hold the release back.")
    pause_ids: list[strawberry.ID] = strawberry.field(
        description="What holds the release back, as far as it is yours to see; a waiver is asked for one of these."
    )
    ticket_ids: list[strawberry.ID]
    statement: str = strawberry.field(description="The signed bytes: canonical JSON.")
    signature: str = strawberry.field(description="Ed25519 over the statement, in base64.")
    key: str = strawberry.field(description="The public key, in base64; verify with the one you have kept.")

    @classmethod
    def from_answer(cls, answer: GateAnswer) -> "GateVerdict":
        """From what the workflow has answered."""
        return cls(
            id=strawberry.ID(str(answer.verdict_id)),
            is_allowed=answer.is_allowed,
            blocking_case_ids=[strawberry.ID(case_id) for case_id in answer.statement["blocking_cases"]],
            shows_all=answer.statement["shows_all"],
            pause_ids=[strawberry.ID(pause_id) for pause_id in answer.statement["pauses"]],
            ticket_ids=[strawberry.ID(ticket_id) for ticket_id in answer.statement["tickets"]],
            statement=answer.signed_text,
            signature=answer.signature,
            key=answer.key,
        )


@strawberry.enum(description="How a waiver stands.")
class WaiverState(Enum):
    """The states of a waiver."""

    WAITS = "waits"
    APPROVED = "approved"
    TURNED_DOWN = "turned_down"
    EXPIRED = "expired"


@strawberry.type(description="Two people's leave to release what is paused, until a date.")
class GateWaiver:
    """A waiver, asked for by one person and decided by another."""

    id: strawberry.ID
    reason: str
    requested_by: str
    expires_at: datetime
    state: WaiverState


@strawberry.type(description="A rule holds releases of a model back until its ticket is done.")
class ReleasePause:
    """A pause of a ticket that the caller sees."""

    id: strawberry.ID
    ticket_id: strawberry.ID
    model: str
    version: str = strawberry.field(description="Empty: every version.")
    channel: str = strawberry.field(description="Empty: every channel.")
    paused_at: datetime
    is_standing: bool = strawberry.field(description="Judged now, as the gate judges it.")
    case_ids: list[strawberry.ID] = strawberry.field(description="The cases that hold it, as far as you see them.")
    waivers: list[GateWaiver]

    @classmethod
    def from_view(cls, view: PauseView) -> "ReleasePause":
        """From what the workflow has answered."""
        return cls(
            id=strawberry.ID(str(view.pause_id)),
            ticket_id=strawberry.ID(str(view.ticket_id)),
            model=view.model,
            version=view.version,
            channel=view.channel,
            paused_at=view.paused_at,
            is_standing=view.is_standing,
            case_ids=[strawberry.ID(str(case_id)) for case_id in view.case_ids],
            waivers=[
                GateWaiver(
                    id=strawberry.ID(str(waiver.waiver_id)),
                    reason=waiver.reason,
                    requested_by=waiver.requested_by,
                    expires_at=waiver.expires_at,
                    state=WaiverState(waiver.state),
                )
                for waiver in view.waivers
            ],
        )


@strawberry.type(description="The newest pauses that are yours to see.")
class ReleasePauses:
    """A list of pauses."""

    nodes: list[ReleasePause]


@strawberry.type(description="What a verdict was made from, judged anew; for auditors and officers.")
class GateEvidence:
    """The evidence of one verdict."""

    statement: str = strawberry.field(description="The signed bytes: canonical JSON.")
    signature: str
    inputs: str = strawberry.field(description="Canonical JSON; its SHA-256 stands in the statement as inputs_digest.")
    is_signed_by_present_key: bool
    is_reproduced: bool = strawberry.field(description="Whether the verdict follows from these inputs.")

    @classmethod
    def from_evidence(cls, evidence: VerdictEvidence) -> "GateEvidence":
        """From what the workflow has answered."""
        return cls(
            statement=canonical_text(evidence.statement),
            signature=evidence.signature,
            inputs=canonical_text(evidence.inputs),
            is_signed_by_present_key=evidence.is_signed_by_present_key,
            is_reproduced=evidence.is_reproduced,
        )


@strawberry.type(description="The step was taken.")
class TicketAnswer:
    """The ticket that was opened or changed."""

    id: strawberry.ID


TicketResult = Annotated[RemediationTicket | NotAvailable, strawberry.union("TicketResult")]
TicketsResult = Annotated[RemediationTickets | NotAvailable, strawberry.union("TicketsResult")]
GateResult = Annotated[GateVerdict | InvalidInput | NotAvailable, strawberry.union("GateResult")]
TicketStepResult = Annotated[TicketAnswer | InvalidInput | NotAvailable, strawberry.union("TicketStepResult")]
PausesResult = Annotated[ReleasePauses | NotAvailable, strawberry.union("ReleasePausesResult")]
EvidenceResult = Annotated[GateEvidence | NotAvailable, strawberry.union("GateEvidenceResult")]
