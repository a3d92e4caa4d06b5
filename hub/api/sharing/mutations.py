"""What officers and recipients do about sharing, each root field one workflow."""

from datetime import UTC, datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from hub.lifecycle.models import PolicyKind as Kind
from hub.sharing.terms import GrantTerms
from hub.workflows import break_glass, granting, policy, requests
from hub.workflows.outcomes import BreakGlassOpened as Opened
from hub.workflows.outcomes import Done as WorkflowDone
from hub.workflows.outcomes import Invalid, Refusal

from ..catalog.vocabulary import CaseKind, DataClass, Tlp
from ..context import Info
from ..permissions import SignedIn
from ..results import refused, uuid_of
from ..steps import Step
from .types import (
    BreakGlassOpened,
    GrantResult,
    OpenBreakGlassResult,
    PolicyKind,
    PolicyResult,
    StepResult,
    done,
    grant_result,
    policy_result,
)


@strawberry.input(description="Which cases; each list that is given must hold by one of its members.")
class SelectionInput:
    """The selection of a grant; empty selects everything of the team."""

    tags: list[str] | None = None
    models: list[str] | None = None
    kinds: list[CaseKind] | None = None
    cases: list[strawberry.ID] | None = None

    def lists(self) -> dict[str, list[Any]]:
        """The same as the lists of a grant's terms."""
        return {
            "tags": list(self.tags or ()),
            "models": list(self.models or ()),
            "kinds": [kind.value for kind in self.kinds or ()],
            "cases": [str(case) for case in self.cases or ()],
        }


@strawberry.input(description="The terms of a grant.")
class GrantTermsInput:
    """To whom, under which profile, for what, until when."""

    recipient: str = strawberry.field(description="`tenant/team`, a whole `tenant`, or `group:slug`.")
    profile: str
    purpose: str = strawberry.field(description="A W3C DPV purpose, e.g. `AcademicResearch`.")
    ceiling_class: DataClass
    ceiling_tlp: Tlp
    expires_at: datetime
    starts_at: datetime | None = strawberry.field(default=None, description="Now, when it is not given.")
    selection: SelectionInput | None = None

    def terms(self) -> GrantTerms:
        """The same as a value of the sharing layer."""
        return GrantTerms(
            recipient=self.recipient,
            profile=self.profile,
            purpose=self.purpose,
            ceiling_class=self.ceiling_class.value,
            ceiling_tlp=self.ceiling_tlp.value,
            starts_at=_moment(self.starts_at) if self.starts_at else datetime.now(UTC),
            expires_at=_moment(self.expires_at),
            selection=self.selection.lists() if self.selection else {},
        )


@strawberry.type
class SharingMutation:
    """The root fields that change who sees what."""

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Share a team's cases. Inside an active grant template it takes effect, else it is a proposal.",
    )
    def issue_grant(self, info: Info, team_id: strawberry.ID, terms: GrantTermsInput) -> GrantResult:
        """Issue or propose a grant."""
        return grant_result(granting.issue_grant(info.context.actor, team_id=uuid_of(team_id), terms=terms.terms()))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Approve a proposed grant, as a second person."
    )
    def approve_grant(self, info: Info, id: strawberry.ID) -> GrantResult:
        """Approve a proposal."""
        return grant_result(granting.approve_grant(info.context.actor, grant_id=uuid_of(id)))

    @strawberry.mutation(permission_classes=[SignedIn], extensions=[Step()], description="Turn a proposed grant down.")
    def reject_grant(self, info: Info, id: strawberry.ID, reason: str) -> GrantResult:
        """Reject a proposal."""
        return grant_result(granting.reject_grant(info.context.actor, grant_id=uuid_of(id), reason=reason))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="End a grant; the next read is without it."
    )
    def revoke_grant(self, info: Info, id: strawberry.ID, reason: str) -> GrantResult:
        """Revoke a grant."""
        return grant_result(granting.revoke_grant(info.context.actor, grant_id=uuid_of(id), reason=reason))

    @strawberry.mutation(permission_classes=[SignedIn], extensions=[Step()], description="Make a group of recipients.")
    def create_sharing_group(self, info: Info, slug: str, name: str) -> StepResult:
        """A new group."""
        return _done(granting.create_group(info.context.actor, slug=slug, name=name))

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Add a recipient to a sharing group, or take one out; it holds from the next read on.",
    )
    def change_sharing_group(
        self, info: Info, group_id: strawberry.ID, address: str, is_member: bool = True
    ) -> StepResult:
        """Add or remove a member."""
        change = granting.add_group_member if is_member else granting.remove_group_member
        return _done(change(info.context.actor, group_id=uuid_of(group_id), address=address))

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Ask a team or tenant to share. The answer does not say whether there is anything to share.",
    )
    def request_access(
        self, info: Info, team_id: strawberry.ID, owner: str, wish: str, purpose: str, until: datetime
    ) -> StepResult:
        """Ask for access, for one's own team."""
        return _done(
            requests.request_access(
                info.context.actor, team_id=uuid_of(team_id), owner=owner, wish=wish, purpose=purpose,
                until=_moment(until),
            )
        )  # fmt: skip

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Answer a request for access, as an officer."
    )
    def answer_access_request(
        self,
        info: Info,
        id: strawberry.ID,
        is_granted: bool,
        answer: str = "",
        grant_id: strawberry.ID | None = None,
    ) -> StepResult:
        """Answer a request; granting names the grant that was issued for it."""
        return _done(
            requests.answer_access(
                info.context.actor, request_id=uuid_of(id), is_granted=is_granted, answer=answer,
                grant_id=uuid_of(grant_id) if grant_id is not None else None,
            )
        )  # fmt: skip

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Open the raw of one case to yourself in an emergency, as a reviewer; officers are told.",
    )
    def open_break_glass(
        self, info: Info, case_id: strawberry.ID, purpose: str, minutes: int = break_glass.LONGEST_MINUTES
    ) -> OpenBreakGlassResult:
        """Break glass."""
        outcome = break_glass.open_break_glass(
            info.context.actor, case_id=uuid_of(case_id), purpose=purpose, minutes=minutes
        )
        if not isinstance(outcome, Opened):
            return refused(outcome)
        return BreakGlassOpened(
            break_glass_id=strawberry.ID(str(outcome.break_glass_id)),
            case_id=strawberry.ID(str(outcome.case_id)),
            expires_at=outcome.expires_at,
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Close a break-glass with a finding."
    )
    def close_break_glass(self, info: Info, id: strawberry.ID, finding: str) -> StepResult:
        """Close it, as an officer who did not open it."""
        return _done(break_glass.close_break_glass(info.context.actor, break_glass_id=uuid_of(id), finding=finding))

    @strawberry.mutation(permission_classes=[SignedIn], extensions=[Step()], description="Begin a version of a policy.")
    def draft_policy(
        self, info: Info, kind: PolicyKind, slug: str, document: JSON, name: str = "", note: str = ""
    ) -> PolicyResult:
        """Draft a version."""
        return policy_result(
            policy.draft_policy(
                info.context.actor, kind=Kind(kind.value), slug=slug, document=_document(document), name=name,
                note=note,
            )
        )  # fmt: skip

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Hand a draft over to a second person."
    )
    def propose_policy(self, info: Info, version_id: strawberry.ID) -> PolicyResult:
        """Propose a draft."""
        return policy_result(policy.propose_policy(info.context.actor, version_id=uuid_of(version_id)))

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Let a proposed version govern, as someone who neither wrote nor edited it.",
    )
    def activate_policy(self, info: Info, version_id: strawberry.ID, reason: str = "") -> PolicyResult:
        """Activate a proposal."""
        return policy_result(policy.activate_policy(info.context.actor, version_id=uuid_of(version_id), reason=reason))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Turn a proposed version down."
    )
    def reject_policy(self, info: Info, version_id: strawberry.ID, reason: str) -> PolicyResult:
        """Reject a proposal."""
        return policy_result(policy.reject_policy(info.context.actor, version_id=uuid_of(version_id), reason=reason))


def _done(outcome: WorkflowDone | Refusal | Invalid) -> Any:
    return done(outcome.object_id) if isinstance(outcome, WorkflowDone) else refused(outcome)


def _moment(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _document(value: Any) -> dict[str, Any]:
    """What is no object is handed on as an empty one, of which the workflow says what is missing."""
    return value if isinstance(value, dict) else {}
