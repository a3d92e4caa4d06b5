"""Grants, policy versions, requests for access and break-glass as those see them whom they concern."""

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from hub.workflows.break_glass import OpenBreakGlass
from hub.workflows.grant_listing import GrantView
from hub.workflows.outcomes import GrantAnswer, Invalid, PolicyAnswer, Refusal
from hub.workflows.policy import PolicyPreview as Preview

from ..catalog.vocabulary import DataClass, Tlp
from ..results import InvalidInput, NotAvailable, PageInfo, refused


@strawberry.enum(description="Where a grant is; that it has begun or ended is a matter of its dates.")
class GrantState(Enum):
    """The states of a grant."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REVOKED = "revoked"
    REJECTED = "rejected"


@strawberry.enum(description="Where a policy version is on its way.")
class PolicyState(Enum):
    """The states of a version."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"
    REJECTED = "rejected"


@strawberry.enum(description="What a policy governs.")
class PolicyKind(Enum):
    """The kinds of policies that are drafted here."""

    REDACTION_PROFILE = "redaction_profile"
    GRANT_TEMPLATE = "grant_template"


@strawberry.type(description="What the owner's side knows of a grant beyond its terms.")
class GrantAtHome:
    """The part of a grant that its recipient does not see."""

    profile: str
    selection: JSON
    covered_cases: int
    issued_by: str
    approved_by: str
    revoked_by: str
    reason: str


@strawberry.type(description="Permission for another team to read a selection of cases, until a date.")
class Grant:
    """A sharing grant."""

    id: strawberry.ID
    owner: str
    recipient: str
    purpose: str
    ceiling_class: DataClass
    ceiling_tlp: Tlp
    starts_at: datetime
    expires_at: datetime
    state: GrantState
    is_running: bool = strawberry.field(description="Active, begun and not yet expired, by the database's clock.")
    issued_at: datetime
    revoked_at: datetime | None
    at_home: GrantAtHome | None = strawberry.field(description="For the owner's side alone.")

    @classmethod
    def from_view(cls, view: GrantView) -> "Grant":
        """Show a grant as far as it may be known."""
        owners = view.owners
        return cls(
            id=strawberry.ID(str(view.grant_id)),
            owner=view.owner,
            recipient=view.recipient,
            purpose=view.purpose,
            ceiling_class=DataClass(view.ceiling_class),
            ceiling_tlp=Tlp(view.ceiling_tlp),
            starts_at=view.starts_at,
            expires_at=view.expires_at,
            state=GrantState(view.state),
            is_running=view.is_running,
            issued_at=view.issued_at,
            revoked_at=view.revoked_at,
            at_home=GrantAtHome(
                profile=owners.profile,
                selection=JSON(owners.selection),
                covered_cases=owners.covered_cases,
                issued_by=owners.issued_by,
                approved_by=owners.approved_by,
                revoked_by=owners.revoked_by,
                reason=owners.reason,
            )
            if owners
            else None,
        )


@strawberry.type(description="A grant in a list, with its place.")
class GrantEdge:
    """An edge of the connection."""

    cursor: str
    node: Grant


@strawberry.type(description="A page of grants, newest first.")
class GrantConnection:
    """Relay's connection of grants."""

    edges: list[GrantEdge]
    nodes: list[Grant]
    page_info: PageInfo


@strawberry.type(description="A grant as it stands after a step.")
class GrantChanged:
    """The answer to issuing, approving, rejecting and revoking."""

    grant_id: strawberry.ID
    state: GrantState
    expires_at: datetime
    covered_cases: int


@strawberry.type(description="A policy version as it stands after a step.")
class PolicyChanged:
    """The answer to drafting, proposing, activating and rejecting."""

    version_id: strawberry.ID
    number: int
    state: PolicyState


@strawberry.type(description="What activating a policy version would change, in numbers.")
class PolicyPreview:
    """A look ahead."""

    version_id: strawberry.ID
    is_stale: bool = strawberry.field(description="Another version has become active since this one was begun.")
    cases: int
    audiences: int
    grants: int
    grants_outside: int = strawberry.field(description="Running grants that the new template would not admit.")

    @classmethod
    def from_preview(cls, preview: Preview) -> "PolicyPreview":
        """Show the numbers."""
        return cls(
            version_id=strawberry.ID(str(preview.version_id)),
            is_stale=preview.is_stale,
            cases=preview.cases,
            audiences=preview.audiences,
            grants=preview.grants,
            grants_outside=preview.grants_outside,
        )


@strawberry.type(description="A look at raw text in an emergency, which an officer has yet to close.")
class BreakGlass:
    """An open break-glass, as officers see it."""

    id: strawberry.ID
    case_id: strawberry.ID
    person: str
    purpose: str
    opened_at: datetime
    expires_at: datetime
    is_running: bool

    @classmethod
    def from_listing(cls, opened: OpenBreakGlass) -> "BreakGlass":
        """Show who looks at what, and why."""
        return cls(
            id=strawberry.ID(str(opened.break_glass_id)),
            case_id=strawberry.ID(str(opened.case_id)),
            person=opened.person,
            purpose=opened.purpose,
            opened_at=opened.opened_at,
            expires_at=opened.expires_at,
            is_running=opened.is_running,
        )


@strawberry.type(description="The raw of one case is open to you until then. Officers have been told.")
class BreakGlassOpened:
    """The answer to opening."""

    break_glass_id: strawberry.ID
    case_id: strawberry.ID
    expires_at: datetime


@strawberry.type(description="It is done.")
class Done:
    """The answer to a step that has nothing else to tell."""

    object_id: strawberry.ID | None


GrantResult = Annotated[GrantChanged | InvalidInput | NotAvailable, strawberry.union("GrantResult")]
PolicyResult = Annotated[PolicyChanged | InvalidInput | NotAvailable, strawberry.union("PolicyResult")]
PolicyPreviewResult = Annotated[PolicyPreview | NotAvailable, strawberry.union("PolicyPreviewResult")]
OpenBreakGlassResult = Annotated[
    BreakGlassOpened | InvalidInput | NotAvailable, strawberry.union("OpenBreakGlassResult")
]
StepResult = Annotated[Done | InvalidInput | NotAvailable, strawberry.union("StepResult")]


def grant_result(outcome: GrantAnswer | Refusal | Invalid) -> GrantChanged | InvalidInput | NotAvailable:
    """A grant's step as it is shown."""
    if not isinstance(outcome, GrantAnswer):
        return refused(outcome)
    return GrantChanged(
        grant_id=strawberry.ID(str(outcome.grant_id)),
        state=GrantState(outcome.state),
        expires_at=outcome.expires_at,
        covered_cases=outcome.covered_cases,
    )


def policy_result(outcome: PolicyAnswer | Refusal | Invalid) -> PolicyChanged | InvalidInput | NotAvailable:
    """A policy's step as it is shown."""
    if not isinstance(outcome, PolicyAnswer):
        return refused(outcome)
    return PolicyChanged(
        version_id=strawberry.ID(str(outcome.version_id)), number=outcome.number, state=PolicyState(outcome.state)
    )


def done(object_id: UUID | None) -> Done:
    """The plain yes."""
    return Done(object_id=strawberry.ID(str(object_id)) if object_id else None)
