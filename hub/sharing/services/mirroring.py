"""Tells a mirror what has changed, by comparing what its reader may see with what it was given; no worker is needed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from tenants.actors import Actor

from ..access import visible_projections
from ..models import Mirror, MirrorEntry, Projection
from ..shapes import COLUMNS, CaseOrder, SharedCase, basis_grant, shared_case


@dataclass(frozen=True, slots=True)
class MirrorPosition:
    """How far a mirror is: the last page that it has, and the case that a walk through all of them has come to."""

    mirror_id: UUID
    sequence: int
    walked_to: UUID | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes: ids to drop, cases to keep in their present form, and where to go on."""

    gone: tuple[str, ...]
    rows: tuple[SharedCase, ...]
    position: MirrorPosition
    has_more: bool


def pull_changes(actor: Actor, position: MirrorPosition | None, size: int) -> Changes | None:
    """The next page for a mirror; from the beginning without a position, and None for a position that is not its own.

    Whoever shows a position has everything up to that page. What was given later is given again, since its answer may
    have been lost on the way: a mirror may be told twice, and never too little.
    """
    mirror = _mirror(actor, position)
    if mirror is None:
        return None
    has, walked_to = (position.sequence, position.walked_to) if position else (0, None)
    MirrorEntry.objects.filter(mirror=mirror, sequence__gt=has).update(sequence=None)
    gone: list[MirrorEntry] = []
    if walked_to is None:
        gone = list(_gone(actor, mirror)[: size + 1])
    if len(gone) > size:
        return _give(mirror, gone[:size], [], MirrorPosition(mirror.pk, has), has_more=True)
    changed = _changed(actor, mirror)
    if walked_to is not None:
        changed = changed.filter(case_id__gt=walked_to)
    room = size - len(gone)
    found = list(changed.values(*COLUMNS, "basis_grant", "shown_print")[: room + 1])
    rows, has_more = found[:room], len(found) > room
    come_to = rows[-1]["case_id"] if rows and has_more else None
    return _give(mirror, gone, rows, MirrorPosition(mirror.pk, has, come_to), has_more=has_more)


def _mirror(actor: Actor, position: MirrorPosition | None) -> Mirror | None:
    """The mirror's row, held until the answer is complete: pages of one mirror are given one after the other."""
    own: dict[str, Any] = {"tenant_id": actor.tenant_id, "actor_key": actor.key, "purpose": actor.purpose}
    if position is None:
        with transaction.atomic():
            Mirror.objects.bulk_create([Mirror(**own)], ignore_conflicts=True)
        return Mirror.objects.select_for_update().get(**own)
    mirror = Mirror.objects.select_for_update().filter(pk=position.mirror_id, **own).first()
    return mirror if mirror is not None and position.sequence <= mirror.sequence else None


def _gone(actor: Actor, mirror: Mirror) -> QuerySet[MirrorEntry]:
    """What the mirror was given and its reader does not see any more, for whatever reason, unless it knows already."""
    seen = visible_projections(actor).filter(public_id=OuterRef("public_id"))
    knows = Q(is_gone=True, sequence__isnull=False)
    return MirrorEntry.objects.filter(~knows, ~Exists(seen), mirror=mirror).order_by("public_id")


def _changed(actor: Actor, mirror: Mirror) -> QuerySet[Projection]:
    """What the reader sees and the mirror does not have in this form, in the order of the cases."""
    has = MirrorEntry.objects.filter(
        mirror=mirror,
        public_id=OuterRef("public_id"),
        fingerprint=OuterRef("shown_print"),
        is_gone=False,
        sequence__isnull=False,
    )
    rows = visible_projections(actor).annotate(shown_print=_shown_print(), basis_grant=basis_grant())
    return rows.filter(~Exists(has)).order_by("case_id")


def _shown_print() -> Func:
    """Everything that is shown of a case: its document's digest, and what stands beside the document."""
    shown = [F(name) for name in ("digest", "data_class", "tlp", "owner_label")]
    return Func(
        *shown,
        Cast("recorded_on", CharField()),
        function="concat_ws",
        template="md5(%(function)s('|', %(expressions)s))",
        output_field=CharField(),
    )


def _give(
    mirror: Mirror, gone: list[MirrorEntry], rows: list[dict[str, Any]], position: MirrorPosition, *, has_more: bool
) -> Changes:
    """Note what is given as a page of its own."""
    shared = tuple(shared_case(row, CaseOrder.OLDEST) for row in rows)
    ids = tuple(entry.public_id for entry in gone)
    if gone or rows:
        mirror.sequence += 1
        mirror.save(update_fields=["sequence"])
        noted: dict[str, Any] = {"tenant_id": mirror.tenant_id, "mirror": mirror, "sequence": mirror.sequence}
        MirrorEntry.objects.bulk_create(
            [
                *(MirrorEntry(**noted, public_id=public_id, is_gone=True) for public_id in ids),
                *(
                    MirrorEntry(**noted, public_id=row["public_id"], fingerprint=row["shown_print"], is_gone=False)
                    for row in rows
                ),
            ],
            update_conflicts=True,
            unique_fields=["mirror", "public_id"],
            update_fields=["fingerprint", "is_gone", "sequence"],
        )
        position = MirrorPosition(mirror.pk, mirror.sequence, position.walked_to)
    return Changes(ids, shared, position, has_more)
