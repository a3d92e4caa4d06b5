"""Letting a machine keep a copy of what it may see: what is new or changed, and the ids of what it must drop."""

from collections.abc import Sequence

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.services.mirroring import Changes, MirrorPosition, pull_changes
from tenants.actors import Actor
from tenants.decisions import refuse

from .disclosure import decide_reading, record_rows
from .outcomes import Refusal

__all__ = ["STRANGE_POSITION", "Changes", "MirrorPosition", "disclose_changes"]

STRANGE_POSITION = "strange_position"


def disclose_changes(
    actor: Actor, *, since: MirrorPosition | None, size: int, fields: Sequence[str]
) -> Changes | Refusal:
    """A page of changes since a position; every page is an event of its own, with receipts for what it gives.

    A tombstone is an id that this reader was given before, under a receipt written with it, and nothing else.
    """
    decision = decide_reading(actor)
    if not decision.allowed:
        record(actor, AuditAction.CASE_LIST, "shared_changes:", decision)
        return Refusal(decision.basis)
    changes = pull_changes(actor, since, size)
    if changes is None:
        decision = refuse(STRANGE_POSITION)
        record(actor, AuditAction.CASE_LIST, "shared_changes:", decision)
        return Refusal(decision.basis)
    record_rows(actor, AuditAction.CASE_LIST, "shared_changes:", changes.rows, fields, tombstones=len(changes.gone))
    return changes
