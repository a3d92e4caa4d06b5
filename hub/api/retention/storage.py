"""Storage over GraphQL: what is kept of each track, what is due, and when the rest will be."""

from datetime import datetime
from typing import Annotated

import strawberry

from hub.retention.models import StorageReport as ReportRow
from hub.workflows import storage
from hub.workflows.outcomes import Refusal

from ..context import Info
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import NotAvailable, uuid_of
from ..steps import Step


@strawberry.type(description="What of a track is due at one time.")
class StorageSlot:
    """A part of the forecast."""

    when: str = strawberry.field(
        description="A month such as 2027-03; or `due` now, `held` (due, but for a legal hold), `later` than in a "
        "year, `never` (no rule covers it, or its case is not closed)."
    )
    items: int
    size_bytes: float = strawberry.field(description="A whole number, which may be too large for Int.")


@strawberry.type(description="What is kept of one track.")
class TrackStorage:
    """A track and its forecast."""

    track: str = strawberry.field(description="e.g. raw_evidence or projection")
    items: int
    size_bytes: float = strawberry.field(description="A whole number, which may be too large for Int.")
    forecast: list[StorageSlot]


@strawberry.type(description="What your organisation keeps, as it was last counted.")
class StorageReport:
    """The newest report."""

    counted_at: datetime
    items: int
    due_items: int
    held_items: int
    tracks: list[TrackStorage]

    @classmethod
    def from_row(cls, row: ReportRow) -> "StorageReport":
        """The row as it is shown."""
        return cls(
            counted_at=row.counted_at, items=row.items, due_items=row.due_items, held_items=row.held_items,
            tracks=[
                TrackStorage(
                    track=track, items=sum(items for _, items, _ in slots),
                    size_bytes=float(sum(size for _, _, size in slots)),
                    forecast=[
                        StorageSlot(when=slot, items=items, size_bytes=float(size)) for slot, items, size in slots
                    ],
                )
                for track, slots in row.tracks.items()
            ],
        )  # fmt: skip


@strawberry.type(description="What letting a draft retention rule govern would change; nothing is deleted by asking.")
class RulePreview:
    """Counts are none where there is too much to count while one waits: make a dry run then."""

    track: str
    due_before: int | None = strawberry.field(description="Items of its track that are due now.")
    due_after: int | None = strawberry.field(description="Those that would be.")
    decided: int | None = strawberry.field(description="Items for which the draft would be the rule that counts.")


@strawberry.type(description="Everything that is kept was counted.")
class StorageCounted:
    """The answer to counting."""

    report_id: strawberry.ID


RulePreviewResult = Annotated[RulePreview | NotAvailable, strawberry.union("RulePreviewResult")]
CountStorageResult = Annotated[StorageCounted | NotAvailable, strawberry.union("CountStorageResult")]


@strawberry.type
class StorageQuery:
    """The root fields that read what is kept."""

    @strawberry.field(
        permission_classes=[SignedIn], description="What is kept and when it is due, for officers and auditors."
    )
    def storage(self, info: Info) -> StorageReport:
        """The newest counting."""
        found = storage.read_storage(info.context.actor)
        if isinstance(found, Refusal):
            raise not_available()
        return StorageReport.from_row(found)

    @strawberry.field(
        permission_classes=[SignedIn], description="What a draft or proposed retention rule would make due."
    )
    def retention_rule_preview(self, info: Info, version_id: strawberry.ID) -> RulePreviewResult:
        """Before and after."""
        found = storage.preview_rule(info.context.actor, version_id=uuid_of(version_id))
        if isinstance(found, Refusal):
            return NotAvailable()
        return RulePreview(
            track=found.track.value, due_before=found.due_before, due_after=found.due_after, decided=found.decided
        )


@strawberry.type
class StorageMutation:
    """The root field that counts."""

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Count what is kept, as it is now. For officers.",
    )
    def count_storage(self, info: Info) -> CountStorageResult:
        """Count."""
        done = storage.count_storage(info.context.actor)
        return (
            NotAvailable()
            if isinstance(done, Refusal)
            else StorageCounted(report_id=strawberry.ID(str(done.object_id)))
        )
