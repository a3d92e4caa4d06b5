"""Auditors' questions as fields: the same workflows as the officers' site, so the same rules and the same record."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from hub.audit.actions import Outcome
from hub.audit.queries import DisclosureFilter, EventFilter
from hub.audit.volumes import TokenVolume as Volume
from hub.workflows import questioning
from hub.workflows.auditing import read_checkpoint
from hub.workflows.outcomes import Refusal

from ..context import Info
from ..limits import checked_texts
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import uuid_of

USUAL_DAYS = 30
Found = TypeVar("Found")


@strawberry.input(description="From the beginning of the first day to the end of the last, in UTC; else thirty days.")
class Period:
    """Days."""

    first_day: date | None = None
    last_day: date | None = None

    def moments(self) -> questioning.Period:
        """The same as moments."""
        last = _within_reason(self.last_day or datetime.now(UTC).date())
        first = _within_reason(self.first_day) if self.first_day else last - timedelta(days=USUAL_DAYS - 1)
        begin, end = (datetime.combine(day, time.min, UTC) for day in (first, last + timedelta(days=1)))
        return questioning.Period(begin, end)


@strawberry.type(description="How much there was on one day.")
class DayCount:
    """A bar of a chart."""

    day: date
    count: int


@strawberry.type(description="Somebody who received your cases, wherever he is, summed up.")
class ReaderSummary:
    """A row of an answer."""

    reader: str = strawberry.field(description="As his tenant's record names him, e.g. `user:<uuid>`.")
    reader_tenant_id: strawberry.ID | None
    times: int
    first: datetime
    last: datetime
    had_raw: bool


@strawberry.type(description="One of your cases that left, and how often.")
class CaseSummary:
    """A row of an answer."""

    case_id: strawberry.ID
    times: int
    last: datetime


@strawberry.type(description="Who received your cases on some condition.")
class ReadersAnswer:
    """The answer, the most first."""

    readers: list[ReaderSummary]
    cases: list[CaseSummary]
    per_day: list[DayCount]


@strawberry.type(description="What your people read or asked for, summed up by object.")
class ReadSummary:
    """A row of an answer."""

    action: str
    object_kind: str
    object_id: str = strawberry.field(description="Cases of others under the ids by which they were read.")
    outcome: Outcome
    times: int
    last: datetime


@strawberry.type(description="What somebody read.")
class ReadsAnswer:
    """The answer, the most first."""

    reads: list[ReadSummary]
    per_day: list[DayCount]


@strawberry.type(description="What was refused for one reason to one of your people.")
class RefusalSummary:
    """A row of an answer."""

    action: str
    basis: str
    actor: str
    times: int
    last: datetime


@strawberry.type(description="What was refused.")
class RefusalsAnswer:
    """The answer, the most first."""

    refusals: list[RefusalSummary]
    per_day: list[DayCount]


@strawberry.type(description="A token's day against its own history.")
class TokenVolume:
    """A row of an answer."""

    token_id: strawberry.ID
    operations: int
    history: list[int] = strawberry.field(description="The days before, oldest first, at most 28.")
    score: float | None = strawberry.field(description="The modified z-score; null while it is too new to tell.")
    is_unusual: bool

    @classmethod
    def from_volume(cls, volume: Volume) -> "TokenVolume":
        """Show one."""
        return cls(
            token_id=strawberry.ID(str(volume.token_id)), operations=volume.operations, history=list(volume.history),
            score=volume.score, is_unusual=volume.is_unusual,
        )  # fmt: skip


@strawberry.type(description="A token did more than usual; escalation rules saw it as `unusual_volume`.")
class TokenAlert:
    """A row of an answer."""

    raised_at: datetime
    token_id: strawberry.ID
    measure: str = strawberry.field(description="`operations` of an own token, or `disclosures` of your cases to any.")
    count: int
    score: float
    case_id: strawberry.ID | None = strawberry.field(description="Your case that the token was shown last.")


@strawberry.type(description="What tokens do today, and the alerts of the last thirty days.")
class TokensAnswer:
    """The answer, the most unusual first."""

    own: list[TokenVolume] = strawberry.field(description="Your own tokens, by all that they did.")
    readers: list[TokenVolume] = strawberry.field(description="Anybody's, by the answers that held a case of yours.")
    alerts: list[TokenAlert]


@strawberry.type(description="A case that a recipient still holds although it was taken back.")
class RecalledHolding:
    """A row of an answer."""

    recipient: str
    case_id: strawberry.ID
    public_id: strawberry.ID = strawberry.field(description="The id under which the recipient knows it.")
    reason: str
    first_read_at: datetime
    taken_back_at: datetime


@strawberry.type(description="A signed statement of what the access record was at one moment. Keep it outside the hub.")
class Checkpoint:
    """The newest."""

    size: int
    note: str
    verifier: str


@strawberry.type
class AuditQuestions:
    """The root fields that sum the record up."""

    @strawberry.field(
        permission_classes=[SignedIn], description="Who received your cases: one case, one grant, one purpose, or all."
    )
    def who_read(
        self,
        info: Info,
        case_id: strawberry.ID | None = None,
        grant_id: strawberry.ID | None = None,
        purpose: str | None = None,
        period: Period | None = None,
    ) -> ReadersAnswer:
        """Readers wherever they are."""
        checked_texts(purpose)
        within = (period or Period()).moments()
        condition = DisclosureFilter(
            case_id=_id(case_id), grant_id=_id(grant_id), purpose=purpose, since=within.since, until=within.until
        )
        question = "who_read_case" if case_id is not None else "under_terms"
        found = _given(questioning.who_read(info.context.actor, condition=condition, question=question))
        return ReadersAnswer(
            readers=[
                ReaderSummary(
                    reader=row["reader_key"], reader_tenant_id=_shown(row["reader_tenant_id"]), times=row["times"],
                    first=row["first"], last=row["last"], had_raw=row["had_raw"],
                )
                for row in found.rows
            ],
            cases=[
                CaseSummary(case_id=strawberry.ID(str(row["case_id"])), times=row["times"], last=row["last"])
                for row in found.cases
            ],
            per_day=_days(found),
        )  # fmt: skip

    @strawberry.field(
        permission_classes=[SignedIn], description="What one of your people or tokens, or a team of yours, read."
    )
    def what_was_read(
        self,
        info: Info,
        actor: str | None = None,
        team_id: strawberry.ID | None = None,
        period: Period | None = None,
    ) -> ReadsAnswer:
        """Of everybody, where nobody is named."""
        checked_texts(actor)
        within = (period or Period()).moments()
        condition = EventFilter(
            actor_key=actor, actions=questioning.ask.READS, since=within.since, until=within.until
        )  # fmt: skip
        found = _given(questioning.what_was_read(info.context.actor, condition=condition, team_id=_id(team_id)))
        return ReadsAnswer(
            reads=[
                ReadSummary(
                    action=row["action"], object_kind=row["object_kind"], object_id=row["object_id"],
                    outcome=Outcome(row["outcome"]), times=row["times"], last=row["last"],
                )
                for row in found.rows
            ],
            per_day=_days(found),
        )  # fmt: skip

    @strawberry.field(permission_classes=[SignedIn], description="What your people and tokens were refused, and why.")
    def what_was_refused(self, info: Info, period: Period | None = None) -> RefusalsAnswer:
        """By action, basis and person."""
        found = _given(questioning.what_was_refused(info.context.actor, period=(period or Period()).moments()))
        return RefusalsAnswer(
            refusals=[
                RefusalSummary(
                    action=row["action"], basis=row["basis"], actor=row["actor_key"], times=row["times"],
                    last=row["last"],
                )
                for row in found.rows
            ],
            per_day=_days(found),
        )  # fmt: skip

    @strawberry.field(permission_classes=[SignedIn], description="What tokens do today against their own history.")
    def token_volumes(self, info: Info) -> TokensAnswer:
        """The most unusual first."""
        found = _given(questioning.how_much_tokens_did(info.context.actor))
        return TokensAnswer(
            own=[TokenVolume.from_volume(volume) for volume in found.volumes],
            readers=[TokenVolume.from_volume(volume) for volume in found.reads],
            alerts=[
                TokenAlert(
                    raised_at=event.occurred_at, token_id=strawberry.ID(event.object_id),
                    measure=event.detail["measure"], count=event.detail["count"],
                    score=event.detail["score_in_tenths"] / 10, case_id=_shown(event.detail["case"]),
                )
                for event in found.alerts
            ],
        )  # fmt: skip

    @strawberry.field(
        permission_classes=[SignedIn], description="Which recipients hold cases that were withdrawn, or grants revoked."
    )
    def recalled_holdings(self, info: Info) -> list[RecalledHolding]:
        """The latest first."""
        return [
            RecalledHolding(
                recipient=holding.recipient, case_id=strawberry.ID(str(holding.case_id)),
                public_id=strawberry.ID(holding.public_id), reason=holding.reason,
                first_read_at=holding.first_read_at, taken_back_at=holding.taken_back_at,
            )
            for holding in _given(questioning.who_holds_recalled(info.context.actor))
        ]  # fmt: skip

    @strawberry.field(
        permission_classes=[SignedIn], description="The newest signed checkpoint; null before anything is sealed."
    )
    def audit_checkpoint(self, info: Info) -> Checkpoint | None:
        """For your own keeping."""
        found = read_checkpoint(info.context.actor)
        if isinstance(found, Refusal):
            raise not_available()
        return Checkpoint(size=found.size, note=found.note, verifier=found.verifier) if found else None


def _within_reason(given: date) -> date:
    """No record is older, and no calendar goes on for ever."""
    return min(max(given, date(2000, 1, 1)), date(9999, 12, 30))


def _given(found: Found | Refusal) -> Found:
    if isinstance(found, Refusal):
        raise not_available()
    return found


def _days(found: questioning.Answer) -> list[DayCount]:
    return [DayCount(day=day, count=count) for day, count in sorted(found.per_day.items())]


def _id(value: str | None) -> UUID | None:
    return uuid_of(value) if value is not None else None


def _shown(value: Any) -> strawberry.ID | None:
    return strawberry.ID(str(value)) if value else None
