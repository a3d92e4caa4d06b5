"""Making and ending tokens of one's own."""

import strawberry

from hub.workflows.outcomes import Done
from hub.workflows.tokens import TokenIssued as Issued
from hub.workflows.tokens import issue_token, revoke_token
from tenants.roles import Scope

from ..context import Info
from ..permissions import SignedIn
from ..results import NotAvailable, refused, uuid_of
from ..steps import Step
from .types import IssueTokenResult, RevokeTokenResult, TokenIssued, TokenRevoked


@strawberry.input(description="What a new token is for.")
class IssueTokenInput:
    """A token of one's own."""

    name: str
    scopes: list[Scope]
    purpose: str = strawberry.field(default="", description="A W3C DPV purpose that its reads are made for.")
    days: int | None = strawberry.field(default=None, description="How long it lives; your tenant sets the most.")
    team_id: strawberry.ID | None = strawberry.field(default=None, description="Narrows it to one of your teams.")
    networks: list[str] = strawberry.field(default_factory=list, description="Addresses it may come from, in CIDR.")


@strawberry.type
class TenantsMutation:
    """The root fields about tokens."""

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Make a token for yourself, signed in as a person: a token makes no tokens.",
    )
    def issue_token(self, info: Info, input: IssueTokenInput) -> IssueTokenResult:
        """A new token of one's own."""
        outcome = issue_token(
            info.context.actor,
            name=input.name,
            scopes=[scope.value for scope in input.scopes],
            purpose=input.purpose,
            days=input.days,
            team_id=uuid_of(input.team_id) if input.team_id is not None else None,
            networks=input.networks,
        )
        return TokenIssued.from_outcome(outcome) if isinstance(outcome, Issued) else refused(outcome)

    @strawberry.mutation(permission_classes=[SignedIn], extensions=[Step()], description="End one of your tokens.")
    def revoke_token(self, info: Info, id: strawberry.ID) -> RevokeTokenResult:
        """End a token."""
        outcome = revoke_token(info.context.actor, token_id=uuid_of(id))
        return TokenRevoked(id=id) if isinstance(outcome, Done) else NotAvailable()
