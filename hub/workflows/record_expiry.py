"""Ending months of the access record by one rule for the whole hub, the longest of everybody's: the keeper's work."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Min

from hub.audit import expiring
from hub.audit.actions import AuditAction
from hub.audit.checkpoints import CheckpointError, split_notes, verify_note
from hub.audit.partitions import Month
from hub.audit.recording import record
from hub.audit.sealing import signing_key
from hub.catalog.models import Case
from hub.retention import queries
from hub.retention.holds import held_cases
from hub.retention.rules import Clock, Track, due_at
from tenants.actors import operator_at_console, system_actor
from tenants.decisions import allow
from tenants.models import Tenant
from tenants.scoping import acting_as

log = structlog.get_logger(__name__)

# Events carry the clock of the process that wrote them; one that is a day off ends nothing early.
SKEW = timedelta(days=1)


def expire_record() -> list[str]:
    """Drop each month whose time is over for everybody; the months that went. What has to stay says why in the log.

    The announcing event commits first: a keeper that is killed in between announces the month again, and drops it then.
    """
    expiring.forget_refusal_counts()
    keeps, held_since = longest_rules()
    now, witnessed = expiring.database_now(), witnessed_size()
    gone = []
    for month in expiring.months_on_record():
        if not is_over(month, keeps, held_since, now):
            continue
        try:
            _expire(month, witnessed)
        except (expiring.NotExpirable, DatabaseError) as error:
            why = str(error) if isinstance(error, expiring.NotExpirable) else type(error).__name__
            log.warning("audit_month_stays", month=_name(month), reason=why)
            continue
        gone.append(_name(month))
    return gone


def longest_rules() -> tuple[set[str], datetime | None]:
    """How long somebody wants events kept: the hub's own rule and each tenant's; and since when held cases exist."""
    with acting_as(operator_at_console("keeper"), durable=True):
        tenant_ids = list(Tenant.objects.values_list("pk", flat=True))
    keeps, held_since = {settings.AUDIT_KEEP}, None
    for tenant_id in tenant_ids:
        with acting_as(system_actor(tenant_id, "keeper"), durable=True):
            # A rule that counts from the last read asks the record when that was.
            keeps |= {
                rule.spec.keep
                for rule in queries.rules_in_force(tenant_id)
                if rule.spec.track is Track.ACCESS_EVENT or rule.spec.clock is Clock.LAST_READ
            }
            oldest = Case.objects.filter(pk__in=held_cases(tenant_id)).aggregate(Min("created_at"))["created_at__min"]
        held_since = min(filter(None, (held_since, oldest)), default=None)
    return keeps, held_since


def is_over(month: Month, keeps: set[str], held_since: datetime | None, now: datetime) -> bool:
    """Whether nobody wants a month any more: every rule has run out since its end, and no held case is so old."""
    following = month.later(1)
    end = datetime(following.year, following.month, 1, tzinfo=UTC) + SKEW
    return all(due_at(end, keep) <= now for keep in keeps) and (held_since is None or end <= held_since)


def witnessed_size() -> int:
    """How many rows the newest checkpoint covers that stands in the witness file; 0 where there is none that holds."""
    if not settings.CASEWARD_WITNESS_FILE:
        return 0
    try:
        notes = split_notes(Path(settings.CASEWARD_WITNESS_FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        log.error("witness_file_unreadable", error=type(error).__name__)
        return 0
    size = 0
    for note in notes:
        for verifier in (signing_key().verifier, *settings.AUDIT_FORMER_VERIFIERS):
            try:
                size = max(size, verify_note(note, verifier).size)
            except CheckpointError:
                continue
    return size


@shared_task(name="keeper.expire", queue="keeper", ignore_result=True)
def expire_record_task() -> None:
    """The sweep: once an hour, on the keeper's queue."""
    expire_record()


def _expire(month: Month, witnessed: int) -> None:
    contents = expiring.measure(month, witnessed=witnessed)
    actor = system_actor(None, "keeper")
    announced: dict[str, Any] = {source: {"rows": found.rows, "hash": found.hash} for source, found in contents.items()}
    with acting_as(actor, durable=True):
        event_id = record(actor, AuditAction.AUDIT_EXPIRE, f"month:{_name(month)}", allow("system:keeper"), **announced)
    expiring.expire(month, contents, event_id=event_id)
    log.info("audit_month_expired", month=_name(month), **{name: asdict(found) for name, found in contents.items()})


def _name(month: Month) -> str:
    return f"{month.year:04d}-{month.month:02d}"
