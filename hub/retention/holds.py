"""Which cases may lose nothing, whatever any rule says."""

from collections.abc import Collection
from uuid import UUID


def holds_on(case_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of locked cases, those under a standing hold, each with one hold. Asked in the statement after the locking.

    No hold can be placed yet, so none stands.
    """
    return {}
