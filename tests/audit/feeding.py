"""Feeds of acme, drafted by an officer and approved by its auditor, and a record to push."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.feeds.models import Feed
from hub.audit.models import AccessEvent
from hub.audit.recording import DisclosedRow, record
from hub.outgoing.signing import new_secret
from hub.workflows import feeding, feeds
from hub.workflows.keeping import seal_record
from tenants.actors import system_actor
from tenants.decisions import allow, refuse
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tests.cast import Cast


@dataclass
class Feeds:
    """The cast, and what is needed to have the record pushed."""

    cast: Cast
    secret: str = field(default_factory=new_secret)

    @property
    def tenant_id(self) -> UUID:
        return self.cast.tenant("acme").pk

    def do(self, who: str, step, **given: Any):
        actor = self.cast[who]
        with acting_as(actor):
            return step(actor, **given)

    def draft(self, address: str, *, content: str = "record", transport: str = "webhook", by: str = "olga",
              from_beginning: bool = False) -> UUID:  # fmt: skip
        terms = feeds.FeedTerms(f"Receiver {new_id()}", content, transport, address, from_beginning)
        feed_id = self.do(by, feeds.draft_feed, terms=terms).object_id
        if transport == "webhook":
            self.do("olga", feeds.rotate_feed_secret, feed_id=feed_id, secret=self.secret)
        return feed_id

    def active(self, address: str, **terms: Any) -> UUID:
        feed_id = self.draft(address, **terms)
        assert isinstance(self.do("erin", feeds.approve_feed, feed_id=feed_id), feeds.Done)
        return feed_id

    def happen(self, count: int = 1, who: str = "alice") -> None:
        """Reads of a case of acme's, on record; of every third one nothing comes."""
        actor, owner = self.cast[who], self.cast.tenant("acme").pk
        with acting_as(actor):
            for number in range(count):
                row = DisclosedRow(owner, self.cast.team("acme/atlas").pk, new_id())
                is_refused = number % 3 == 2
                record(
                    actor, AuditAction.CASE_READ, f"shared_case:c_{number}",
                    refuse("not_available") if is_refused else allow("own_team"),
                    disclosed=[] if is_refused else [row], fields=["title"], count=number,
                )  # fmt: skip

    def push(self) -> int:
        """Seal what has happened, and push until nothing is due."""
        seal_record()
        return feeding.push_feeds(self.tenant_id)

    def row(self, feed_id: UUID) -> Feed:
        with acting_as(system_actor(self.tenant_id, "test")):
            return Feed.objects.get(pk=feed_id)

    def update(self, **values: Any) -> None:
        with acting_as(system_actor(self.tenant_id, "test")):
            Feed.objects.update(**values)

    def make_due(self) -> None:
        self.update(next_attempt_at=timezone.now() - timedelta(seconds=1))

    def events(self, **conditions: Any) -> list[AccessEvent]:
        with acting_as(system_actor(self.tenant_id, "test")):
            return list(AccessEvent.objects.filter(**conditions).order_by("id"))


def sealed_rows(tenant_id: UUID) -> dict[int, str]:
    """Position and id of each row of the log that is this tenant's to know, as the keeper has them."""
    with connections["keeper"].cursor() as keeper:
        keeper.execute(
            "SELECT l.position, l.row_id::text FROM audit.sealed_leaf l"
            " LEFT JOIN audit.access_event e ON e.id = l.row_id"
            " LEFT JOIN audit.access_disclosure d ON d.id = l.row_id"
            " WHERE %s IN (e.tenant_id, d.owner_tenant_id)",
            [tenant_id],
        )
        return dict(keeper.fetchall())


def notes_of_log() -> list[tuple[int, str]]:
    """Every checkpoint that the keeper has signed."""
    with connections["keeper"].cursor() as keeper:
        keeper.execute("SELECT size, note FROM audit.checkpoint ORDER BY size")
        return keeper.fetchall()
