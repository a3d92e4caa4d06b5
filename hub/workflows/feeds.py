"""Receivers of the access record: drafted by an officer or auditor, approved by another auditor, tested and rotated."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.feeds.models import Feed, FeedContent, FeedState, FeedTransport
from hub.audit.feeds.reading import newest_size, next_batch
from hub.audit.feeds.secrets import set_secret
from hub.audit.feeds.sending import address_problem
from hub.audit.recording import record
from hub.outgoing.signing import BadSecret, check_secret, new_secret
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import Decision, refuse
from tenants.identifiers import new_id
from tenants.models import Tenant
from tenants.roles import Action
from tenants.work import note_work

from .feeding import FEEDS, PUSH_TASK
from .nudging import nudge_on_commit
from .outcomes import Done, Invalid, Problem, Refusal

# A tenant that nobody is in: what does not exist is refused like what belongs to another.
_NOWHERE = Tenant(id=UUID(int=0))


@dataclass(frozen=True, slots=True)
class FeedTerms:
    """What goes where."""

    name: str
    content: str
    transport: str
    address: str
    from_beginning: bool = False


@dataclass(frozen=True, slots=True)
class FeedSecretSet:
    """A secret is in place. One that was made here is told once, for the receiver."""

    feed_id: UUID
    shown_once: str = ""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a feed is behind: positions of the log, and since when its next item waits (None: it is up to date)."""

    positions: int
    since: datetime | None


def draft_feed(actor: Actor, *, terms: FeedTerms) -> Done | Refusal | Invalid:
    """Propose a receiver. Its second person is an auditor, who may let the record out."""
    decision = _may_draft(actor, None)
    if not decision.allowed or actor.tenant_id is None:
        return _refuse(actor, "feed:", decision)
    problems = _problems(actor.tenant_id, terms, None)
    if problems:
        return Invalid(tuple(problems))
    with transaction.atomic():
        feed = Feed(id=new_id(), tenant_id=actor.tenant_id, author=actor.person_key)
        _take(feed, terms)
        Feed.objects.bulk_create([feed])
        record(
            actor, AuditAction.FEED_CHANGE, f"feed:{feed.pk}", decision, change="draft", content=feed.content,
            transport=feed.transport,
        )  # fmt: skip
    return Done(feed.pk)


def edit_feed(actor: Actor, *, feed_id: UUID, terms: FeedTerms) -> Done | Refusal | Invalid:
    """Change where it goes or what: it waits for another auditor again. What it was told already stands."""
    with transaction.atomic():
        feed, decision = _find(actor, feed_id)
        if feed is None:
            return _refuse(actor, f"feed:{feed_id}", decision)
        problems = _problems(feed.tenant_id, terms, feed)
        if problems:
            return Invalid(tuple(problems))
        if terms.content != feed.content:
            # Another content has positions of its own.
            feed.position = None
        if terms.from_beginning and feed.position is not None:
            feed.position = 0
        _take(feed, terms)
        feed.state, feed.approved_by, feed.approved_at = FeedState.PROPOSED, "", None
        feed.sending_to, feed.attempts, feed.reason, feed.leased_by, feed.leased_until = None, 0, "", "", None
        feed.editors = list(dict.fromkeys([*feed.editors, feed.author, actor.person_key]))
        feed.save()
        record(actor, AuditAction.FEED_CHANGE, f"feed:{feed.pk}", decision, change="edit")
    return Done(feed_id)


def approve_feed(actor: Actor, *, feed_id: UUID) -> Done | Refusal:
    """Let the record go there, as the second person and an auditor."""
    with transaction.atomic():
        feed = _lock(feed_id)
        decision = permissions.decide(actor, Action.EXPORT_AUDIT, on=feed.tenant if feed else _NOWHERE)
        if feed is None or not decision.allowed:
            return _refuse(actor, f"feed:{feed_id}", decision if not decision.allowed else refuse("unknown"))
        if feed.state != FeedState.PROPOSED:
            return _refuse(actor, f"feed:{feed_id}", refuse("not_proposed"))
        if actor.token_id is not None:
            return _refuse(actor, f"feed:{feed_id}", refuse("needs_person"))
        if actor.person_key in {feed.author, *feed.editors}:
            return _refuse(actor, f"feed:{feed_id}", refuse("same_person"))
        feed.state, feed.approved_by, feed.approved_at = FeedState.ACTIVE, actor.person_key, timezone.now()
        if feed.position is None:
            feed.position = 0 if feed.from_beginning else _present(feed.content)
        feed.next_attempt_at = timezone.now()
        feed.save()
        record(actor, AuditAction.FEED_CHANGE, f"feed:{feed.pk}", decision, change="approve", position=feed.position)
        _look_at_it(feed)
    return Done(feed_id)


def disable_feed(actor: Actor, *, feed_id: UUID) -> Done | Refusal:
    """Let nothing go there any more; its position is kept, should it be taken up again."""
    with transaction.atomic():
        feed, decision = _find(actor, feed_id)
        if feed is None:
            return _refuse(actor, f"feed:{feed_id}", decision)
        feed.state, feed.approved_by, feed.approved_at, feed.test_wanted_at = FeedState.DISABLED, "", None, None
        feed.save()
        record(actor, AuditAction.FEED_CHANGE, f"feed:{feed.pk}", decision, change="disable")
    return Done(feed_id)


def rotate_feed_secret(actor: Actor, *, feed_id: UUID, secret: str = "") -> FeedSecretSet | Refusal | Invalid:
    """Put a new signing secret in place; the former one goes on for a day. Without one given, one is made here."""
    with transaction.atomic():
        feed = _lock(feed_id)
        # Sealed secrets are open to the governing side alone.
        decision = permissions.decide(actor, Action.MANAGE_DESTINATIONS, on=feed.tenant if feed else _NOWHERE)
        if feed is None or not decision.allowed:
            return _refuse(actor, f"feed:{feed_id}", decision if not decision.allowed else refuse("unknown"))
        if feed.transport != FeedTransport.WEBHOOK:
            return Invalid.because("secret", "Syslog has no secret: the collector is known by its certificate.")
        made = "" if secret else new_secret()
        try:
            check_secret(secret or made)
        except BadSecret as error:
            return Invalid.because("secret", str(error))
        set_secret(feed, secret or made, by=actor.person_key)
        if feed.reason == "secret_missing":
            Feed.objects.filter(pk=feed.pk).update(reason="", next_attempt_at=timezone.now())
        record(actor, AuditAction.FEED_CHANGE, f"feed:{feed.pk}", decision, change="rotate")
        _look_at_it(feed)
    return FeedSecretSet(feed.pk, made)


def try_feed(actor: Actor, *, feed_id: UUID) -> Done | Refusal:
    """Have a message sent that says nothing but that it is a test; also before anybody has approved the feed."""
    with transaction.atomic():
        feed, decision = _find(actor, feed_id)
        if feed is None:
            return _refuse(actor, f"feed:{feed_id}", decision)
        if feed.state == FeedState.DISABLED:
            return _refuse(actor, f"feed:{feed_id}", refuse("disabled"))
        Feed.objects.filter(pk=feed.pk).update(test_wanted_at=timezone.now())
        record(actor, AuditAction.FEED_CHANGE, f"feed:{feed.pk}", decision, change="test")
        _look_at_it(feed)
    return Done(feed_id)


def lag_of(feed: Feed) -> Lag:
    """How far the feed is behind, for its page; the caller acts in its tenant."""
    size = newest_size()
    if feed.position is None or feed.position >= size:
        return Lag(0, None)
    batch = next_batch(feed, size)
    waiting = batch.items[0].moment if batch and batch.items else None
    return Lag(size - feed.position if waiting else 0, waiting)


def _may_draft(actor: Actor, place: Tenant | None) -> Decision:
    """Officers, who set up destinations, and auditors, whose record it is."""
    decision = permissions.decide(actor, Action.MANAGE_DESTINATIONS, on=place)
    return decision if decision.allowed else permissions.decide(actor, Action.EXPORT_AUDIT, on=place)


def _find(actor: Actor, feed_id: UUID) -> tuple[Feed | None, Decision]:
    """The feed, locked, where the actor may manage it; otherwise nothing, whatever the reason."""
    feed = _lock(feed_id)
    decision = _may_draft(actor, feed.tenant if feed else _NOWHERE)
    if feed is None or not decision.allowed:
        return None, decision if not decision.allowed else refuse("unknown")
    return feed, decision


def _lock(feed_id: UUID) -> Feed | None:
    return Feed.objects.select_for_update(of=("self",)).select_related("tenant").filter(pk=feed_id).first()


def _refuse(actor: Actor, target: str, decision: Decision) -> Refusal:
    record(actor, AuditAction.FEED_CHANGE, target, decision)
    return Refusal(decision.basis)


def _look_at_it(feed: Feed) -> None:
    note_work(feed.tenant_id, FEEDS)
    nudge_on_commit(PUSH_TASK, feed.tenant_id)


def _present(content: str) -> int:
    """Where a new feed begins: with what comes from now on; a witness with the newest checkpoint."""
    size = newest_size()
    return max(size - 1, 0) if content == FeedContent.CHECKPOINTS else size


def _problems(tenant_id: UUID, terms: FeedTerms, feed: Feed | None) -> list[Problem]:
    found = []
    name = terms.name.strip()
    if not 1 <= len(name) <= 120 or any(ord(letter) < 32 for letter in name):
        found.append(Problem("name", "Use 1 to 120 characters on one line."))
    elif Feed.objects.filter(tenant_id=tenant_id, name=name).exclude(pk=feed.pk if feed else _NOWHERE.pk).exists():
        found.append(Problem("name", "There is a feed of this name already; choose another."))
    if terms.content not in FeedContent.values:
        found.append(Problem("content", f"Choose one of {', '.join(FeedContent.values)}."))
    if terms.transport not in FeedTransport.values:
        found.append(Problem("transport", f"Choose one of {', '.join(FeedTransport.values)}."))
    if not found:
        problem = address_problem(terms.content, terms.transport, terms.address)
        if len(terms.address) > 500 or any(ord(letter) < 33 for letter in terms.address.strip()):
            problem = "Give one address of up to 500 characters."
        found += [Problem("address", problem)] if problem else []
    return found


def _take(feed: Feed, terms: FeedTerms) -> None:
    feed.name, feed.content, feed.transport = terms.name.strip(), terms.content, terms.transport
    feed.address, feed.from_beginning = terms.address.strip(), terms.from_beginning
