"""Reads the access record, as far as its reader may know it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from tenants.actors import Actor, ActorKind

from .models import AccessEvent, Disclosure, EventPrivate, IsolationRun

CASE_KINDS = ("case", "shared_case")
# An id is made within moments of the time that its row tells.
ID_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Conditions on events; every one that is given must hold."""

    actor_key: str | None = None
    actions: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    purpose: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    request_id: str | None = None
    actor_kind: str | None = None
    # Of a case of one's own its id, of somebody else's the public id by which one's people read it.
    case: str | None = None
    grant_id: UUID | None = None
    # Of one's own policies: the version under which own cases left in the operation.
    policy_version_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    # Of use to a platform auditor; everybody else sees the events of his own tenant alone.
    tenant_id: UUID | None = None

    def condition(self) -> Q:
        """The same as a Django condition."""
        condition = Q()
        for column, value in (
            ("tenant_id", self.tenant_id),
            ("actor_key", self.actor_key),
            ("purpose", self.purpose),
            ("object_kind", self.object_kind),
            ("object_id", self.object_id),
            ("request_id", self.request_id),
            ("actor_kind", self.actor_kind),
            *_within(self.since, self.until),
        ):
            if value is not None:
                condition &= Q(**{column: value})
        if self.actions:
            condition &= Q(action__in=self.actions)
        if self.outcomes:
            condition &= Q(outcome__in=self.outcomes)
        if self.case is not None:
            own = _uuid(self.case)
            condition &= Q(object_id=self.case, object_kind__in=CASE_KINDS) | (
                _with_disclosure(case_ids__contains=[own]) if own else Q(pk__in=[])
            )
        if self.grant_id is not None:
            grant = str(self.grant_id)
            condition &= (
                Q(basis=f"grant:{grant}")
                | Q(object_kind="grant", object_id=grant)
                | Q(detail__grants__contains=[grant])
                | _with_disclosure(grant_ids__contains=[self.grant_id])
            )
        if self.policy_version_id is not None:
            condition &= _with_disclosure(policy_version_ids__contains=[self.policy_version_id])
        return condition


@dataclass(frozen=True, slots=True)
class DisclosureFilter:
    """Conditions on disclosures of one's own cases."""

    case_id: UUID | None = None
    grant_id: UUID | None = None
    policy_version_id: UUID | None = None
    reader_tenant_id: UUID | None = None
    reader_key: str | None = None
    purpose: str | None = None
    raw_only: bool = False
    since: datetime | None = None
    until: datetime | None = None
    # Of use to a platform auditor, like the tenant of an event.
    owner_tenant_id: UUID | None = None

    def condition(self) -> Q:
        """The same as a Django condition."""
        condition = Q()
        for column, value in (
            ("case_ids__contains", [self.case_id] if self.case_id else None),
            ("grant_ids__contains", [self.grant_id] if self.grant_id else None),
            ("policy_version_ids__contains", [self.policy_version_id] if self.policy_version_id else None),
            ("reader_tenant_id", self.reader_tenant_id),
            ("owner_tenant_id", self.owner_tenant_id),
            ("reader_key", self.reader_key),
            ("purpose", self.purpose),
            ("is_raw", True if self.raw_only else None),
            *_within(self.since, self.until),
        ):
            if value is not None:
                condition &= Q(**{column: value})
        return condition


def _within(since: datetime | None, until: datetime | None) -> list[tuple[str, object]]:
    """A period; the ids carry the time too, which leaves out whole partitions and ends the walk along an index."""
    return [
        ("occurred_at__gte", since),
        ("occurred_at__lt", until),
        ("pk__gte", _first_id(since, -ID_SLACK) if since else None),
        ("pk__lt", _first_id(until, ID_SLACK) if until else None),
    ]


def _first_id(moment: datetime, shift: timedelta) -> UUID:
    """The first id of a moment, however far back or ahead it is: a calendar ends where adding to it does not."""
    milliseconds = int((moment.timestamp() + shift.total_seconds()) * 1000)
    return UUID(int=min(max(milliseconds, 0), 2**48 - 1) << 80)


def _with_disclosure(**condition: object) -> Q:
    """Events in which own cases left on this condition; other owners' rows are not to be seen."""
    return Q(pk__in=Disclosure.objects.filter(**condition).order_by().values("event_id"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def events_of_tenant(tenant_id: UUID, condition: EventFilter) -> QuerySet[AccessEvent]:
    """What the tenant's own people and processes did, newest first."""
    return AccessEvent.objects.filter(tenant_id=tenant_id).filter(condition.condition()).order_by("-id")


def disclosures_of_owner(tenant_id: UUID, condition: DisclosureFilter) -> QuerySet[Disclosure]:
    """Who read this tenant's cases, wherever the readers are, newest first."""
    return Disclosure.objects.filter(owner_tenant_id=tenant_id).filter(condition.condition()).order_by("-id")


def events_seen_by(actor: Actor, condition: EventFilter) -> QuerySet[AccessEvent]:
    """What an auditor may know: of his own tenant's people and processes; of all, when he audits the platform."""
    if actor.kind is ActorKind.AUDITOR:
        return AccessEvent.objects.filter(condition.condition()).order_by("-id")
    return events_of_tenant(actor.tenant_id, condition) if actor.tenant_id else AccessEvent.objects.none()


def disclosures_seen_by(actor: Actor, condition: DisclosureFilter) -> QuerySet[Disclosure]:
    """The same for disclosures: of his own tenant's cases, or of all."""
    if actor.kind is ActorKind.AUDITOR:
        return Disclosure.objects.filter(condition.condition()).order_by("-id")
    return disclosures_of_owner(actor.tenant_id, condition) if actor.tenant_id else Disclosure.objects.none()


def audits_something(actor: Actor) -> bool:
    """Whether there is a record for this actor at all: a tenant's, or the platform's."""
    return actor.tenant_id is not None or actor.kind is ActorKind.AUDITOR


def private_values(event_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """The personal values of events, as far as retention has left them."""
    found: dict[UUID, dict[str, str]] = {}
    for row in EventPrivate.objects.filter(event_id__in=list(event_ids)):
        found.setdefault(row.event_id, {})[row.name] = row.value
    return found


def private_rows(event_ids: Iterable[UUID]) -> dict[UUID, dict[str, dict[str, str]]]:
    """The same with their salts: whoever has both can check the commitment in the sealed row."""
    found: dict[UUID, dict[str, dict[str, str]]] = {}
    for row in EventPrivate.objects.filter(event_id__in=list(event_ids)):
        found.setdefault(row.event_id, {})[row.name] = {"salt": row.salt, "value": row.value}
    return found


def isolation_runs() -> QuerySet[IsolationRun]:
    """Proofs of isolation, the newest first."""
    return IsolationRun.objects.order_by("-id")


def newest_isolation_run() -> IsolationRun | None:
    """The last proof of isolation, if there ever was one."""
    return isolation_runs().first()
