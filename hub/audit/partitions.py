"""Monthly partitions of the access record, made ahead by the keeper; the default partition is only a safety net."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

PARTITIONED = ("access_event", "access_disclosure")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in UTC, and the UUIDv7 range that its rows' ids fall into."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """The month that a moment falls into."""
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    def later(self, months: int) -> "Month":
        """The month so many months later."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def lower(self) -> UUID:
        """The smallest id of the month: 48 bits of Unix milliseconds, then zeros."""
        milliseconds = int(datetime(self.year, self.month, 1, tzinfo=UTC).timestamp() * 1000)
        return UUID(int=milliseconds << 80)

    @property
    def upper(self) -> UUID:
        """The smallest id of the next month."""
        return self.later(1).lower

    def table(self, parent: str) -> str:
        """The name of the month's partition of a table."""
        return f"{parent}_{self.year:04d}_{self.month:02d}"


def ensure_partitions(now: datetime, *, months_ahead: int = 2, using: str = "keeper") -> list[str]:
    """Make the partitions of this month and the next ones; returns the names of those that were missing.

    Rows that the default partition caught meanwhile are moved, so a keeper that was away loses nothing.
    """
    made = []
    connection = connections[using]
    for parent in PARTITIONED:
        for step in range(months_ahead + 1):
            month = Month.of(now).later(step)
            if not _exists(connection, month.table(parent)):
                with transaction.atomic(using=using):
                    _make(connection, parent, month)
                made.append(month.table(parent))
    return made


def rows_in_default(using: str = "keeper") -> int:
    """How many rows stand in the default partitions. Anything but zero means that the keeper was away."""
    with connections[using].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM audit.{parent}_default" for parent in PARTITIONED))
        return sum(count for (count,) in cursor.fetchall())


def _exists(connection: BaseDatabaseWrapper, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"audit.{table}"])
        return bool(cursor.fetchone()[0])


def _make(connection: BaseDatabaseWrapper, parent: str, month: Month) -> None:
    table = month.table(parent)
    lower, upper = f"'{month.lower}'", f"'{month.upper}'"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('caseward.audit.partitions'))")
        if _exists(connection, table):
            return
        # Nobody appends while rows are moved out of the default partition; that takes milliseconds.
        cursor.execute(f"LOCK TABLE audit.{parent} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"CREATE TABLE audit.{table} (LIKE audit.{parent} INCLUDING ALL)")
        cursor.execute(
            f"WITH moved AS (DELETE FROM audit.{parent}_default WHERE id >= {lower} AND id < {upper} RETURNING *)"
            f" INSERT INTO audit.{table} SELECT * FROM moved"
        )
        bounds = f"FROM ({lower}) TO ({upper})"
        cursor.execute(f"ALTER TABLE audit.{parent} ATTACH PARTITION audit.{table} FOR VALUES {bounds}")
        # A partition read by its own name would pass the parent's policies by: nobody gets a right on it.
        cursor.execute(f"ALTER TABLE audit.{table} ENABLE ROW LEVEL SECURITY")
        cursor.execute(f"ALTER TABLE audit.{table} FORCE ROW LEVEL SECURITY")
        cursor.execute(f"CREATE POLICY keeper_all ON audit.{table} TO caseward_keeper USING (true) WITH CHECK (true)")
