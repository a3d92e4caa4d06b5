"""How much each token does in a day, against its own history: for auditors, and for escalation rules to ask.

The statistic is the modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993):
0.6745 * (today - median) / MAD over the token's own earlier days, days without use counting as zero; above 3.5 is an
outlier. Median and median absolute deviation hardly move when a few of the earlier days were unusual themselves. A very
even history would make every small step an outlier, so the deviation is at least the square root of the median (what
chance alone does to counts), and at least one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from .actions import AuditAction
from .models import AccessEvent, Disclosure

TOKEN = "token:"  # noqa: S105 - how keys of tokens begin
HISTORY_DAYS = 28
FEWEST_DAYS = 7
OUTLIER = 3.5
# Fewer operations than this a day trouble nobody, whatever came before.
FEWEST_OPERATIONS = 20


@dataclass(frozen=True, slots=True)
class TokenVolume:
    """What one token did on a day (operations on record, refusals too), and on the days before it."""

    token_id: UUID
    day: date
    operations: int
    # Oldest first, from the token's first use in the last 28 days on; empty when it was first used today.
    history: tuple[int, ...]

    @property
    def score(self) -> float | None:
        """The modified z-score; None as long as the history is shorter than a week."""
        return score(self.operations, self.history)

    @property
    def is_unusual(self) -> bool:
        """Whether somebody should look: an outlier above, of at least 20 operations."""
        found = self.score
        return found is not None and found > OUTLIER and self.operations >= FEWEST_OPERATIONS


def score(value: int, history: Sequence[int]) -> float | None:
    """How far a day is from the earlier ones, in robust standard deviations; None where there are too few of them."""
    if len(history) < FEWEST_DAYS:
        return None
    middle = median(history)
    deviation = max(median(abs(day - middle) for day in history), 0.6745 * sqrt(middle), 0.6745)
    return 0.6745 * (value - middle) / deviation


def token_volumes(tenant_id: UUID, day: date | None = None) -> list[TokenVolume]:
    """Each token that was used on the day (UTC, default: today), the most unusual first.

    The caller acts in the tenant; one statement, which reads the tokens' own events of 29 days along an index.
    """
    return _by_token(AccessEvent.objects.filter(tenant_id=tenant_id, token_id__isnull=False), "token_id", day)


def disclosure_volumes(owner_tenant_id: UUID, day: date | None = None) -> list[TokenVolume]:
    """The same of every token, wherever it is, that read this owner's cases: answers that held one, per day."""
    rows = Disclosure.objects.filter(owner_tenant_id=owner_tenant_id, reader_key__startswith=TOKEN)
    return _by_token(rows, "reader_key", day)


def unusual_volumes(tenant_id: UUID, day: date | None = None) -> list[TokenVolume]:
    """Only those that somebody should look at; what an escalation rule asks."""
    return [volume for volume in token_volumes(tenant_id, day) if volume.is_unusual]


def past_alerts(tenant_id: UUID, since: datetime) -> QuerySet[AccessEvent]:
    """Alerts that were raised since then, the newest first; an alert is an event of the record and nothing else."""
    lower = UUID(int=int(since.timestamp() * 1000) << 80)
    rows = AccessEvent.objects.filter(tenant_id=tenant_id, action=AuditAction.TOKEN_ALERT.value, pk__gte=lower)
    return rows.order_by("-pk")


def newest_case_read(owner_tenant_id: UUID, token_id: UUID) -> UUID | None:
    """The own case that this token was shown last."""
    rows = Disclosure.objects.filter(owner_tenant_id=owner_tenant_id, reader_key=f"{TOKEN}{token_id}")
    newest = rows.order_by("-pk").values_list("case_ids", flat=True).first()
    return newest[0] if newest else None


def _by_token(rows: QuerySet[Any, Any], key: str, day: date | None) -> list[TokenVolume]:
    """Rows of 29 days counted by token and day; those tokens that have any on the last one."""
    day = day or datetime.now(UTC).date()
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start = begin - timedelta(days=HISTORY_DAYS)
    lower, upper = (UUID(int=int(moment.timestamp() * 1000) << 80) for moment in (start, begin + timedelta(days=1)))
    counted = (
        rows.filter(pk__gte=lower, pk__lt=upper)
        .order_by()
        .annotate(day=TruncDate("occurred_at"))
        .values(key, "day")
        .annotate(times=Count("pk"))
    )
    days: dict[UUID, dict[date, int]] = {}
    for row in counted:
        days.setdefault(UUID(str(row[key]).removeprefix(TOKEN)), {})[row["day"]] = row["times"]
    found = [_volume(token_id, day, per_day) for token_id, per_day in days.items() if per_day.get(day)]
    return sorted(found, key=lambda entry: (entry.score is None, -(entry.score or 0), -entry.operations))


def _volume(token_id: UUID, day: date, per_day: dict[date, int]) -> TokenVolume:
    length = (day - min(per_day)).days
    history = tuple(per_day.get(day - timedelta(days=back), 0) for back in range(length, 0, -1))
    return TokenVolume(token_id, day, per_day[day], history)
