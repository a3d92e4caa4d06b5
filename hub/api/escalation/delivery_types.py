"""What is shown of destinations and deliveries."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from hub.workflows.destination_listing import DeliveryView, DestinationView
from hub.workflows.destinations import SecretSet

from ..catalog.vocabulary import DataClass, Tlp
from ..results import InvalidInput, NotAvailable


@strawberry.enum(description="What a destination is.")
class DestinationKind(Enum):
    """The connectors."""

    WEBHOOK = "webhook"
    GITHUB = "github"
    DISPATCH = "dispatch"
    JIRA = "jira"
    SLACK = "slack"
    EMAIL = "email"


@strawberry.enum(description="Whether anything is sent there.")
class DestinationState(Enum):
    """The states of a destination."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    DISABLED = "disabled"


@strawberry.enum(description="How far a delivery is.")
class DeliveryState(Enum):
    """The states of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@strawberry.enum(description="What a secret is for.")
class SecretUse(Enum):
    """The two directions."""

    OUTGOING = "outgoing"
    INBOUND = "inbound"


@strawberry.type(description="One thing that a destination has been told to know, such as its address.")
class DestinationSetting:
    """A name and a value."""

    name: str
    value: str


@strawberry.input(description="One thing that a destination has to know; which ones, its kind says.")
class DestinationSettingInput:
    """A name and a value."""

    name: str
    value: str


@strawberry.input(description="Where something goes, and what may go there.")
class DestinationTermsInput:
    """The terms that two people agree on."""

    name: str
    settings: list[DestinationSettingInput]
    profile: str = "partner"
    ceiling_class: DataClass = DataClass.INTERNAL
    ceiling_tlp: Tlp = Tlp.GREEN
    is_mirror: bool = False


@strawberry.type(description="Where the hub tells other machines and people. Secrets are never shown.")
class Destination:
    """A destination, for officers and auditors."""

    id: strawberry.ID
    slug: str
    name: str
    kind: DestinationKind
    settings: list[DestinationSetting]
    profile: str
    ceiling_class: DataClass
    ceiling_tlp: Tlp
    is_mirror: bool
    state: DestinationState
    author: str
    approved_by: str
    approved_at: datetime | None
    secret_since: datetime | None
    inbound_secret_since: datetime | None
    failures_in_a_row: int
    paused_until: datetime | None = strawberry.field(description="Until then its receiver is left alone.")
    paused_mirror_ids: list[strawberry.ID] = strawberry.field(description="Mirrored tickets that an officer resumes.")

    @classmethod
    def from_view(cls, view: DestinationView) -> "Destination":
        """From what the workflow has answered."""
        return cls(
            id=strawberry.ID(str(view.destination_id)),
            slug=view.slug,
            name=view.name,
            kind=DestinationKind(view.kind),
            settings=[DestinationSetting(name=name, value=value) for name, value in view.settings],
            profile=view.profile,
            ceiling_class=DataClass(view.ceiling_class),
            ceiling_tlp=Tlp(view.ceiling_tlp),
            is_mirror=view.is_mirror,
            state=DestinationState(view.state),
            author=view.author,
            approved_by=view.approved_by,
            approved_at=view.approved_at,
            secret_since=view.secret_since,
            inbound_secret_since=view.inbound_secret_since,
            failures_in_a_row=view.failures_in_a_row,
            paused_until=view.paused_until,
            paused_mirror_ids=[strawberry.ID(str(mirror_id)) for mirror_id in view.paused_mirrors],
        )


@strawberry.type(description="One message to a destination, without what it says.")
class Delivery:
    """A delivery, for officers and auditors."""

    id: strawberry.ID
    destination_id: strawberry.ID
    kind: str
    state: DeliveryState
    attempts: int
    replays: int
    reason: str = strawberry.field(description="Why it is not delivered, as a code.")
    response_status: int | None
    ticket_id: strawberry.ID | None
    queued_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None

    @classmethod
    def from_view(cls, view: DeliveryView) -> "Delivery":
        """From what the workflow has answered."""
        return cls(
            id=strawberry.ID(str(view.delivery_id)),
            destination_id=strawberry.ID(str(view.destination_id)),
            kind=view.kind,
            state=DeliveryState(view.state),
            attempts=view.attempts,
            replays=view.replays,
            reason=view.reason,
            response_status=view.response_status,
            ticket_id=strawberry.ID(str(view.ticket_id)) if view.ticket_id else None,
            queued_at=view.queued_at,
            next_attempt_at=view.next_attempt_at,
            delivered_at=view.delivered_at,
        )


@strawberry.type(description="The destinations of your tenant.")
class Destinations:
    """A list of destinations."""

    nodes: list[Destination]


@strawberry.type(description="The newest deliveries.")
class Deliveries:
    """A list of deliveries."""

    nodes: list[Delivery]


@strawberry.type(description="A secret is in place.")
class SecretInPlace:
    """For which destination, and, where it was made here, which one."""

    destination_id: strawberry.ID
    shown_once: str = strawberry.field(description="A secret that was made here, for the other side; else empty.")

    @classmethod
    def from_answer(cls, answer: SecretSet) -> "SecretInPlace":
        """From what the workflow has answered."""
        return cls(destination_id=strawberry.ID(str(answer.destination_id)), shown_once=answer.shown_once)


DestinationsResult = Annotated[Destinations | NotAvailable, strawberry.union("DestinationsResult")]
DeliveriesResult = Annotated[Deliveries | NotAvailable, strawberry.union("DeliveriesResult")]
SecretResult = Annotated[SecretInPlace | InvalidInput | NotAvailable, strawberry.union("SecretResult")]
