"""Writes the list of a run: every item of a tenant with its rule and date, and why it is kept."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q as Condition
from django.db.models.functions import Now

from ..judging import Items, judged_sql, parameters
from ..models import DispositionRun, ListedItem, RunState
from ..queries import certify
from ..rules import RuleInForce, Track
from . import archiving

_WRITE = """
    INSERT INTO retention_listeditem
        (id, tenant_id, run_id, track, item_id, case_id, digest, rule_id, started_at, due_at, kept_because,
         is_difference)
    SELECT uuidv7(), %(tenant)s, %(run)s, %(track)s, item_id, case_id, digest, rule_id, started_at, due_at,
           kept_because, false
      FROM ({judged}) judged
     WHERE %(keeps)s OR kept_because = ''
"""


def list_items(
    tenant_id: UUID, rules: Sequence[RuleInForce], items: Items, *, by: str, only_due: bool = False
) -> DispositionRun:
    """A new run under these rules, with what it keeps or without. A dry run replaces one that nobody has confirmed."""
    if not only_due:
        DispositionRun.objects.filter(tenant_id=tenant_id, state=RunState.LISTED).delete()
    run = DispositionRun.objects.create(
        tenant_id=tenant_id,
        rules=[certify(rule) for rule in rules],
        rule_ids=[rule.id for rule in rules],
        listed_by=by,
        listed_at=Now(),
    )
    with connection.cursor() as cursor:
        for track in Track:
            cursor.execute(
                _WRITE.replace("{judged}", judged_sql(items[track])),
                {
                    **parameters(tenant_id, track, rules, archives=archiving.is_configured()),
                    "run": run.pk,
                    "track": track.value,
                    "keeps": not only_due,
                },
            )
    listed = ListedItem.objects.filter(run=run)
    run.due_count = listed.filter(kept_because="").count()
    run.kept_count = listed.exclude(kept_because="").count()
    run.save(update_fields=["due_count", "kept_count"])
    run.refresh_from_db()
    return run


def mark_held(run: DispositionRun, held: Condition, reason: str) -> None:
    """Say of due items, whose case or which themselves are held, that they are kept."""
    moved = ListedItem.objects.filter(held, run=run, kept_because="").update(kept_because=reason)
    if moved:
        run.due_count -= moved
        run.kept_count += moved
        run.save(update_fields=["due_count", "kept_count"])
