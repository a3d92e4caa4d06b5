"""Sets the stage: three tenants, the cast with its passwords and tokens, shipped profiles, and one grant template."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from hub.sharing.services.profiles import install_shipped_templates
from hub.workflows import onboarding, tokens
from hub.workflows.outcomes import Done
from tenants.actors import ANONYMOUS, Actor, operator_at_console, system_actor
from tenants.loading import load_actor
from tenants.roles import Scope
from tenants.scoping import acting_as
from tenants.services import create_user

from .cast import CAST, TENANTS, CastMember
from .faults import DemoError

# What the teams learn for: a W3C DPV purpose.
PURPOSE = "ResearchAndDevelopment"
# Whom each tenant lets a single officer share with.
RECIPIENTS = {"acme": ("acme/*", "borealis/*", "cobalt/*"), "borealis": ("acme/*",)}


@dataclass
class Stage:
    """Who is there, and the keys to act as them."""

    tenants: dict[str, UUID] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    users: dict[str, UUID] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """Somebody of the cast."""
        with acting_as(system_actor(None, "demo")):
            return load_actor(self.users[name], self.tenants.get(_member(name).tenant), PURPOSE)


def set_stage() -> Stage:
    """Everything before the first case, through the same workflows that the admin and the command line use."""
    stage = Stage()
    stage.passwords["petra"] = secrets.token_urlsafe(12)
    with acting_as(operator_at_console("demo"), durable=True):
        stage.users["petra"] = create_user(
            _member("petra").email, "Petra", stage.passwords["petra"], is_operator=True
        ).pk
    petra = load_actor(stage.users["petra"])
    for slug, (name, teams) in TENANTS.items():
        with acting_as(petra, durable=True):
            stage.tenants[slug] = _done(onboarding.create_tenant(petra, slug=slug, name=name))
            for team, team_name in teams.items():
                created = onboarding.create_team(petra, tenant_id=stage.tenants[slug], slug=team, name=team_name)
                stage.teams[f"{slug}/{team}"] = _done(created)
    for person in CAST:
        if person.role is not None:
            _join(stage, petra, person)
    for slug, tenant_id in stage.tenants.items():
        with acting_as(system_actor(tenant_id, "demo"), durable=True):
            # The operator's start-up help: a template that two people would otherwise write and activate.
            install_shipped_templates(tenant_id, by=petra.person_key, recipients=RECIPIENTS.get(slug, ()))
    for person in CAST:
        if person.role is not None:
            stage.keys[person.name] = _key(stage, person)
    return stage


def _join(stage: Stage, petra: Actor, person: CastMember) -> None:
    """By invitation, as everybody comes; the password is drawn for this run."""
    assert person.role is not None
    stage.passwords[person.name] = secrets.token_urlsafe(12)
    with acting_as(petra, durable=True):
        invited = onboarding.invite_member(
            petra,
            tenant_id=stage.tenants[person.tenant],
            email=person.email,
            role=person.role,
            team_id=stage.teams.get(person.place),
        )
    if not isinstance(invited, onboarding.Invited):
        raise DemoError(f"{person.name} could not be invited: {invited}")
    with acting_as(ANONYMOUS, durable=True):
        joined = onboarding.accept_invitation(
            ANONYMOUS,
            secret=invited.secret,
            display_name=person.display_name,
            password=stage.passwords[person.name],
        )
    if not isinstance(joined, onboarding.Joined):
        raise DemoError(f"{person.name} could not join: {joined}")
    stage.users[person.name] = joined.user_id


def _key(stage: Stage, person: CastMember) -> str:
    actor = stage.actor(person.name)
    with acting_as(actor, durable=True):
        issued = tokens.issue_token(
            actor, name="demo", scopes=[scope.value for scope in Scope], purpose=PURPOSE, days=1
        )
    if not isinstance(issued, tokens.TokenIssued):
        raise DemoError(f"{person.name} got no token: {issued}")
    return issued.secret


def _member(name: str) -> CastMember:
    return next(person for person in CAST if person.name == name)


def _done(outcome: object) -> UUID:
    if not isinstance(outcome, Done) or outcome.object_id is None:
        raise DemoError(f"The stage could not be set: {outcome}")
    return outcome.object_id
