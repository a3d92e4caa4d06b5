"""The caller as the hub sees him, and his tokens."""

from datetime import datetime
from typing import Annotated

import strawberry

from hub.workflows.tokens import TokenIssued as Issued
from hub.workflows.viewing import SelfView
from tenants.models import Team as TeamRow
from tenants.roles import Role, Scope

from ..results import InvalidInput, NotAvailable

strawberry.enum(Role, name="Role", description="What somebody is in a team or in a whole tenant.")
strawberry.enum(Scope, name="Scope", description="What a token may be used for.")


@strawberry.type(description="An organisation on the hub.")
class Tenant:
    """The caller's tenant."""

    slug: str
    name: str


@strawberry.type(description="A team of the tenant.")
class Team:
    """A team."""

    id: strawberry.ID
    slug: str
    name: str
    address: str = strawberry.field(description="What a grant names it by: `tenant/team`.")

    @classmethod
    def from_row(cls, row: TeamRow) -> "Team":
        """Show a team."""
        return cls(id=strawberry.ID(str(row.pk)), slug=row.slug, name=row.name, address=row.address)


@strawberry.type(description="A role that you hold; without a team, in the whole tenant.")
class HeldRole:
    """One role."""

    role: Role
    team: Team | None


@strawberry.type(description="You, as the hub sees you in this request.")
class Viewer:
    """Who is asking."""

    key: str = strawberry.field(description="How the access record names you.")
    kind: str = strawberry.field(description="`user` or `token`.")
    name: str
    tenant: Tenant | None = strawberry.field(description="Null until you have chosen one of your tenants.")
    teams: list[Team]
    roles: list[HeldRole]
    scopes: list[Scope] = strawberry.field(description="What this token, or this sign-in, may be used for.")
    purpose: str = strawberry.field(description="The W3C DPV purpose of this request; empty when none was stated.")

    @classmethod
    def from_view(cls, view: SelfView) -> "Viewer":
        """Show what the caller may know of himself."""
        return cls(
            key=view.key,
            kind=view.kind,
            name=view.name,
            tenant=Tenant(slug=view.tenant.slug, name=view.tenant.name) if view.tenant else None,
            teams=[Team.from_row(team) for team in view.teams],
            roles=[
                HeldRole(role=held.role, team=Team.from_row(held.team) if held.team else None) for held in view.roles
            ],
            scopes=[Scope(scope) for scope in view.scopes],
            purpose=view.purpose,
        )


@strawberry.type(description="A new token. Its secret is in this answer and nowhere else: keep it now.")
class TokenIssued:
    """The answer to making a token."""

    id: strawberry.ID
    prefix: str
    secret: str
    expires_at: datetime

    @classmethod
    def from_outcome(cls, outcome: Issued) -> "TokenIssued":
        """Show the token once."""
        return cls(
            id=strawberry.ID(str(outcome.token_id)),
            prefix=outcome.prefix,
            secret=outcome.secret,
            expires_at=outcome.expires_at,
        )


@strawberry.type(description="The token opens nothing any more.")
class TokenRevoked:
    """The answer to ending a token."""

    id: strawberry.ID


IssueTokenResult = Annotated[TokenIssued | InvalidInput | NotAvailable, strawberry.union("IssueTokenResult")]
RevokeTokenResult = Annotated[TokenRevoked | NotAvailable, strawberry.union("RevokeTokenResult")]
