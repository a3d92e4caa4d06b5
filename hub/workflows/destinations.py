"""Destinations: drafted by one officer, approved by another, tested and rotated; dead letters are replayed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import TwoWayConnector
from hub.escalation.outbox import queueing
from hub.escalation.outbox.mirroring import MIRRORS
from hub.escalation.outbox.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    DestinationState,
    SecretUse,
)
from hub.escalation.outbox.secrets import set_secret
from hub.sharing.models import RedactionProfile, SharingGroup
from hub.sharing.services.audiences import audience_of_group
from hub.sharing.services.groups import create_group
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import Decision, refuse
from tenants.identifiers import new_id
from tenants.models import Tenant
from tenants.roles import Action
from tenants.work import note_work

from .nudging import nudge_on_commit
from .outcomes import Done, Invalid, Problem, Refusal

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class DestinationTerms:
    """Where something goes, and what may go there."""

    name: str
    settings: Mapping[str, Any]
    profile: str = "partner"
    ceiling_class: str = "internal"
    ceiling_tlp: str = "GREEN"
    is_mirror: bool = False


@dataclass(frozen=True, slots=True)
class SecretSet:
    """A secret is in place. One that was made here is told once, for the receiver."""

    destination_id: UUID
    shown_once: str = ""


def draft_destination(actor: Actor, *, slug: str, kind: str, terms: DestinationTerms) -> Done | Refusal | Invalid:
    """Propose a destination; a second officer approves it, since text leaves the hub there."""
    decision = permissions.decide(actor, Action.MANAGE_DESTINATIONS, on=None)
    if not decision.allowed or actor.tenant_id is None:
        return _refuse(actor, f"destination:{slug if _SLUG.fullmatch(slug) else 'malformed'}", decision)
    problems = _problems(actor.tenant_id, kind, terms)
    if not _SLUG.fullmatch(slug):
        problems.append(Problem("slug", "Use 1 to 40 lower-case letters, digits and hyphens."))
    elif Destination.objects.filter(tenant_id=actor.tenant_id, slug=slug).exists():
        problems.append(Problem("slug", "There is a destination of this name already; choose another."))
    if problems:
        return Invalid(tuple(problems))
    with transaction.atomic():
        destination = Destination(id=new_id(), tenant_id=actor.tenant_id, slug=slug, kind=kind, author=actor.person_key)
        _take(destination, terms)
        Destination.objects.bulk_create([destination])
        record(
            actor, AuditAction.DESTINATION_CHANGE, f"destination:{destination.pk}", decision, change="draft", kind=kind
        )
    return Done(destination.pk)


def edit_destination(actor: Actor, *, destination_id: UUID, terms: DestinationTerms) -> Done | Refusal | Invalid:
    """Change where it is or what goes there: it waits for a second person again, and what is queued waits with it."""
    with transaction.atomic():
        found, decision = _decide(actor, destination_id)
        if found is None:
            return _refuse(actor, f"destination:{destination_id}", decision)
        problems = _problems(found.tenant_id, found.kind, terms)
        if problems:
            return Invalid(tuple(problems))
        _take(found, terms)
        found.state, found.approved_by, found.approved_at = DestinationState.PROPOSED, "", None
        # Who changed it last counts as its author; whoever wrote in it before may not approve either.
        found.editors = list(dict.fromkeys([*found.editors, found.author, actor.person_key]))
        found.save()
        record(actor, AuditAction.DESTINATION_CHANGE, f"destination:{found.pk}", decision, change="edit")
    return Done(destination_id)


def approve_destination(actor: Actor, *, destination_id: UUID) -> Done | Refusal:
    """Let things be sent there, as the second person."""
    with transaction.atomic():
        found, decision = _decide(actor, destination_id)
        if found is None:
            return _refuse(actor, f"destination:{destination_id}", decision)
        if found.state != DestinationState.PROPOSED:
            return _refuse(actor, f"destination:{destination_id}", refuse("not_proposed"))
        if actor.person_key in {found.author, *found.editors}:
            return _refuse(actor, f"destination:{destination_id}", refuse("same_person"))
        found.state, found.approved_by, found.approved_at = DestinationState.ACTIVE, actor.person_key, timezone.now()
        if found.audience_id is None:
            found.audience_id = audience_of_group(_group(found)).pk
        found.save()
        record(actor, AuditAction.DESTINATION_CHANGE, f"destination:{found.pk}", decision, change="approve")
        if found.is_mirror:
            note_work(found.tenant_id, MIRRORS)
        nudge_on_commit(queueing.DELIVER_TASK, found.tenant_id)
    return Done(destination_id)


def disable_destination(actor: Actor, *, destination_id: UUID) -> Done | Refusal:
    """Send nothing there any more; what is queued becomes dead letters, to be replayed once it is active again."""
    with transaction.atomic():
        found, decision = _decide(actor, destination_id)
        if found is None:
            return _refuse(actor, f"destination:{destination_id}", decision)
        found.state, found.approved_by, found.approved_at = DestinationState.DISABLED, "", None
        found.save()
        dead = Delivery.objects.filter(destination=found, state=DeliveryState.PENDING).update(
            state=DeliveryState.DEAD, reason="destination_disabled", leased_by="", leased_until=None
        )
        record(actor, AuditAction.DESTINATION_CHANGE, f"destination:{found.pk}", decision, change="disable", dead=dead)
    return Done(destination_id)


def rotate_secret(
    actor: Actor, *, destination_id: UUID, use: str = SecretUse.OUTGOING, secret: str = ""
) -> SecretSet | Refusal | Invalid:
    """Put a new secret in place; the former one goes on for a day beside it. Without one given, one is made here."""
    with transaction.atomic():
        found, decision = _decide(actor, destination_id)
        if found is None:
            return _refuse(actor, f"destination:{destination_id}", decision)
        connector = CONNECTORS[found.kind]
        if use == SecretUse.INBOUND and isinstance(connector, TwoWayConnector):
            made = "" if secret else connector.new_inbound_secret()
            problem = connector.inbound_secret_problem(secret or made)
        elif use == SecretUse.OUTGOING and connector.secret_label:
            made = "" if secret else connector.new_secret()
            problem = connector.secret_problem(secret or made)
        else:
            return Invalid.because("use", "This kind of destination has no such secret.")
        if problem:
            return Invalid.because("secret", problem)
        set_secret(found, SecretUse(use), secret or made, by=actor.person_key)
        record(
            actor, AuditAction.DESTINATION_CHANGE, f"destination:{found.pk}", decision, change="rotate", use=str(use)
        )
        nudge_on_commit(queueing.DELIVER_TASK, found.tenant_id)
    return SecretSet(found.pk, made)


def send_test(actor: Actor, *, destination_id: UUID) -> Done | Refusal:
    """Queue a message that says nothing about any case; also before anybody has approved the destination."""
    with transaction.atomic():
        found, decision = _decide(actor, destination_id)
        if found is None:
            return _refuse(actor, f"destination:{destination_id}", decision)
        if found.state == DestinationState.DISABLED:
            return _refuse(actor, f"destination:{destination_id}", refuse("disabled"))
        delivery_id = queueing.queue_delivery(found, kind=DeliveryKind.TEST, key=(new_id(),))
        record(
            actor, AuditAction.DESTINATION_CHANGE, f"destination:{found.pk}", decision, change="test",
            delivery=delivery_id,
        )  # fmt: skip
        nudge_on_commit(queueing.DELIVER_TASK, found.tenant_id)
    return Done(delivery_id)


def replay_delivery(actor: Actor, *, delivery_id: UUID) -> Done | Refusal:
    """Try a dead letter again: the same id and the same body, so that a receiver that has it knows it."""
    with transaction.atomic():
        found = Delivery.objects.select_for_update(of=("self",)).select_related("tenant").filter(pk=delivery_id).first()
        decision = permissions.decide(actor, Action.REPLAY_DELIVERY, on=found.tenant if found else None)
        if found is not None and decision.allowed and found.state != DeliveryState.DEAD:
            decision = refuse("not_dead")
        if found is None or not decision.allowed:
            decision = decision if not decision.allowed else refuse("unknown")
            record(actor, AuditAction.DELIVERY_REPLAY, f"delivery:{delivery_id}", decision)
            return Refusal(decision.basis)
        queueing.replay(found)
        record(actor, AuditAction.DELIVERY_REPLAY, f"delivery:{delivery_id}", decision, reason=found.reason)
        nudge_on_commit(queueing.DELIVER_TASK, found.tenant_id)
    return Done(delivery_id)


def _decide(actor: Actor, destination_id: UUID) -> tuple[Destination | None, Decision]:
    """The destination, locked, where the actor may manage it; otherwise nothing, whatever the reason."""
    found = (
        Destination.objects.select_for_update(of=("self",)).select_related("tenant").filter(pk=destination_id).first()
    )
    decision = permissions.decide(actor, Action.MANAGE_DESTINATIONS, on=found.tenant if found else _NOWHERE)
    if found is None or not decision.allowed:
        return None, decision if not decision.allowed else refuse("unknown")
    return found, decision


# A tenant that nobody is in: what does not exist is refused like what belongs to another.
_NOWHERE = Tenant(id=UUID(int=0))


def _refuse(actor: Actor, target: str, decision: Decision) -> Refusal:
    record(actor, AuditAction.DESTINATION_CHANGE, target, decision)
    return Refusal(decision.basis)


def _problems(tenant_id: UUID, kind: str, terms: DestinationTerms) -> list[Problem]:
    connector = CONNECTORS.get(kind)
    if connector is None:
        return [Problem("kind", f"Choose one of {', '.join(CONNECTORS)}.")]
    found = [Problem(f"settings.{name}", message) for name, message in connector.problems(terms.settings)]
    if not 1 <= len(terms.name.strip()) <= 120 or "\0" in terms.name:
        found.append(Problem("name", "Use 1 to 120 characters."))
    if "\0" in terms.profile or not RedactionProfile.objects.filter(tenant_id=tenant_id, slug=terms.profile).exists():
        found.append(Problem("profile", "There is no redaction profile of this name."))
    if terms.ceiling_class not in dict(DATA_CLASSES):
        found.append(Problem("ceiling_class", f"Choose one of {', '.join(dict(DATA_CLASSES))}."))
    if terms.ceiling_tlp not in dict(TLP_LABELS):
        found.append(Problem("ceiling_tlp", f"Choose one of {', '.join(dict(TLP_LABELS))}."))
    if terms.is_mirror and not connector.has_tickets:
        found.append(Problem("is_mirror", "This kind of destination has no tickets of its own to keep equal."))
    return found


def _take(destination: Destination, terms: DestinationTerms) -> None:
    destination.name, destination.settings = terms.name.strip(), dict(terms.settings)
    destination.profile, destination.is_mirror = terms.profile, terms.is_mirror
    destination.ceiling_class, destination.ceiling_tlp = terms.ceiling_class, terms.ceiling_tlp


def _group(destination: Destination) -> SharingGroup:
    """A group without members: it makes the destination an audience with a key of its own, and a reader of nothing."""
    slug = f"destination-{str(destination.pk)[-12:]}"
    found = SharingGroup.objects.filter(tenant_id=destination.tenant_id, slug=slug).first()
    return found or create_group(destination.tenant_id, slug, f"Destination {destination.slug}")
