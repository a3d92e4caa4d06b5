"""Pulling the access record, page by page; each page is an event of its own."""

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from hub.audit.actions import Outcome
from hub.audit.queries import DisclosureFilter as DisclosureCondition
from hub.audit.queries import EventFilter as EventCondition
from hub.sharing.shapes import Position
from hub.workflows.auditing import read_disclosures, read_events
from hub.workflows.outcomes import Refusal
from tenants.actors import Actor

from .. import cursors
from ..context import Info
from ..limits import checked_lists, checked_texts, page_size
from ..permissions import SignedIn
from ..refusals import not_available
from ..results import after_id, page_info, uuid_of
from .types import (
    AccessEvent,
    AccessEventConnection,
    AccessEventEdge,
    Disclosure,
    DisclosureConnection,
    DisclosureEdge,
)

EVENTS, DISCLOSURES = "access_events", "disclosures"


@strawberry.input(description="Conditions on events; every one that is given must hold.")
class AccessEventFilter:
    """The filter of the record."""

    actor: str | None = None
    actions: list[str] | None = strawberry.field(default=None, description="Any of these, e.g. `case.read`.")
    outcomes: list[Outcome] | None = strawberry.field(default=None, description="Any of these.")
    actor_kind: str | None = None
    purpose: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    request_id: str | None = None
    case: strawberry.ID | None = strawberry.field(
        default=None, description="Your own case by its id, somebody else's by the id your people read it under."
    )
    grant_id: strawberry.ID | None = None
    policy_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="The version under which your own cases left."
    )
    since: datetime | None = strawberry.field(default=None, description="At this moment or later.")
    until: datetime | None = strawberry.field(default=None, description="Before this moment.")
    tenant_id: strawberry.ID | None = strawberry.field(
        default=None, description="For platform auditors: of this tenant alone."
    )

    def condition(self) -> EventCondition:
        """The same as a value of the audit layer."""
        checked_texts(
            self.actor, self.actor_kind, self.purpose, self.object_kind, self.object_id, self.request_id, self.case,
            *(self.actions or ()),
        )  # fmt: skip
        checked_lists(self.actions, self.outcomes)
        return EventCondition(
            actor_key=self.actor,
            actions=tuple(self.actions or ()),
            outcomes=tuple(outcome.value for outcome in self.outcomes or ()),
            purpose=self.purpose,
            object_kind=self.object_kind,
            object_id=self.object_id,
            request_id=self.request_id,
            actor_kind=self.actor_kind,
            case=self.case,
            grant_id=_id(self.grant_id),
            policy_version_id=_id(self.policy_version_id),
            since=_moment(self.since),
            until=_moment(self.until),
            tenant_id=_id(self.tenant_id),
        )


@strawberry.input(description="Conditions on disclosures of your own cases; every one that is given must hold.")
class DisclosureFilter:
    """The filter of disclosures."""

    case_id: strawberry.ID | None = None
    grant_id: strawberry.ID | None = None
    policy_version_id: strawberry.ID | None = None
    reader_tenant_id: strawberry.ID | None = None
    reader: str | None = None
    purpose: str | None = None
    raw_only: bool = False
    since: datetime | None = None
    until: datetime | None = None
    owner_tenant_id: strawberry.ID | None = strawberry.field(
        default=None, description="For platform auditors: of this owner's cases alone."
    )

    def condition(self) -> DisclosureCondition:
        """The same as a value of the audit layer."""
        checked_texts(self.reader, self.purpose)
        return DisclosureCondition(
            case_id=_id(self.case_id),
            grant_id=_id(self.grant_id),
            policy_version_id=_id(self.policy_version_id),
            reader_tenant_id=_id(self.reader_tenant_id),
            reader_key=self.reader,
            purpose=self.purpose,
            raw_only=self.raw_only,
            since=_moment(self.since),
            until=_moment(self.until),
            owner_tenant_id=_id(self.owner_tenant_id),
        )


@strawberry.type
class AuditQuery:
    """The root fields of auditors."""

    @strawberry.field(permission_classes=[SignedIn], description="Your tenant's access record, newest first.")
    def access_events(
        self, info: Info, filter: AccessEventFilter | None = None, first: int | None = None, after: str | None = None
    ) -> AccessEventConnection:
        """A page of events."""
        actor = info.context.actor
        size, _ = page_size(first, None)
        outcome = read_events(
            actor,
            condition=filter.condition() if filter else EventCondition(),
            first=size or 0,
            after=after_id(actor, EVENTS, after),
        )
        if isinstance(outcome, Refusal):
            raise not_available()
        edges = [
            AccessEventEdge(
                cursor=_cursor(actor, EVENTS, row.pk),
                node=AccessEvent.from_row(row, outcome.private.get(row.pk, {})),
            )
            for row in outcome.events
        ]
        return AccessEventConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(edges, has_next=outcome.has_more, has_previous=after is not None),
        )

    @strawberry.field(permission_classes=[SignedIn], description="Who was shown your tenant's cases, newest first.")
    def disclosures(
        self, info: Info, filter: DisclosureFilter | None = None, first: int | None = None, after: str | None = None
    ) -> DisclosureConnection:
        """A page of disclosures."""
        actor = info.context.actor
        size, _ = page_size(first, None)
        outcome = read_disclosures(
            actor,
            condition=filter.condition() if filter else DisclosureCondition(),
            first=size or 0,
            after=after_id(actor, DISCLOSURES, after),
        )
        if isinstance(outcome, Refusal):
            raise not_available()
        edges = [
            DisclosureEdge(cursor=_cursor(actor, DISCLOSURES, row.pk), node=Disclosure.from_row(row))
            for row in outcome.disclosures
        ]
        return DisclosureConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(edges, has_next=outcome.has_more, has_previous=after is not None),
        )


def _cursor(actor: Actor, listing: str, row_id: UUID) -> str:
    return cursors.seal(actor, listing, Position(None, row_id))


def _id(value: str | None) -> UUID | None:
    return uuid_of(value) if value is not None else None


def _moment(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
