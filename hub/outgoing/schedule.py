"""When to try again: exponential backoff with jitter, and the receiver's Retry-After. Pure: the caller keeps rows."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Waits that grow by `factor` from `first_seconds` to `longest_seconds`, for `attempts` attempts in all.

    The default tries twelve times in about two and a half days: 5 s, 20 s, 80 s, … 6 h.
    """

    first_seconds: float = 5.0
    factor: float = 4.0
    longest_seconds: float = 6 * 3600.0
    attempts: int = 12
    # The share of a wait that is left to chance, so that what failed together does not come back together.
    jitter: float = 0.5

    def delay(self, attempt: int, *, retry_after: float | None = None, chance: float | None = None) -> float | None:
        """Seconds to wait after attempt 1, 2, …; None where that was the last one.

        A receiver that names a time is never asked before it, up to the longest wait. `chance` is in [0, 1).
        """
        if attempt >= self.attempts:
            return None
        full = min(self.longest_seconds, self.first_seconds * self.factor ** min(attempt - 1, 64))
        chance = random.random() if chance is None else chance  # noqa: S311 - spreads load, guards nothing
        waits = full * (1 - self.jitter * chance)
        return max(waits, min(retry_after or 0.0, self.longest_seconds))


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, given as seconds or as a date; None where it says nothing."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
