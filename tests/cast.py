"""The cast of every test, as rows in the database and as actors built from them the way authentication builds them."""

from dataclasses import dataclass, field

import pytest

from hub.demo.cast import CAST, TENANTS
from tenants.actors import Actor, operator_at_console
from tenants.loading import load_actor
from tenants.models import Team, Tenant, User
from tenants.roles import Scope
from tenants.scoping import acting_as
from tenants.services import add_members, create_team, create_tenant, create_user, issue_token

CONSOLE = operator_at_console("cast")


@dataclass
class Cast:
    """Tenants, teams and people by their names: `cast["alice"]`, `cast.team("acme/atlas")`, `cast.token("carol")`."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Actor:
        """The actor as he is now: roles that changed meanwhile have changed here too."""
        return self.actor(name)

    def actor(self, name: str, *, purpose: str = "") -> Actor:
        """The actor, asking for a stated purpose."""
        return load_actor(self.users[name].pk, purpose=purpose)

    def tenant(self, slug: str) -> Tenant:
        """A tenant by its slug."""
        return self.tenants[slug]

    def team(self, address: str) -> Team:
        """A team by its address `tenant/team`."""
        return self.teams[address]

    def user(self, name: str) -> User:
        """A person's account."""
        return self.users[name]

    def password(self, name: str) -> str:
        """What this person signs in with."""
        return f"the long password of {name}"

    def tenant_of(self, name: str) -> Tenant:
        """The tenant somebody works in."""
        place = next(person.tenant for person in CAST if person.name == name)
        return self.tenants[place]

    def token(self, name: str, *, scopes: tuple[str, ...] = tuple(Scope), purpose: str = "", days: int = 1) -> str:
        """A new service token of this person, as its bearer sends it."""
        with acting_as(self[name]):
            _, key = issue_token(
                self.tenant_of(name), self.users[name], "of a test", scopes, purpose=purpose, days=days
            )
        return key.text


def build_cast() -> Cast:
    """Write the whole cast into the database, as the platform's operator would."""
    cast = Cast()
    with acting_as(CONSOLE):
        for slug, (name, teams) in TENANTS.items():
            tenant = cast.tenants[slug] = create_tenant(slug, name)
            for team_slug, team_name in teams.items():
                cast.teams[f"{slug}/{team_slug}"] = create_team(tenant, team_slug, team_name)
        for person in CAST:
            cast.users[person.name] = create_user(
                person.email, person.display_name, cast.password(person.name), is_operator=person.role is None
            )
        for slug, tenant in cast.tenants.items():
            add_members(
                tenant,
                [
                    (cast.users[person.name], person.role, cast.teams.get(person.place))
                    for person in CAST
                    if person.tenant == slug and person.role is not None
                ],
            )
    return cast


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, fresh for one test."""
    return build_cast()
