"""Events and disclosures as their auditors see them."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from hub.audit.actions import Outcome
from hub.audit.models import AccessEvent as EventRow
from hub.audit.models import Disclosure as DisclosureRow

from ..results import PageInfo

strawberry.enum(Outcome, name="EventOutcome", description="How an operation ended.")


@strawberry.type(description="One operation of your own people and processes.")
class AccessEvent:
    """A row of the access record."""

    id: strawberry.ID
    tenant_id: strawberry.ID | None = strawberry.field(description="Whose record it is in; none: the platform's.")
    occurred_at: datetime
    actor_kind: str
    actor: str = strawberry.field(description="Who acted, e.g. `user:<uuid>` or `system:projections`.")
    name: str | None = strawberry.field(description="The person's name, as long as retention has left it.")
    address: str | None = strawberry.field(description="The network address, as long as retention has left it.")
    purpose: str
    action: str
    outcome: Outcome
    basis: str
    object_kind: str
    object_id: str
    request_id: str
    commitments: JSON
    detail: JSON

    @classmethod
    def from_row(cls, row: EventRow, private: dict[str, str]) -> "AccessEvent":
        """Show an event."""
        return cls(
            id=strawberry.ID(str(row.pk)),
            tenant_id=strawberry.ID(str(row.tenant_id)) if row.tenant_id else None,
            occurred_at=row.occurred_at,
            actor_kind=row.actor_kind,
            actor=row.actor_key,
            name=private.get("label"),
            address=private.get("address"),
            purpose=row.purpose,
            action=row.action,
            outcome=Outcome(row.outcome),
            basis=row.basis,
            object_kind=row.object_kind,
            object_id=row.object_id,
            request_id=row.request_id,
            commitments=JSON(row.commitments),
            detail=JSON(row.detail),
        )


@strawberry.type(description="What one read, of whomever it was, contained of your own cases.")
class Disclosure:
    """A row of the record that belongs to the owner of the cases."""

    id: strawberry.ID
    event_id: strawberry.ID
    owner_tenant_id: strawberry.ID = strawberry.field(description="Whose cases they are: yours.")
    occurred_at: datetime
    reader: str = strawberry.field(description="Who read, as his tenant's record names him.")
    reader_tenant_id: strawberry.ID | None
    reader_team_ids: list[strawberry.ID]
    case_ids: list[strawberry.ID]
    fields: list[str]
    grant_ids: list[strawberry.ID]
    policy_version_ids: list[strawberry.ID]
    is_raw: bool
    purpose: str

    @classmethod
    def from_row(cls, row: DisclosureRow) -> "Disclosure":
        """Show a disclosure."""
        return cls(
            id=strawberry.ID(str(row.pk)),
            event_id=strawberry.ID(str(row.event_id)),
            owner_tenant_id=strawberry.ID(str(row.owner_tenant_id)),
            occurred_at=row.occurred_at,
            reader=row.reader_key,
            reader_tenant_id=strawberry.ID(str(row.reader_tenant_id)) if row.reader_tenant_id else None,
            reader_team_ids=[strawberry.ID(str(value)) for value in row.reader_team_ids],
            case_ids=[strawberry.ID(str(value)) for value in row.case_ids],
            fields=list(row.fields),
            grant_ids=[strawberry.ID(str(value)) for value in row.grant_ids],
            policy_version_ids=[strawberry.ID(str(value)) for value in row.policy_version_ids],
            is_raw=row.is_raw,
            purpose=row.purpose,
        )


@strawberry.type(description="An event in a list, with its place.")
class AccessEventEdge:
    """An edge of the connection."""

    cursor: str
    node: AccessEvent


@strawberry.type(description="A page of events, newest first.")
class AccessEventConnection:
    """Relay's connection of events."""

    edges: list[AccessEventEdge]
    nodes: list[AccessEvent]
    page_info: PageInfo


@strawberry.type(description="A disclosure in a list, with its place.")
class DisclosureEdge:
    """An edge of the connection."""

    cursor: str
    node: Disclosure


@strawberry.type(description="A page of disclosures, newest first.")
class DisclosureConnection:
    """Relay's connection of disclosures."""

    edges: list[DisclosureEdge]
    nodes: list[Disclosure]
    page_info: PageInfo
