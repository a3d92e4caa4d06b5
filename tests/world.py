"""A small world, committed for real: cast, policies, grants, and cases full of canaries with their projections."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections
from django.utils import timezone

from hub.sharing.models import SharingGrant
from hub.sharing.services import granting
from hub.sharing.services.profiles import install_shipped_profiles, install_shipped_templates
from hub.sharing.terms import GrantTerms
from hub.workflows.outcomes import CaseSubmitted
from hub.workflows.projection import build_projections
from hub.workflows.submission import submit_case
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.canaries import Canaries, different_canaries
from tests.cast import Cast, build_cast

PURPOSE = "ResearchAndDevelopment"
TEAMS = ("acme/atlas", "acme/zephyr", "borealis/lumen")


@dataclass
class World:
    """Who is there and what they have: `world.cases["atlas"]` is the UUID of atlas' case full of canaries.

    Each team has canaries of its own, so that an answer tells whose text it holds; `canaries` are those of atlas.
    """

    cast: Cast
    canaries_of: dict[str, Canaries]
    cases: dict[str, UUID] = field(default_factory=dict)
    grants: dict[str, UUID] = field(default_factory=dict)

    @property
    def canaries(self) -> Canaries:
        """Those of atlas at acme, whose cases are shared."""
        return self.canaries_of["acme/atlas"]

    def submit(self, who: str, address: str, document: dict[str, Any]) -> UUID:
        """Submit a case as one of the cast; its projections are wanted, not built."""
        actor = self.cast[who]
        with acting_as(actor):
            outcome = submit_case(actor, team_id=self.cast.team(address).pk, draft=document)
        assert isinstance(outcome, CaseSubmitted), outcome
        return outcome.case_id

    def share(self, recipient: str, *, owner: str = "acme/atlas", officer: str = "olga", **terms: Any) -> UUID:
        """Issue a grant inside the standard template."""
        now = timezone.now()
        wanted = GrantTerms(
            **{
                "recipient": recipient,
                "profile": "partner",
                "purpose": PURPOSE,
                "ceiling_class": "restricted",
                "ceiling_tlp": "AMBER",
                "starts_at": now - timedelta(minutes=1),
                "expires_at": now + timedelta(days=30),
                **terms,
            }
        )
        actor = self.cast[officer]
        with acting_as(actor):
            grant: SharingGrant = granting.issue(self.cast.team(owner), wanted, issued_by=actor.person_key)
        return grant.pk

    def build(self) -> None:
        """Build every projection that is wanted, in this process, with the real detectors."""
        for tenant in self.cast.tenants.values():
            build_projections(tenant.pk)


def furnished_world() -> World:
    """The cast, profiles and grant templates, committed; nobody has submitted anything yet."""
    world = World(build_cast(), dict(zip(TEAMS, different_canaries(len(TEAMS)), strict=True)))
    olga = world.cast["olga"].person_key
    for slug, tenant in world.cast.tenants.items():
        recipients = {"acme": ["acme/*", "borealis/*", "cobalt/*"]}.get(slug, [])
        with acting_as(system_actor(tenant.pk, "world")):
            install_shipped_profiles(tenant.pk, by=olga)
            install_shipped_templates(tenant.pk, by=olga, recipients=recipients)
    return world


def build_world() -> World:
    """Commit the whole world; who calls this empties the database afterwards."""
    world = furnished_world()
    world.cases["atlas"] = world.submit("alice", "acme/atlas", world.canaries.case("atlas-1"))
    world.cases["atlas_second"] = world.submit("alice", "acme/atlas", world.canaries.case("atlas-2", kind="hazard"))
    world.cases["zephyr"] = world.submit("dana", "acme/zephyr", world.canaries_of["acme/zephyr"].case("zephyr-1"))
    world.cases["lumen"] = world.submit("carol", "borealis/lumen", world.canaries_of["borealis/lumen"].case("lumen-1"))
    world.grants["carol"] = world.share("borealis/lumen")
    world.grants["trudy"] = world.share("cobalt/quarry")
    expire(world.grants["trudy"])
    world.build()
    return world


def expire(grant_id: UUID) -> None:
    """Let a grant's term have ended a second ago, as time would."""
    with connections["owner"].cursor() as owner:
        owner.execute(
            "UPDATE sharing_sharinggrant SET starts_at = now() - interval '1 day',"
            " expires_at = now() - interval '1 second' WHERE id = %s",
            [grant_id],
        )


def owner_connection() -> psycopg.Connection[Any]:
    """A connection of the migration role, for looking at what a dump would hold."""
    return psycopg.connect(**connections["owner"].get_connection_params())
