"""How often a caller may ask, and how much in a day: counted in Valkey for all processes, or stricter in this one."""

import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from prometheus_client import Counter

from tenants.actors import Actor

logger = structlog.get_logger(__name__)

# A request waits for the broker this long at most, and after a failure none waits until the pause is over.
PATIENCE_SECONDS = 0.1
PAUSE_SECONDS = 2.0
# Without the broker each process counts for itself, so what one of them allows is a tenth.
FALLBACK_PART = 10
MOST_CALLERS = 10_000

REQUESTS = Counter("caseward_graphql_requests", "Requests of known callers, by what their limits said.", ["verdict"])
FALLBACKS = Counter("caseward_limits_without_broker", "Requests that were counted in this process alone.")

# KEYS: the minute's requests, the day's cost, what was told already. ARGV: rate, budget, cost.
# One round trip decides and counts; what is refused costs nothing of the day's budget.
_SPEND = """
local asked = redis.call('INCR', KEYS[1])
if asked == 1 then redis.call('EXPIRE', KEYS[1], 120) end
local spent = tonumber(redis.call('GET', KEYS[2]) or '0')
local verdict = 'granted'
if asked > tonumber(ARGV[1]) then
  verdict = 'too_often'
elseif spent + tonumber(ARGV[3]) > tonumber(ARGV[2]) then
  verdict = 'budget_spent'
else
  spent = redis.call('INCRBY', KEYS[2], ARGV[3])
  redis.call('EXPIRE', KEYS[2], 172800)
  return {verdict, spent, 0}
end
return {verdict, spent, redis.call('SET', KEYS[3], 1, 'NX', 'EX', 60) and 1 or 0}
"""


class Verdict(StrEnum):
    """What the limits say to one request."""

    GRANTED = "granted"
    TOO_OFTEN = "too_often"
    BUDGET_SPENT = "budget_spent"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What became of one request: whether it may go on, what is left of the day, and when to come again."""

    verdict: Verdict
    left: int
    retry_after_seconds: int
    # The first refusal of a minute is an event of its own; those that follow are counted.
    is_first_refusal: bool = False


def spend(actor: Actor, cost: int) -> Allowance:
    """Count one request of a known caller and what it costs."""
    now = datetime.now(UTC)
    caller = hashlib.blake2b(f"{actor.tenant_id} {actor.key}".encode(), digest_size=16).hexdigest()
    counted = _in_broker(caller, now, cost)
    if counted is None:
        FALLBACKS.inc()
        counted = _fallback.spend(caller, now, cost)
        budget = settings.CASEWARD_DAILY_COST_BUDGET // FALLBACK_PART
    else:
        budget = settings.CASEWARD_DAILY_COST_BUDGET
    verdict, spent, is_first = counted
    REQUESTS.labels(verdict.value).inc()
    return Allowance(verdict, max(budget - spent, 0), _wait(verdict, now), is_first)


def _wait(verdict: Verdict, now: datetime) -> int:
    if verdict is Verdict.GRANTED:
        return 0
    if verdict is Verdict.TOO_OFTEN:
        return 60 - now.second
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - now).total_seconds()) + 1


class _Fallback:
    """The same count for this process alone, with lower limits: without the broker nobody gets more than before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute: dict[str, int] = {}
        self._day: dict[str, int] = {}
        self._told: set[str] = set()
        self._at = ("", "")

    def spend(self, caller: str, now: datetime, cost: int) -> tuple[Verdict, int, bool]:
        """One request of a caller. More callers than can be kept in mind are refused."""
        minute, day = f"{now:%Y%m%d%H%M}", f"{now:%Y%m%d}"
        with self._lock:
            if self._at[1] != day:
                self._day.clear()
            if self._at[0] != minute:
                self._minute.clear()
                self._told.clear()
            self._at = (minute, day)
            if caller not in self._day and len(self._day) >= MOST_CALLERS:
                return Verdict.TOO_OFTEN, 0, False
            asked = self._minute[caller] = self._minute.get(caller, 0) + 1
            spent = self._day.setdefault(caller, 0)
            if asked > max(settings.CASEWARD_RATE_LIMIT_PER_MINUTE // FALLBACK_PART, 1):
                return Verdict.TOO_OFTEN, spent, self._tell(caller)
            if spent + cost > settings.CASEWARD_DAILY_COST_BUDGET // FALLBACK_PART:
                return Verdict.BUDGET_SPENT, spent, self._tell(caller)
            self._day[caller] = spent + cost
            return Verdict.GRANTED, spent + cost, False

    def _tell(self, caller: str) -> bool:
        is_first = caller not in self._told
        self._told.add(caller)
        return is_first


_fallback = _Fallback()
# When the broker may be asked again, by the clock that only goes forward.
_paused_until = 0.0


def _in_broker(caller: str, now: datetime, cost: int) -> tuple[Verdict, int, bool] | None:
    global _paused_until
    if time.monotonic() < _paused_until:
        return None
    keys = [f"caseward:{kind}:{caller}" for kind in (f"rate:{now:%Y%m%d%H%M}", f"cost:{now:%Y%m%d}", "told")]
    limits = [settings.CASEWARD_RATE_LIMIT_PER_MINUTE, settings.CASEWARD_DAILY_COST_BUDGET, cost]
    try:
        client = _client(settings.CELERY_BROKER_URL)
        verdict, spent, is_first = client.register_script(_SPEND)(keys=keys, args=limits)
    except (redis.RedisError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("limits_without_broker", error=type(error).__name__)
        return None
    return Verdict(verdict.decode()), int(spent), bool(is_first)


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    # Celery and the client have different words for a socket.
    return redis.Redis.from_url(
        url.replace("redis+socket://", "unix://"),
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
    )
