"""The deleting transaction's own writes: take listed items, lock their cases, move what goes to the ledger."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from hub.catalog.models import Case

from ..judging import Judged
from ..models import DispositionBatch, DispositionEntry, DispositionRun, ListedItem, RunState
from ..rules import Track


def take_turn(tenant_id: UUID) -> bool:
    """Whether this transaction may dispose for the tenant now; until it ends, no other one may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"caseward:disposition:{tenant_id}"]
        )
        row = cursor.fetchone()
    return bool(row and row[0])


class Listed(NamedTuple):
    """A due item of a list, as far as a run looks at it."""

    pk: UUID
    item_id: UUID
    case_id: UUID
    digest: str


def next_items(run: DispositionRun, track: Track, after: tuple[UUID, UUID] | None, limit: int) -> list[Listed]:
    """The next due items of a track in the order of their cases; nothing is locked yet."""
    due = ListedItem.objects.filter(run=run, kept_because="", track=track.value).order_by("case_id", "item_id")
    if after is not None:
        # As a comparison of rows, the index goes straight there; a run stays as fast at its end as at its beginning.
        due = due.extra(where=["(case_id, item_id) > (%s, %s)"], params=after)
    return [Listed(*row) for row in due.values_list("pk", "item_id", "case_id", "digest")[:limit]]


def lock_cases(case_ids: Collection[UUID]) -> set[UUID]:
    """Lock the cases that nobody else has locked; the others are passed over, not waited for."""
    rows = Case.objects.filter(pk__in=case_ids).order_by("pk").select_for_update(skip_locked=True)
    return set(rows.values_list("pk", flat=True))


def keep(items: Iterable[tuple[Listed, str]]) -> int:
    """Leave listed items where they are, as differences, each with its reason."""
    by_reason: dict[str, list[UUID]] = {}
    for item, reason in items:
        by_reason.setdefault(reason, []).append(item.pk)
    for reason, ids in by_reason.items():
        ListedItem.objects.filter(pk__in=ids).update(kept_because=reason, is_difference=True)
    return sum(map(len, by_reason.values()))


def digest_of(gone: Sequence[Judged]) -> str:
    """SHA-256 over id and digest of each item, in the order of the ids."""
    lines = "".join(f"{item.item_id} {item.digest}\n" for item in sorted(gone, key=lambda item: item.item_id.int))
    return hashlib.sha256(lines.encode()).hexdigest()


def certify_batch(
    run: DispositionRun,
    track: Track,
    gone: Sequence[Judged],
    *,
    batch_id: UUID,
    event_id: UUID,
    rules: list[dict[str, Any]],
    listed: Collection[UUID],
) -> None:
    """The certificate and one ledger row an item; the items leave the list."""
    batch = DispositionBatch(
        id=batch_id,
        tenant_id=run.tenant_id,
        run=run,
        track=track.value,
        count=len(gone),
        items_digest=digest_of(gone),
        rules=rules,
        disposed_at=Now(),
        event_id=event_id,
    )
    batch.save(force_insert=True)
    decided = {(item.rule_id, item.ending) for item in gone}
    if len(decided) == 1:
        _move(batch, *decided.pop(), listed)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DispositionEntry._meta.db_table}"
            " (id, tenant_id, batch_id, track, ending, case_id, rule_id, digest)"
            " SELECT item, %s, %s, %s, ending, of_case, rule, digest FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[],"
            " %s::text[], %s::text[]) AS given (item, of_case, rule, ending, digest)",
            [
                run.tenant_id, batch.pk, track.value,
                [item.item_id for item in gone], [item.case_id for item in gone], [item.rule_id for item in gone],
                [item.ending for item in gone], [item.digest for item in gone],
            ],
        )  # fmt: skip
        cursor.execute(f"DELETE FROM {ListedItem._meta.db_table} WHERE id = ANY (%s)", [list(listed)])


def _move(batch: DispositionBatch, rule_id: UUID | None, ending: str | None, listed: Collection[UUID]) -> None:
    """From the list into the ledger without a way through here; digests are those of the list, or they had not gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (DELETE FROM {ListedItem._meta.db_table} WHERE id = ANY (%s)"
            " RETURNING tenant_id, item_id, case_id, digest)"
            f" INSERT INTO {DispositionEntry._meta.db_table}"
            " (id, tenant_id, batch_id, track, ending, case_id, rule_id, digest)"
            " SELECT item_id, tenant_id, %s, %s, %s, case_id, %s, digest FROM gone",
            [list(listed), batch.pk, batch.track, ending, rule_id],
        )


def count_progress(run: DispositionRun, disposed: int, differences: int) -> None:
    """Add to what the run shows of itself."""
    DispositionRun.objects.filter(pk=run.pk).update(
        disposed_count=F("disposed_count") + disposed, difference_count=F("difference_count") + differences
    )


def start(run: DispositionRun, *, seen_by: str = "") -> None:
    """Let a list be carried out; with the person who has seen it, where one had to."""
    run.state, run.started_at = RunState.RUNNING, Now()
    if seen_by:
        run.seen_by, run.seen_at = seen_by, Now()
    run.save(update_fields=["state", "started_at", "seen_by", "seen_at"])
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {ListedItem._meta.db_table}")


def finish(run: DispositionRun) -> bool:
    """End a run of which nothing is left to do; whether it ended."""
    if ListedItem.objects.filter(run=run, kept_because="").exists():
        return False
    DispositionRun.objects.filter(pk=run.pk).update(state=RunState.FINISHED, finished_at=Now())
    return True
