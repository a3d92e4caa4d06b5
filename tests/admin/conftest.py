"""The cast at the door of the officers' site, on a stage with a case, grants, proposals and requests of two tenants."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.lifecycle.models import PolicyKind, PolicyVersion, VersionState
from hub.workflows import break_glass, policy, requests
from tenants.actors import operator_at_console
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_members, create_user
from tests.sharing.stage import PURPOSE, Stage, build_stage

BACKEND = "tenants.authentication.LoginBackend"


@dataclass
class Office:
    """The stage and the ids of what stands on it."""

    stage: Stage
    ids: dict[str, UUID] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    def enter(self, name: str) -> Client:
        """A browser in which this person is signed in."""
        if name not in self.clients:
            self.clients[name] = Client()
            self.clients[name].force_login(self.stage.cast.user(name), backend=BACKEND)
        return self.clients[name]

    def events(self, tenant: str = "acme", **conditions: Any) -> list[AccessEvent]:
        """Events of a tenant, oldest first."""
        with self.stage.backstage(tenant):
            return list(AccessEvent.objects.filter(**conditions).order_by("id"))

    def newest(self, tenant: str = "acme") -> AccessEvent:
        """The newest event of a tenant."""
        return self.events(tenant)[-1]

    def version(self, name: str = "proposal") -> PolicyVersion:
        """A policy version as it stands now."""
        with self.stage.backstage():
            return PolicyVersion.objects.get(pk=self.ids[name])


def propose(stage: Stage, who: str, note: str = "") -> UUID:
    """A stricter partner profile, drafted and proposed by somebody."""
    actor = stage.actor(who, "")
    with acting_as(actor):
        active = PolicyVersion.objects.get(tenant_id=actor.tenant_id, policy__slug="partner", state=VersionState.ACTIVE)
        document = {**active.document, "description": f"Stricter, says {who}"}
        answer = policy.draft_policy(
            actor, kind=PolicyKind.REDACTION_PROFILE, slug="partner", document=document, note=note
        )
        assert isinstance(answer, policy.PolicyAnswer), answer
        assert isinstance(policy.propose_policy(actor, version_id=answer.version_id), policy.PolicyAnswer)
    return answer.version_id


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    """Everything an officer may have on the desk. Afterwards Django's own log of the admin is still empty."""
    stage = build_stage()
    cast, office = stage.cast, Office(stage)
    with acting_as(operator_at_console("cast")):
        cast.users["adam"] = create_user("adam@acme.example", "Adam", "the long password of adam")
        add_members(cast.tenant("acme"), [(cast.users["adam"], Role.ADMINISTRATOR, None)])
    office.ids["case"] = stage.submit().pk
    office.ids["foreign_case"] = stage.submit("carol").pk
    office.ids["running"] = stage.grant().grant_id
    office.ids["proposed"] = stage.grant("cobalt/quarry", by="olga").grant_id
    office.ids["proposal"] = propose(stage, "olga", note="For the auditors")
    rita, carol = stage.actor("rita", ""), stage.actor("carol")
    with acting_as(rita):
        opened = break_glass.open_break_glass(rita, case_id=office.ids["case"], purpose="Refunds go wrong right now")
    office.ids["break_glass"] = opened.break_glass_id  # type: ignore[union-attr]
    with acting_as(carol):
        requests.request_access(
            carol, team_id=cast.team("borealis/lumen").pk, owner="acme", wish="Failures of routers", purpose=PURPOSE,
            until=timezone.now() + timedelta(days=30),
        )  # fmt: skip
    yield office
    assert LogEntry.objects.count() == 0


@pytest.fixture
def enter(office: Office) -> Callable[[str], Client]:
    """Signs somebody of the cast in."""
    return office.enter
