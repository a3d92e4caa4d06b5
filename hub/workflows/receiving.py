"""What other systems tell us of tickets: believed by its signature alone, taken in once, and always on record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import orjson
import structlog
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import ExternalTicket, TwoWayConnector
from hub.escalation.connectors.webhook.sending import WebhookConnector
from hub.escalation.outbox import mirroring
from hub.escalation.outbox.models import Destination, DestinationState, SecretUse, TicketMirror
from hub.escalation.outbox.secrets import live_secrets
from hub.outgoing.sealing import SecretUnavailable
from hub.outgoing.signing import BadSignature, new_secret
from tenants.actors import Actor, SystemActor, system_actor
from tenants.decisions import allow, refuse
from tenants.scoping import acting_as, with_settings

from .mirrors import lock_mirror, take_in
from .outcomes import Refusal
from .viewing import refuse_stranger

log = structlog.get_logger(__name__)

LARGEST_MESSAGE = 1024 * 1024
# Who is unknown is verified too, against a secret that nobody has, so that he learns nothing by the time it takes.
_STAND_IN, _NOBODYS_SECRET = WebhookConnector(), new_secret()
_NOWHERE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Received:
    """A genuine message; what came of it stands on record and is not told to the sender."""

    outcome: str


def receive_message(
    actor: Actor, *, destination_id: UUID, headers: Mapping[str, str], body: bytes
) -> Received | Refusal:
    """Take in what a mirror says. `actor` is whoever asks, known by nothing but his address."""
    with with_settings(directory=str(destination_id)):
        found = Destination.objects.filter(pk=destination_id, state=DestinationState.ACTIVE).first()
    connector = CONNECTORS[found.kind] if found else None
    two_way = connector if isinstance(connector, TwoWayConnector) else _STAND_IN
    destination = found if two_way is connector else None
    system = replace(
        system_actor(destination.tenant_id if destination else _NOWHERE, "hooks"),
        request_id=actor.request_id, address=actor.address,
    )  # fmt: skip
    with acting_as(system):
        message_id = _verified(two_way, headers, body, _secrets(destination_id))
        if destination is None or message_id is None:
            return _refuse(actor, system, destination, "bad_signature")
        told = _read(two_way, destination, body)
        if isinstance(told, ExternalTicket) and mirroring.is_replayed(told.version, timezone.now()):
            return _refuse(actor, system, destination, "replayed")
        return _take(system, destination, message_id, told)


def _take(system: SystemActor, destination: Destination, message_id: str, told: ExternalTicket | str) -> Received:
    message = mirroring.keep_message(destination, message_id)
    mirror: TicketMirror | None = None
    if message is None:
        outcome = "repeated"
    elif not isinstance(told, ExternalTicket):
        outcome = told
    else:
        mirror = lock_mirror(destination=destination, external_id=told.external_id)
        outcome = take_in(system, mirror, told, is_asked=False) if mirror else "no_such_ticket"
        message.state = told.state
    if message is not None:
        message.outcome, message.ticket_id = outcome, mirror.ticket_id if mirror else None
        message.save(update_fields=["outcome", "ticket_id", "state"])
    record(
        system, AuditAction.WEBHOOK_RECEIVE, f"destination:{destination.pk}", allow("signature"), result=outcome,
        message=message_id[:80], ticket=mirror.ticket_id if mirror else None,
    )  # fmt: skip
    return Received(outcome)


def _secrets(destination_id: UUID) -> tuple[str, ...]:
    try:
        return live_secrets(destination_id, SecretUse.INBOUND)
    except SecretUnavailable:
        log.error("destination_secret_unavailable", destination=str(destination_id))
        return ()


def refuse_unread(actor: Actor, basis: str) -> Refusal:
    """A request that is no message at all: too large, or asked for by another method."""
    return refuse_stranger(actor, basis)


def _verified(connector: object, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> str | None:
    if not isinstance(connector, TwoWayConnector):
        return None
    try:
        message_id = connector.verify(headers, body, secrets or (_NOBODYS_SECRET,))
    except BadSignature:
        return None
    return message_id if secrets else None


def _read(connector: TwoWayConnector, destination: Destination, body: bytes) -> ExternalTicket | str:
    """The ticket that a message is about; a code where it is about none."""
    try:
        told = connector.read_inbound(body, destination.settings)
    except (orjson.JSONDecodeError, TypeError, ValueError, KeyError):
        return "unreadable"
    return told if told is not None else "about_something_else"


def _refuse(stranger: Actor, system: Actor, destination: Destination | None, basis: str) -> Refusal:
    """Counted where nobody is named; on record of the tenant where one of its destinations is."""
    if destination is None:
        return refuse_stranger(stranger, "hook_unknown")
    decision = refuse(basis)
    record(system, AuditAction.WEBHOOK_RECEIVE, f"destination:{destination.pk}", decision)
    return Refusal(basis)
