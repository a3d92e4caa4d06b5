"""Proofs of isolation, for auditors."""

from datetime import datetime

import strawberry

from hub.audit.models import IsolationOutcome, IsolationRun
from hub.workflows.auditing import read_isolation_runs
from hub.workflows.outcomes import Refusal

from ..context import Info
from ..limits import page_size
from ..permissions import SignedIn
from ..refusals import not_available

strawberry.enum(IsolationOutcome, name="IsolationOutcome", description="What a proof of isolation has come to.")


@strawberry.type(description="One thing that a proof has found wrong; names and ids only.")
class IsolationFinding:
    """A row of evidence."""

    guard: str = strawberry.field(description="Which guard did not hold.")
    attacker: str = strawberry.field(description="Which synthetic account came.")
    place: str = strawberry.field(description="Where it asked: a place of the schema, a table, a decision.")
    what: str = strawberry.field(description="What it got.")
    request_id: str = strawberry.field(description="The request, as logs and access events name it.")


@strawberry.type(description="One proof of isolation: two synthetic tenants attack each other through every field.")
class IsolationProof:
    """A run as auditors see it."""

    id: strawberry.ID
    started_at: datetime
    ended_at: datetime
    outcome: IsolationOutcome
    problem: str = strawberry.field(description="Why it could not be tried, where it could not.")
    requests: int
    places: int = strawberry.field(description="At how many places of the schema was asked.")
    checks: int
    failed: int
    findings: list[IsolationFinding] = strawberry.field(description="The first of what failed.")

    @classmethod
    def from_row(cls, row: IsolationRun) -> "IsolationProof":
        """The run as it is stored."""
        return cls(
            id=strawberry.ID(str(row.pk)),
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=IsolationOutcome(row.outcome),
            problem=row.problem,
            requests=row.requests,
            places=row.places,
            checks=row.checks,
            failed=row.failed,
            findings=[IsolationFinding(**finding) for finding in row.findings],
        )


@strawberry.type
class IsolationQuery:
    """The root field of the proofs."""

    @strawberry.field(
        permission_classes=[SignedIn],
        description="Proofs that tenants are kept apart, the newest first, for auditors of any tenant.",
    )
    def isolation_proofs(self, info: Info, first: int = 10) -> list[IsolationProof]:
        """The newest runs."""
        size, _ = page_size(first, None)
        outcome = read_isolation_runs(info.context.actor, first=size or 0)
        if isinstance(outcome, Refusal):
            raise not_available()
        return [IsolationProof.from_row(row) for row in outcome]
