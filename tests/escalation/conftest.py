"""Destinations of acme, approved by two officers, and tickets that are mirrored there."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from hub.audit.models import AccessEvent
from hub.escalation.outbox.models import Delivery, Destination
from hub.escalation.outbox.queueing import queue_delivery
from hub.outgoing.signing import new_secret
from hub.workflows import destinations
from hub.workflows.destinations import DestinationTerms
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.escalation.mirrored import Mirrored
from tests.escalation.systems import GitHub, Jira
from tests.outgoing.listening import listening
from tests.sharing.stage import Stage, build_stage


@dataclass
class Outbox:
    """The stage, and what is needed to have something delivered."""

    stage: Stage
    secret: str = ""

    def as_(self, who: str):
        actor = self.stage.actor(who)
        return actor, acting_as(actor)

    def do(self, who: str, step, **given: Any):
        actor, acting = self.as_(who)
        with acting:
            return step(actor, **given)

    def draft(self, kind: str = "webhook", slug: str = "hooks", by: str = "olga", **settings: str) -> UUID:
        terms = DestinationTerms(name="A receiver", settings=settings)
        answer = self.do(by, destinations.draft_destination, slug=slug, kind=kind, terms=terms)
        return answer.object_id

    def active(self, kind: str = "webhook", slug: str = "hooks", secret: str | None = None, **settings: str) -> UUID:
        destination_id = self.draft(kind, slug, **settings)
        self.secret = new_secret() if secret is None else secret
        if self.secret:
            self.do("olga", destinations.rotate_secret, destination_id=destination_id, secret=self.secret)
        self.do("omar", destinations.approve_destination, destination_id=destination_id)
        return destination_id

    def queue(self, destination_id: UUID, number: Any, kind: str = "notification", **given: Any) -> UUID | None:
        with self.stage.backstage():
            return queue_delivery(Destination.objects.get(pk=destination_id), kind=kind, key=(number,), **given)

    def rows(self, **conditions: Any) -> list[Delivery]:
        with self.stage.backstage():
            return list(Delivery.objects.filter(**conditions).order_by("created_at", "pk"))

    def destination(self, destination_id: UUID) -> Destination:
        with self.stage.backstage():
            return Destination.objects.get(pk=destination_id)

    def update(self, model, **values: Any) -> None:
        with self.stage.backstage():
            model.objects.update(**values)

    def events(self, **conditions: Any) -> list[AccessEvent]:
        with self.stage.backstage():
            return list(AccessEvent.objects.filter(**conditions).order_by("id"))

    @property
    def tenant_id(self) -> UUID:
        return self.stage.cast.tenant("acme").pk

    @property
    def system(self):
        return system_actor(self.tenant_id, "test")


@pytest.fixture
def outbox(transactional_db, settings) -> Outbox:
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.CASEWARD_DELIVERY_TIMEOUT_SECONDS = 2
    settings.CASEWARD_DELIVERY_FIRST_WAIT_SECONDS = 1
    return Outbox(build_stage())


@pytest.fixture
def mirrored(outbox):
    return Mirrored(outbox)


@pytest.fixture
def github(mirrored):
    with listening() as listener:
        system = GitHub(listener)
        system.destination_id = mirrored.mirror(
            "github", "ghp_token123", GitHub.secret, repository="acme/models", api=listener.url("")
        )
        yield system


@pytest.fixture
def jira(mirrored):
    with listening() as listener:
        system = Jira(listener)
        system.destination_id = mirrored.mirror(
            "jira", "api-token-1", Jira.secret, url=listener.url(""), project="ML", issue_type="Task",
            user="bot@acme.example",
        )  # fmt: skip
        yield system
