"""Keeps a ticket equal here and over there: which side has changed since both last agreed, and who is asked when."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from tenants.identifiers import new_id

from .models import Delivery, DeliveryState, Destination, DestinationState, InboundMessage, TicketMirror

# The kind of note that leads a sweep to a tenant, and the task to nudge.
MIRRORS = "escalation.mirrors"
RECONCILE_TASK = "mirrors.reconcile"
# As many changes of one ticket within this time are two machines that answer each other.
MOST_CHANGES, CHANGES_WITHIN = 6, timedelta(minutes=10)
# A message that says what was true before this is a replay, whoever has signed it; GitHub repeats for three days.
REPLAY_WINDOW, CLOCK_SKEW = timedelta(days=3), timedelta(minutes=5)
# Kept for much longer than a repetition is believed.
MESSAGES_KEPT = timedelta(days=30)
AT_ONCE = 16
CLOSED, REST_WHEN_DONE = ("resolved", "closed"), timedelta(days=1)


class Finding(StrEnum):
    """What a look at both sides comes to."""

    AGREED = "agreed"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"


def compare(*, agreed: str, ours: str, theirs: str) -> Finding:
    """Which side has moved since they agreed; all three in the words of the other side."""
    if ours == theirs:
        return Finding.AGREED
    if theirs == agreed:
        return Finding.OURS
    return Finding.THEIRS if ours == agreed else Finding.BOTH


def read_moment(text: str) -> datetime | None:
    """A moment that the other side has written in ISO 8601; None where it has not."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def is_older(version: str, known: str) -> bool:
    """Whether a message tells of an earlier time than what is known already, since messages overtake each other."""
    told, before = read_moment(version), read_moment(known)
    return told is not None and before is not None and told < before


def is_replayed(version: str, now: datetime) -> bool:
    """Whether a message tells of a time that no honest sender would tell of now."""
    told = read_moment(version)
    return told is not None and not now - REPLAY_WINDOW <= told <= now + CLOCK_SKEW


def is_on_its_way(mirror: TicketMirror) -> bool:
    """Whether the other side is still to be told something about the ticket."""
    return Delivery.objects.filter(
        tenant_id=mirror.tenant_id, destination_id=mirror.destination_id, ticket_id=mirror.ticket_id,
        state=DeliveryState.PENDING,
    ).exists()  # fmt: skip


def may_have_arrived(mirror: TicketMirror) -> bool:
    """Whether something about the ticket has been sent, and nobody knows yet what became of it."""
    return Delivery.objects.filter(
        tenant_id=mirror.tenant_id, destination_id=mirror.destination_id, ticket_id=mirror.ticket_id,
        state=DeliveryState.PENDING, attempts__gt=0,
    ).exists()  # fmt: skip


def count_change(mirror: TicketMirror) -> bool:
    """One more change that came from over there; False where it is one too many, and the mirror is paused."""
    now = timezone.now()
    if mirror.counted_since < now - CHANGES_WITHIN:
        mirror.changes, mirror.counted_since = 0, now
    mirror.changes += 1
    if mirror.changes > MOST_CHANGES:
        pause(mirror, "loop")
        return False
    return True


def pause(mirror: TicketMirror, because: str) -> None:
    """Let nothing go either way until an officer resumes it."""
    mirror.is_paused, mirror.paused_because = True, because


def keep_message(destination: Destination, message_id: str) -> InboundMessage | None:
    """The row of a message that has not come before; a copy that comes at the same time waits here for the first."""
    row = InboundMessage(
        id=new_id(), tenant_id=destination.tenant_id, destination=destination, message_id=message_id[:200],
        outcome="received",
    )  # fmt: skip
    InboundMessage.objects.filter(
        destination=destination, received_at__lt=timezone.now() - MESSAGES_KEPT
    ).delete()  # fmt: skip
    InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
    return InboundMessage.objects.filter(pk=row.pk).first()


def take_due(tenant_id: UUID, kinds: frozenset[str], seconds: float) -> list[TicketMirror]:
    """A few mirrors to compare now, those of tickets that are done once a day.

    Taking one is what makes its next turn come later, so whoever is killed over it loses that one turn.
    """
    now = timezone.now()
    rested = Q(compared_at=None) | Q(compared_at__lte=now - timedelta(seconds=seconds))
    is_at_work = ~Q(agreed_state__in=CLOSED) | Q(compared_at=None) | Q(compared_at__lte=now - REST_WHEN_DONE)
    answers = Q(destination__breaker_until=None) | Q(destination__breaker_until__lte=now)
    rows = list(
        _comparable(tenant_id, kinds)
        .select_for_update(of=("self",), skip_locked=True)
        .filter(rested & is_at_work & answers)
        .order_by("compared_at", "pk")[:AT_ONCE]
    )
    TicketMirror.objects.filter(pk__in=[row.pk for row in rows]).update(compared_at=now)
    return rows


def next_comparison(tenant_id: UUID, kinds: frozenset[str], seconds: float) -> datetime | None:
    """When the tenant's next mirror is due; None where there is none."""
    mirrors = _comparable(tenant_id, kinds)
    if mirrors.filter(compared_at=None).exists():
        return timezone.now() + timedelta(seconds=seconds)
    at_work = mirrors.exclude(agreed_state__in=CLOSED).aggregate(first=Min("compared_at"))["first"]
    done = mirrors.filter(agreed_state__in=CLOSED).aggregate(first=Min("compared_at"))["first"]
    moments = [at_work and at_work + timedelta(seconds=seconds), done and done + REST_WHEN_DONE]
    return min((moment for moment in moments if moment is not None), default=None)


def _comparable(tenant_id: UUID, kinds: frozenset[str]) -> QuerySet[TicketMirror]:
    return TicketMirror.objects.select_related("destination").filter(
        tenant_id=tenant_id, is_paused=False, destination__is_mirror=True,
        destination__state=DestinationState.ACTIVE, destination__kind__in=kinds,
    )  # fmt: skip
