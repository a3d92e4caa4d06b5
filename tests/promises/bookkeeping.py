"""The books of random operations: what must be on record by what came back, and what is on record."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from tests.promises.asking import Asker, keeper_rows
from tests.promises.background import owner_rows

READERS = ("alice", "bob", "dana", "rita", "olga", "erin", "carol", "dave", "trudy")
INSIDE = ("olga", "omar", "erin", "rita", "petra")
STATE = ("catalog_case", "catalog_caseversion", "catalog_casetag", "sharing_sharinggrant", "sharing_receipt",
         "sharing_accessrequest")  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One event as it is compared; `detail` holds only what could be read off the answer."""

    action: str
    outcome: str
    user_id: UUID | None
    object_id: str | None = None
    detail: tuple[tuple[str, Any], ...] = ()
    # Owner tenant, cases, fields, policy versions, grants, raw, purpose.
    disclosed: frozenset[tuple[Any, ...]] = frozenset()


@dataclass
class Books:
    """What was returned so far, and what is on record of it."""

    ask: Asker
    chance: random.Random
    folder: Path
    done: Counter[str] = field(default_factory=Counter)
    expected: int = 0
    counted: int = 0
    number: int = 0
    # The first transaction that belongs to the present operation.
    horizon: str = "0"

    def __post_init__(self) -> None:
        self.world = self.ask.world
        self.own = [str(case_id) for case_id in self.world.cases.values()]
        self.public = [row[0] for row in owner_rows("SELECT DISTINCT public_id FROM sharing_projection")]
        self.grants = [str(grant_id) for grant_id in self.world.grants.values()]
        for who in READERS:
            self.ask.token(who)
        for who in INSIDE:
            self.ask.session(who)
        self.start = self.count()
        self.counted_before = self.refusals()

    def found(self, expected: list[Event]) -> list[Event]:
        """What is on record since the operation began, as far as it is compared."""
        wanted = {(event.action, event.outcome): event for event in expected}
        rows = keeper_rows(
            "SELECT id, action, outcome, user_id, object_id, detail::text FROM audit.access_event"
            " WHERE appended_in >= %s::text::xid8",
            [self.horizon],
        )
        events = []
        for event_id, action, outcome, user_id, object_id, detail in rows:
            like, told = wanted.get((action, outcome)), orjson.loads(detail)
            disclosed = keeper_rows(
                "SELECT owner_tenant_id, case_ids, fields, policy_version_ids, grant_ids, is_raw, purpose"
                " FROM audit.access_disclosure WHERE event_id = %s", [event_id],
            )  # fmt: skip
            events.append(Event(
                action, outcome, user_id, object_id if like and like.object_id is not None else None,
                tuple((name, frozen(told.get(name))) for name, _ in like.detail) if like else (),
                frozenset((owner, frozenset(cases), tuple(fields), frozenset(versions), frozenset(grants), raw, purpose)
                          for owner, cases, fields, versions, grants, raw, purpose in disclosed),
            ))  # fmt: skip
        return events

    def count(self) -> int:
        """All events there are."""
        return int(keeper_rows("SELECT count(*) FROM audit.access_event")[0][0])

    def refusals(self) -> int:
        """Refusals of nobody in particular."""
        return int(keeper_rows("SELECT coalesce(sum(count), 0) FROM audit.refusal_count")[0][0])

    def state(self) -> list[Any]:
        """How many rows there are of what operations make and change."""
        return [owner_rows(f"SELECT count(*), max(xmin::text::bigint) FROM {table}") for table in STATE]

    def send(self, who: str, query: str, **variables: Any) -> Any:
        """The body of an answer over the real door."""
        answer = self.ask.send(who, query, variables)
        assert answer.status == 200, answer.content
        return answer.body

    def user(self, who: str) -> UUID:
        """Whose account it is."""
        return self.world.cast.user(who).pk


def frozen(value: Any) -> Any:
    """A value that can be counted."""
    return tuple(value) if isinstance(value, list) else value
