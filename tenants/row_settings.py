"""What PostgreSQL is told about who asks: transaction-local settings that the row-level security policies read."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from .actors import Actor

# An unset or empty setting opens nothing.
SETTINGS = (
    "caseward.tenant_id",
    "caseward.team_ids",
    "caseward.user_id",
    "caseward.raw_reach",
    "caseward.governs",
    "caseward.operator",
    "caseward.auditor",
    "caseward.token_digest",
    "caseward.login",
    "caseward.directory",
)


def settings_of(actor: Actor) -> dict[str, str]:
    """What PostgreSQL is told about an actor."""
    return {
        "caseward.tenant_id": str(actor.tenant_id or ""),
        "caseward.team_ids": ",".join(str(team) for team in actor.team_ids),
        "caseward.user_id": str(actor.user_id or ""),
        "caseward.raw_reach": actor.raw_reach.value,
        "caseward.governs": "on" if actor.governs_tenant else "",
        "caseward.operator": "on" if actor.kind == "operator" else "",
        "caseward.auditor": "on" if actor.kind == "auditor" else "",
        "caseward.token_digest": "",
        "caseward.login": "",
        "caseward.directory": "",
    }


def apply_settings(values: dict[str, str]) -> None:
    """Set transaction-local settings; outside a transaction they would be gone at once, so that is refused."""
    if not connection.in_atomic_block:
        raise RuntimeError("Row-level security settings need a transaction: use scoping.acting_as(actor).")
    calls = ", ".join("set_config(%s, %s, true)" for _ in values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for pair in values.items() for part in pair])


def current_settings() -> dict[str, str]:
    """The settings as they stand, for restoring them."""
    calls = ", ".join("coalesce(current_setting(%s, true), '')" for _ in SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", list(SETTINGS))
        row = cursor.fetchone()
    return dict(zip(SETTINGS, row, strict=True))


@contextmanager
def acting_as(actor: Actor, *, durable: bool = False) -> Iterator[None]:
    """A transaction in which PostgreSQL shows what this actor may see; inside another one, a savepoint.

    The settings that stood before are restored on the way out, since they survive a released savepoint. After an
    exception the rollback to the savepoint restores them.
    """
    before = current_settings() if connection.in_atomic_block else None
    with transaction.atomic(durable=durable):
        apply_settings(settings_of(actor))
        yield
        if before is not None and not connection.needs_rollback:
            apply_settings(before)


@contextmanager
def with_settings(**values: str) -> Iterator[None]:
    """Add settings (named without the prefix) for a few statements, then put back what stood before.

    A savepoint, so that an exception takes the added settings back as well. Outside a transaction it is one.
    """
    named = {f"caseward.{name}": value for name, value in values.items()}
    with transaction.atomic():
        before = {name: value for name, value in current_settings().items() if name in named}
        apply_settings(named)
        yield
        if not connection.needs_rollback:
            apply_settings(before)
