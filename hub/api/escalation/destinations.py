"""Destinations and deliveries: the same steps, rules and record as on the officers' site."""

import strawberry

from hub.workflows import destination_listing as listing
from hub.workflows import destinations
from hub.workflows.destinations import DestinationTerms, SecretSet
from hub.workflows.mirrors import resume_mirror
from hub.workflows.outcomes import Done, Invalid, Refusal

from ..context import Info
from ..limits import checked_lists, page_size
from ..permissions import SignedIn
from ..results import NotAvailable, refused, uuid_of
from ..sharing.types import StepResult, done
from ..steps import Step
from .delivery_types import (
    Deliveries,
    DeliveriesResult,
    Delivery,
    DeliveryState,
    Destination,
    DestinationKind,
    Destinations,
    DestinationsResult,
    DestinationTermsInput,
    SecretInPlace,
    SecretResult,
    SecretUse,
)


def _answer(outcome: Done | Refusal | Invalid) -> StepResult:
    return done(outcome.object_id) if isinstance(outcome, Done) else refused(outcome)


def _terms(given: DestinationTermsInput) -> DestinationTerms:
    checked_lists(given.settings)
    return DestinationTerms(
        name=given.name,
        settings={setting.name: setting.value for setting in given.settings},
        profile=given.profile,
        ceiling_class=given.ceiling_class.value,
        ceiling_tlp=given.ceiling_tlp.value,
        is_mirror=given.is_mirror,
    )


@strawberry.type
class DestinationsQuery:
    """Where the hub tells others, and what it has told."""

    @strawberry.field(permission_classes=[SignedIn], description="Where the hub tells other machines and people.")
    def destinations(self, info: Info) -> DestinationsResult:
        """For officers and auditors."""
        found = listing.list_destinations(info.context.actor)
        if isinstance(found, Refusal):
            return NotAvailable()
        return Destinations(nodes=[Destination.from_view(view) for view in found])

    @strawberry.field(permission_classes=[SignedIn], description="What was told, what waits, what could not be told.")
    def deliveries(
        self,
        info: Info,
        destination_id: strawberry.ID | None = None,
        states: list[DeliveryState] | None = None,
        first: int | None = None,
    ) -> DeliveriesResult:
        """For officers and auditors, newest first."""
        checked_lists(states)
        size, _ = page_size(first, None)
        found = listing.list_deliveries(
            info.context.actor,
            destination_id=uuid_of(destination_id) if destination_id is not None else None,
            states=[state.value for state in states or ()],
            first=size or 0,
        )
        if isinstance(found, Refusal):
            return NotAvailable()
        return Deliveries(nodes=[Delivery.from_view(view) for view in found])


@strawberry.type
class DestinationsMutation:
    """What officers do about destinations and deliveries."""

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Propose a destination; a second officer approves it before anything but a test is sent.",
    )  # fmt: skip
    def propose_destination(
        self, info: Info, slug: str, kind: DestinationKind, terms: DestinationTermsInput
    ) -> StepResult:
        """The first person's step."""
        return _answer(
            destinations.draft_destination(info.context.actor, slug=slug, kind=kind.value, terms=_terms(terms))
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Change where it is or what goes there; it waits for a second officer again.",
    )  # fmt: skip
    def change_destination(self, info: Info, id: strawberry.ID, terms: DestinationTermsInput) -> StepResult:
        """All terms are given anew."""
        return _answer(
            destinations.edit_destination(info.context.actor, destination_id=uuid_of(id), terms=_terms(terms))
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Let things be sent there, as second officer."
    )
    def approve_destination(self, info: Info, id: strawberry.ID) -> StepResult:
        """The second person's step."""
        return _answer(destinations.approve_destination(info.context.actor, destination_id=uuid_of(id)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Send nothing there any more; what is queued becomes dead letters.",
    )  # fmt: skip
    def disable_destination(self, info: Info, id: strawberry.ID) -> StepResult:
        """One officer is enough to stop something."""
        return _answer(destinations.disable_destination(info.context.actor, destination_id=uuid_of(id)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Put a new secret in place; the former one goes on beside it for 24 hours. Without `secret` one is "
        "made here and shown once.",
    )  # fmt: skip
    def rotate_destination_secret(
        self, info: Info, id: strawberry.ID, use: SecretUse = SecretUse.OUTGOING, secret: str = ""
    ) -> SecretResult:
        """Nothing under way is lost by it."""
        answer = destinations.rotate_secret(
            info.context.actor, destination_id=uuid_of(id), use=use.value, secret=secret
        )
        return SecretInPlace.from_answer(answer) if isinstance(answer, SecretSet) else refused(answer)

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Send a message that says nothing about any case; `deliveries` shows how it ended.",
    )  # fmt: skip
    def send_test(self, info: Info, id: strawberry.ID) -> StepResult:
        """To a destination, also before it is approved."""
        return _answer(destinations.send_test(info.context.actor, destination_id=uuid_of(id)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Try a dead letter again: the same id and the same body.",
    )  # fmt: skip
    def replay_delivery(self, info: Info, id: strawberry.ID) -> StepResult:
        """From the start of its schedule."""
        return _answer(destinations.replay_delivery(info.context.actor, delivery_id=uuid_of(id)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Let changes of a mirrored ticket go both ways again.",
    )  # fmt: skip
    def resume_mirror(self, info: Info, id: strawberry.ID) -> StepResult:
        """After somebody has looked at why they did not."""
        return _answer(resume_mirror(info.context.actor, mirror_id=uuid_of(id)))
