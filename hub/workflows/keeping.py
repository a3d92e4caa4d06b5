"""The keeper's background work: partitions made before they are needed, and the record sealed row by row."""

from pathlib import Path

import structlog
from celery import shared_task
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.partitions import ensure_partitions, rows_in_default
from hub.audit.recording import record
from hub.audit.sealing import Sealed, last_verifier, seal, signing_key
from hub.audit.verifying import Verification, verify
from tenants.actors import operator_at_console, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as

log = structlog.get_logger(__name__)

# A keeper that comes back after a long time lets go of the queue now and then.
MOST_BATCHES = 40
# The logins that may read all of the record; the first that this process was given is taken.
RECORD_READERS = ("auditor", "keeper")


def keep_partitions() -> list[str]:
    """Make the partitions of this month and the next two; safe to run at any time, twice as well as once."""
    made = ensure_partitions(timezone.now())
    stray = rows_in_default()
    if stray:
        log.warning("audit_default_partition_in_use", rows=stray)
    if made:
        actor = system_actor(None, "keeper")
        with acting_as(actor):
            record(actor, AuditAction.AUDIT_PARTITION, "partition:", allow("system:keeper"), made=made)
    return made


@shared_task(name="keeper.partitions", queue="keeper", ignore_result=True)
def keep_partitions_task() -> None:
    """The sweep: a few times an hour, on the keeper's queue."""
    keep_partitions()


def seal_record(*, look_at_all: bool = False) -> list[Sealed]:
    """Seal what was appended since the last run, batch by batch, and hand each checkpoint to the witness file."""
    record_new_key()
    runs: list[Sealed] = []
    for _ in range(MOST_BATCHES):
        sealed = seal(look_at_all=look_at_all)
        if sealed.note:
            runs.append(sealed)
            _hand_to_witness_file(sealed.note)
        if sealed.found_late:
            log.error("audit_rows_found_late", rows=sealed.found_late)
        if not sealed.has_more:
            break
    return runs


def record_new_key() -> bool:
    """Record that another key signs from now on; the event is the first that the new key seals."""
    before, now = last_verifier(), signing_key().verifier
    if not before or before == now:
        return False
    actor = system_actor(None, "keeper")
    with acting_as(actor):
        # Name and fingerprint, as checkpoints show them; the key itself stands in every checkpoint's row.
        former, new = ("+".join(verifier.split("+", 2)[:2]) for verifier in (before, now))
        record(actor, AuditAction.AUDIT_KEY, f"signing_key:{new[-80:]}", allow("system:keeper"), former=former, new=new)
    return True


def _hand_to_witness_file(note: str) -> None:
    if settings.CASEWARD_WITNESS_FILE:
        with Path(settings.CASEWARD_WITNESS_FILE).open("a", encoding="utf-8") as file:
            file.write(note + "\n")


@shared_task(name="keeper.seal", queue="keeper", ignore_result=True)
def seal_record_task() -> None:
    """The sweep: every few seconds, on the keeper's queue; two keepers at once take turns."""
    seal_record()


@shared_task(name="keeper.look_through", queue="keeper", ignore_result=True)
def look_through_record_task() -> None:
    """The sweep: every hour, at all rows there are, for what stands behind the horizon of the quick looks."""
    seal_record(look_at_all=True)


def verify_record(*, verifier: str | None = None, outside_notes: list[str] | None = None) -> Verification:
    """Check the whole record against its log and checkpoints; by default with this hub's own verifier key.

    Reading is enough for it: the auditor's login where this process was given one, else the keeper's.
    """
    using = next((alias for alias in RECORD_READERS if alias in connections), None)
    if using is None:
        raise ImproperlyConfigured("Set AUDITOR_DATABASE_URL: the record is read as caseward_auditor.")
    if not verifier and not settings.AUDIT_SIGNING_SEED:
        raise ImproperlyConfigured(
            "Give the log's verifier key with --verifier, or AUDIT_SIGNING_SEED of the keeper that signs it."
        )
    return verify(
        verifier=verifier or signing_key().verifier,
        former=settings.AUDIT_FORMER_VERIFIERS,
        outside_notes=outside_notes,
        using=using,
    )


def record_verification(result: Verification, *, outside: int) -> bool:
    """Put on record that somebody at the console has verified the record, and what came of it.

    Whether it could be: a machine that only reads the record (a replica, a copy) verifies it all the same.
    """
    actor = operator_at_console("verify_audit")
    try:
        with acting_as(actor, durable=True):
            record(
                actor, AuditAction.AUDIT_VERIFY, "access_record:", allow("operator"), failed=bool(result.findings),
                rows=result.sealed_rows, checkpoints=result.checkpoints, outside=outside, findings=len(result.findings),
            )  # fmt: skip
    except DatabaseError:
        return False
    return True
