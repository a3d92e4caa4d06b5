"""Disposition runs over GraphQL: officers make and confirm dry runs, officers and auditors read them."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.retention.models import DispositionRun as RunRow
from hub.retention.models import ListedItem as ItemRow
from hub.retention.reasons import explain
from hub.retention.rules import NO_CASE
from hub.workflows import disposition
from hub.workflows.outcomes import Invalid, Refusal

from ..context import Info
from ..limits import DEFAULT_PAGE, page_size
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import InvalidInput, NotAvailable, refused, uuid_of
from ..steps import Step


@strawberry.enum(description="How far a disposition run is; a dry run is one that nobody has confirmed.")
class DispositionRunState(Enum):
    """The states of a run."""

    LISTED = "listed"
    RUNNING = "running"
    FINISHED = "finished"


@strawberry.type(description="One item of a run's list, with the rule that counts for it.")
class ListedItem:
    """What is due, or why it is kept."""

    item_id: strawberry.ID
    case_id: strawberry.ID | None = strawberry.field(description="None for a day of the access record.")
    track: str = strawberry.field(description="What it is, e.g. raw_evidence or projection.")
    rule: str = strawberry.field(description="The rule's name and version; empty where none matches.")
    due_at: datetime | None = strawberry.field(description="When its time is over; none while it has not begun.")
    kept_because: str | None = strawberry.field(description="None while it is to be disposed of.")
    is_difference: bool = strawberry.field(description="It was listed as due, and the run found a reason to keep it.")

    @classmethod
    def from_row(cls, row: ItemRow, rule: str) -> "ListedItem":
        """The row as it is shown."""
        return cls(
            item_id=strawberry.ID(str(row.item_id)), track=row.track, rule=rule,
            case_id=None if row.case_id == NO_CASE else strawberry.ID(str(row.case_id)),
            due_at=row.due_at, kept_because=explain(row.kept_because) if row.kept_because else None,
            is_difference=row.is_difference,
        )  # fmt: skip


@strawberry.type(description="A list of what is due under the rules of a moment, and what became of it.")
class DispositionRun:
    """A run without its items."""

    id: strawberry.ID
    state: DispositionRunState
    listed_at: datetime
    due: int
    kept: int
    disposed: int
    differences: int
    seen_at: datetime | None = strawberry.field(description="When somebody confirmed the dry run.")
    finished_at: datetime | None

    @classmethod
    def from_row(cls, row: RunRow) -> "DispositionRun":
        """The row as it is shown."""
        return cls(
            id=strawberry.ID(str(row.pk)), state=DispositionRunState(row.state), listed_at=row.listed_at,
            due=row.due_count, kept=row.kept_count, disposed=row.disposed_count, differences=row.difference_count,
            seen_at=row.seen_at, finished_at=row.finished_at,
        )  # fmt: skip


@strawberry.type(description="A run with the first items of its list: due ones first, by their date.")
class DispositionRunSeen:
    """A run, item by item."""

    run: DispositionRun
    items: list[ListedItem]


@strawberry.type(description="A list of everything that is kept. Nothing was deleted.")
class DryRunMade:
    """The answer to making a dry run."""

    run_id: strawberry.ID
    due: int
    kept: int
    warnings: list[str] = strawberry.field(description="Tracks for which no rule of the organisation exists.")


@strawberry.type(description="The dry run is confirmed: what it lists as due goes from now on.")
class DryRunConfirmed:
    """The answer to confirming."""

    run_id: strawberry.ID


MakeDryRunResult = Annotated[DryRunMade | NotAvailable, strawberry.union("MakeDryRunResult")]
ConfirmDryRunResult = Annotated[DryRunConfirmed | InvalidInput | NotAvailable, strawberry.union("ConfirmDryRunResult")]


@strawberry.type
class DispositionsQuery:
    """The root fields that read runs."""

    @strawberry.field(
        permission_classes=[SignedIn], description="Disposition runs, the newest first, for officers and auditors."
    )
    def disposition_runs(self, info: Info, first: int = DEFAULT_PAGE) -> list[DispositionRun]:
        """Without their items."""
        size, _ = page_size(first, None)
        found = disposition.list_runs(info.context.actor, limit=size or 0)
        if isinstance(found, Refusal):
            raise not_available()
        return [DispositionRun.from_row(row) for row in found]

    @strawberry.field(
        permission_classes=[SignedIn],
        description="One run with the first items of its list; the whole list stands at /admin/.",
    )
    def disposition_run(self, info: Info, id: strawberry.ID, first: int = DEFAULT_PAGE) -> DispositionRunSeen:
        """With its items."""
        size, _ = page_size(first, None)
        found = disposition.read_run(info.context.actor, run_id=uuid_of(id), limit=size or 0)
        if isinstance(found, Refusal):
            raise not_available()
        return DispositionRunSeen(
            run=DispositionRun.from_row(found.run),
            items=[ListedItem.from_row(row, rule) for row, rule in found.items],
        )


@strawberry.type
class DispositionsMutation:
    """The root fields that make and confirm dry runs."""

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="List everything that is kept with its rule, its date and why. Deletes nothing.",
    )
    def make_dry_run(self, info: Info) -> MakeDryRunResult:
        """List."""
        made = disposition.make_dry_run(info.context.actor)
        if isinstance(made, Refusal):
            return NotAvailable()
        return DryRunMade(
            run_id=strawberry.ID(str(made.run_id)), due=made.due, kept=made.kept, warnings=list(made.warnings)
        )

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Say that you have seen a dry run: what it lists as due is deleted, and its rules run by "
        "themselves from then on.",
    )
    def confirm_dry_run(self, info: Info, run_id: strawberry.ID) -> ConfirmDryRunResult:
        """Confirm."""
        return _confirmed(disposition.confirm_dry_run(info.context.actor, run_id=uuid_of(run_id)))


def _confirmed(outcome: Any) -> Any:
    if isinstance(outcome, Refusal | Invalid):
        return refused(outcome)
    return DryRunConfirmed(run_id=strawberry.ID(str(outcome.object_id)))
