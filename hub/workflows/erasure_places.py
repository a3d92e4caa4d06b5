"""Every place that may name a person, and how each ends: the one list that knows all layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import connection

from hub.catalog import erasing as catalog
from hub.catalog.erasing import Erasable
from hub.escalation.services import erasing as escalation
from hub.retention.models import ArchivedItem
from hub.retention.rules import Track
from hub.retention.services import archiving
from hub.sharing.services import erasing as sharing

from .disposal_tracks import dispose

BY_HAND = "by_hand:"
KEY = "pseudonym_key"
ROWS, UPLOADS = 200, 4
# Ids and codes alone, and the erasure's own rows.
_NOT_SEARCHED = frozenset(
    {"retention_erasurerequest", "retention_erasureplace", "retention_listeditem", "retention_dispositionentry"}
)
ARCHIVED = Erasable("retention_archiveditem", "archived_item", archiving.forget)
_BY_TABLE: dict[str, Erasable] = {
    entry.table: entry for entry in (*catalog.ERASABLE, *sharing.ERASABLE, *escalation.ERASABLE, ARCHIVED)
}
_BY_KIND: dict[str, Erasable] = {entry.kind: entry for entry in _BY_TABLE.values()}
_TRACKS = {track.value: track for track in Track}
USERS = "tenants_user"

WORDS: dict[str, str] = {
    "raw_text": "Text and facts of a case version",
    "raw_evidence": "Body of an evidence item",
    "evidence_name": "Name of an evidence item",
    "case_identity": "Outside identity of a case",
    "tag": "Tag of a case",
    "review": "Note of a review",
    "break_glass": "Purpose and finding of a break-glass",
    "projection": "Projection",
    KEY: "Pseudonym key of an audience",
    "analysis": "Analysis of a case version",
    "access_request": "Request for access",
    "grant_reason": "Reason of a grant",
    "ticket": "Title of a ticket",
    "ticket_note": "Note in a ticket's history",
    "delivery": "Message to another system",
    "archived_item": "Item in the archive",
    "trigger": "Facts in the log of triggers",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row that was read: where the search goes on, what it is a place of, and everything it says."""

    after: str
    kind: str
    item_id: str
    case_id: UUID | None
    document: Any
    is_readable: bool
    audience_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    pk: str
    pk_type: str
    is_of_cases: bool
    hidden: tuple[str, ...]


def tables() -> list[str]:
    """The tables that a search goes through, in its order: every one that belongs to tenants, and the accounts."""
    return sorted(_tables())


def describe(kind: str) -> str:
    """A kind of place in words."""
    if kind.startswith(BY_HAND):
        return f"Row of {kind.removeprefix(BY_HAND)}, to be changed by hand"
    return WORDS.get(kind, kind)


def read_rows(table: str, tenant_id: UUID, after: str) -> list[Row]:
    """The next rows of a table, the first ones where `after` is empty. As background work: it reads what is raw."""
    known, entry = _tables()[table], _BY_TABLE.get(table)
    content = entry.content_column if entry else ""
    own = (
        "t.id IN (SELECT m.user_id FROM tenants_membership m WHERE m.tenant_id = %(tenant)s)"
        if table == USERS
        else "t.tenant_id = %(tenant)s"
    )
    case_column = entry.case_column if entry else ("case_id" if known.is_of_cases else None)
    columns = [
        f"t.{known.pk}::text",
        f"t.{entry.item_column if entry else known.pk}::text",
        f"t.{case_column}" if case_column else "NULL::uuid",
        "t.audience_id" if table == "sharing_projection" else "NULL::uuid",
        f"t.{content}" if content else "NULL::bytea",
        "(to_jsonb(t) - %(hidden)s::text[])::text",
    ]
    later = f"AND t.{known.pk} > %(after)s::{known.pk_type}" if after else ""
    limit = UPLOADS if content or entry is ARCHIVED else ROWS
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM {table} t WHERE {own} {later} ORDER BY t.{known.pk} LIMIT %(limit)s",
            {"tenant": tenant_id, "hidden": list(known.hidden), "after": after, "limit": limit},
        )
        found = cursor.fetchall()
    kind = entry.kind if entry else f"{BY_HAND}{table}"
    rows = []
    for pk, item_id, case_id, audience_id, body, document in found:
        text, is_readable = _as_text(body) if entry is not ARCHIVED else _archived_text(pk)
        rows.append(Row(pk, kind, item_id, case_id, [orjson.loads(document), text], is_readable, audience_id))
    return rows


def digests_of(kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The digests that remain of items when they are gone; rows that are only emptied have none."""
    return {**catalog.digests_of(kind, ids), **sharing.digests_of(kind, ids)}


def erase(kind: str, item_ids: Collection[UUID], case_ids: Collection[UUID], digests: Mapping[UUID, str]) -> None:
    """End items of one kind; once more does no harm. `digests` says which key of an audience is meant."""
    if kind == KEY:
        sharing.drop_keys({item_id: digests[item_id] for item_id in item_ids})
        return
    # What a layer erases in a way of its own goes further than its track, which knows delivered messages alone.
    end = _BY_KIND[kind].erase
    if end is not None:
        end(item_ids)
    elif kind in _TRACKS:
        dispose(_TRACKS[kind], item_ids, case_ids)
    else:
        raise ValueError(f"There is no way to erase {kind}.")


def can_be_erased(kind: str) -> bool:
    """Whether the hub knows how to end it."""
    return kind == KEY or kind in _BY_KIND


def _tables() -> dict[str, _Table]:
    found = {}
    for model in apps.get_models():
        meta = model._meta
        columns = {field.column for field in meta.local_concrete_fields}
        is_wanted = "tenant_id" in columns or meta.db_table == USERS
        if meta.proxy or meta.app_label == "audit" or not is_wanted or meta.db_table in _NOT_SEARCHED:
            continue
        # What is sealed says nothing to anybody, and bytes of uploads are read as text.
        hidden = [
            str(field.column) for field in meta.local_concrete_fields if field.get_internal_type() == "BinaryField"
        ]
        if meta.db_table == USERS:
            hidden.append("password")
        found[meta.db_table] = _Table(
            meta.db_table, str(meta.pk.column), str(meta.pk.rel_db_type(connection)), "case_id" in columns,
            tuple(hidden),
        )  # fmt: skip
    return found


def _archived_text(item_id: str) -> tuple[str, bool]:
    """What an archived item says; one that the store does not give is unreadable, and an officer decides about it."""
    try:
        return _as_text(archiving.open_item(ArchivedItem.objects.get(pk=item_id)))
    except archiving.ArchiveFailed:
        return "", False


def _as_text(body: bytes | memoryview | None) -> tuple[str, bool]:
    """Bytes as the text that they are, and whether they are one."""
    if body is None:
        return "", True
    content = bytes(body)
    for encoding in ("utf-8", "utf-16"):
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return content.decode(encoding), True
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), False
