"""New primary keys: time-ordered UUIDs, made by the caller so that no INSERT needs to read its row back."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7. It carries its creation time, so strangers are shown audience ids instead."""
    return uuid7()
