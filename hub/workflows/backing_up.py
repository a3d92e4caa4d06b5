"""A backup holds everything, raw text too: that one was made is on record, before its first byte is written."""

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from tenants.actors import operator_at_console
from tenants.decisions import allow
from tenants.scoping import acting_as


def record_backup(*, failed: bool = False) -> None:
    """Record that the operator makes a backup, or that it came to nothing; raises where it cannot be recorded."""
    actor = operator_at_console("backup")
    with acting_as(actor, durable=True):
        record(actor, AuditAction.BACKUP_MAKE, "database:", allow("operator"), failed=failed)
