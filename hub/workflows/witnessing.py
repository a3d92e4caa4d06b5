"""Each organisation as a witness: its auditors look at the checkpoints of the log, and keep them outside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.audit.actions import AuditAction
from hub.audit.proofs import checkpoints_after, checkpoints_before, verifiers
from hub.audit.recording import record
from tenants import permissions
from tenants.actors import Actor
from tenants.roles import Action
from tenants.scoping import acting_as

from .outcomes import Refusal

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One checkpoint: so many rows, signed then, with that key."""

    size: int
    created_at: datetime
    note: str
    verifier: str


@dataclass(frozen=True, slots=True)
class CheckpointHistory:
    """A page of checkpoints, newest first; whether there are older ones; the keys that have signed, newest first."""

    checkpoints: tuple[CheckpointRow, ...]
    has_more: bool
    verifiers: tuple[str, ...]


def read_checkpoints(actor: Actor, *, first: int, before: int | None = None) -> CheckpointHistory | Refusal:
    """The newest checkpoints, or those of fewer than `before` rows."""
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed:
        record(actor, AuditAction.AUDIT_READ, "checkpoints:", decision)
        return Refusal(decision.basis)
    found = [CheckpointRow(*row) for row in checkpoints_before(before, first + 1)]
    record(actor, AuditAction.AUDIT_READ, "checkpoints:", decision, count=len(found[:first]))
    return CheckpointHistory(tuple(found[:first]), len(found) > first, tuple(verifiers()))


def decide_checkpoint_download(actor: Actor) -> Refusal | None:
    """Whether the history may be downloaded; a refusal is on record."""
    decision = permissions.decide(actor, Action.EXPORT_AUDIT, on=None)
    if decision.allowed:
        return None
    record(actor, AuditAction.AUDIT_EXPORT, "checkpoints:", decision)
    return Refusal(decision.basis)


def checkpoint_pages(actor: Actor) -> Iterator[bytes | Refusal]:
    """All checkpoints, oldest first, as `verify_audit --checkpoint` reads them; each page is on record beforehand."""
    after = 0
    while True:
        with acting_as(actor, durable=True):
            decision = permissions.decide(actor, Action.EXPORT_AUDIT, on=None)
            found = [CheckpointRow(*row) for row in checkpoints_after(after, PAGE)] if decision.allowed else []
            record(actor, AuditAction.AUDIT_EXPORT, "checkpoints:", decision, count=len(found), form="notes")
        if not decision.allowed:
            yield Refusal(decision.basis)
            return
        yield "".join(f"{row.note}\n" for row in found).encode()
        if len(found) < PAGE:
            return
        after = found[-1].size
