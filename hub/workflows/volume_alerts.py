"""Tokens that do far more than usual: an alert on record, once a token and day, and something that rules can use."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.audit.volumes import TokenVolume, disclosure_volumes, newest_case_read, past_alerts, token_volumes
from hub.escalation.services.noticing import RUN_TASK
from tenants.actors import SystemActor, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tenants.work import clear_work, due_work, has_later_work, note_work

from .nudging import nudge_on_commit
from .unusual_volume import notice_volume

# The kind of note that leads the sweep to a tenant; whoever has tokens at work is looked at again after the pause.
VOLUMES = "volumes"
LOOK_AGAIN = timedelta(minutes=10)
# What an own token did, and how often any token was shown own cases.
OPERATIONS, DISCLOSURES = "operations", "disclosures"


def sweep_volumes() -> int:
    """Look at the tokens of every tenant that is due; how many alerts were raised."""
    with transaction.atomic(durable=True):
        due = due_work(VOLUMES)
    return sum(raise_volume_alerts(work.tenant_id, work.note_ids) for work in due)


def raise_volume_alerts(tenant_id: UUID, note_ids: tuple[int, ...] = ()) -> int:
    """One tenant's tokens today against their own history; new alerts are recorded and handed to the rules."""
    actor = system_actor(tenant_id, VOLUMES)
    with acting_as(actor, durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"caseward:volumes:{tenant_id}"])
        measured = [(OPERATIONS, volume) for volume in token_volumes(tenant_id)]
        measured += [(DISCLOSURES, volume) for volume in disclosure_volumes(tenant_id)]
        raised = past_alerts(tenant_id, timezone.now() - timedelta(days=2))
        known = {(event.object_id, event.detail["measure"], event.detail["day"]) for event in raised}
        found = [
            (measure, volume)
            for measure, volume in measured
            if volume.is_unusual and (str(volume.token_id), measure, volume.day.isoformat()) not in known
        ]
        for measure, volume in found:
            _raise(actor, tenant_id, measure, volume)
        if measured and not has_later_work(tenant_id, VOLUMES):
            note_work(tenant_id, VOLUMES, timezone.now() + LOOK_AGAIN)
        clear_work(note_ids)
    return len(found)


def _raise(actor: SystemActor, tenant_id: UUID, measure: str, volume: TokenVolume) -> None:
    """On record for auditors; for rules, as something that happened to the own cases that the token was shown."""
    case_id = newest_case_read(tenant_id, volume.token_id)
    record(
        actor, AuditAction.TOKEN_ALERT, f"token:{volume.token_id}", allow(f"system:{actor.process}"), measure=measure,
        day=volume.day.isoformat(), count=volume.operations, score_in_tenths=round((volume.score or 0.0) * 10),
        case=case_id,
    )  # fmt: skip
    if notice_volume(tenant_id, volume):
        nudge_on_commit(RUN_TASK, tenant_id)
