"""The changes feed: a page of what is new or changed, with the ids of what is to be dropped."""

from typing import Any
from uuid import UUID

import strawberry

from hub.sharing.counting import EXACT_COUNT_LIMIT
from hub.sharing.shapes import Position
from hub.workflows.disclosure import count_shared
from hub.workflows.mirroring import STRANGE_POSITION, Changes, MirrorPosition, disclose_changes
from hub.workflows.outcomes import Refusal
from tenants.actors import Actor

from .. import cursors
from ..context import Info
from ..limits import page_size
from ..refusals import bad_cursor, not_available
from ..results import PageInfo
from ..shaping import disclosed_fields, selected
from .types import Case, CaseConnection, CaseEdge, Tombstone

BEGINNING = "beginning"
LISTING = "cases:changes"


def changed_cases(info: Info, since: str, first: int | None) -> CaseConnection:
    """The changes since a cursor; an empty page has a cursor too, to ask with the next time."""
    actor, paths = info.context.actor, selected(info)
    size, _ = page_size(first, None)
    outcome = disclose_changes(
        actor, since=_position(actor, since), size=size or 0, fields=disclosed_fields(paths, "nodes", "edges.node")
    )
    if isinstance(outcome, Refusal):
        # A cursor of another token is none of ours for this one.
        if outcome.basis == STRANGE_POSITION:
            raise bad_cursor()
        raise not_available()
    total = count_shared(actor) if not paths.isdisjoint({"totalCount", "totalCountIsCapped"}) else 0
    return _connection(actor, outcome, total)


def _position(actor: Actor, since: str) -> MirrorPosition | None:
    if since == BEGINNING:
        return None
    opened = cursors.open_cursor(actor, LISTING, since)
    if opened is None:
        return None
    sequence, walked_to = opened.value
    return MirrorPosition(opened.case_id, sequence, UUID(hex=walked_to) if walked_to else None)


def _connection(actor: Actor, changes: Changes, total: int) -> CaseConnection:
    position = changes.position
    value: list[Any] = [position.sequence, position.walked_to.hex if position.walked_to else None]
    # A page is had as a whole or not at all, so all of it has one cursor.
    cursor = cursors.seal(actor, LISTING, Position(value, position.mirror_id))
    edges = [CaseEdge(cursor=cursor, node=Case.from_shared(row), highlights=[]) for row in changes.rows]
    return CaseConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=changes.has_more, has_previous_page=False, start_cursor=cursor, end_cursor=cursor
        ),
        total_count=min(total, EXACT_COUNT_LIMIT),
        total_count_is_capped=total > EXACT_COUNT_LIMIT,
        tombstones=[Tombstone(id=strawberry.ID(public_id)) for public_id in changes.gone],
    )
