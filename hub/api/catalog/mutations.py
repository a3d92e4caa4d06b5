"""What owners, reviewers and officers do with cases, each root field one workflow."""

import base64
import binascii
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from hub.workflows import evidence, review, sensitivity, submission
from hub.workflows.outcomes import CaseChanged as Changed
from hub.workflows.outcomes import CaseSubmitted as Submitted
from hub.workflows.outcomes import CaseUnchanged as Unchanged
from hub.workflows.outcomes import Invalid, Refusal

from ..context import Info
from ..permissions import SignedIn
from ..results import InvalidInput, NotAvailable, invalid, refused, uuid_of
from ..steps import Step
from .vocabulary import DataClass, ReviewVerdict, Tlp


@strawberry.type(description="The case was taken in, or has a new version; what others get of it is being made.")
class CaseSubmitted:
    """The answer to new content."""

    case_id: strawberry.ID = strawberry.field(description="The case's id at home.")
    version: int


@strawberry.type(description="The content is what the case says already; nothing was written.")
class CaseUnchanged:
    """The answer to the same content."""

    case_id: strawberry.ID
    version: int


@strawberry.type(description="Something about the case other than its content has changed.")
class CaseChanged:
    """The answer to tags, levels, restriction, withdrawal and review."""

    case_id: strawberry.ID
    change: str = strawberry.field(description="E.g. `tagged`, `restricted`, `withdrawn`, `accepted`, `levels`.")


SubmitCaseResult = Annotated[
    CaseSubmitted | CaseUnchanged | InvalidInput | NotAvailable, strawberry.union("SubmitCaseResult")
]
ChangeCaseResult = Annotated[CaseChanged | InvalidInput | NotAvailable, strawberry.union("ChangeCaseResult")]

CASE_INPUT = (
    "A case as a JSON object: `title`, `summary`, `write_up`, `facts`, `tags`, `evidence`, and where it comes from"
    " outside, `source` and `source_id`."
)


@strawberry.input(description="One piece of evidence: a JSON value or text in `payload`, or bytes in `contentBase64`.")
class EvidenceInput:
    """Evidence to attach."""

    name: str
    kind: str = strawberry.field(description="E.g. `inputs`, `outputs`, `features`, `logs`.")
    media_type: str = ""
    payload: JSON | None = strawberry.UNSET
    content_base64: str | None = None
    digest: str = strawberry.field(default="", description="SHA-256 of the bytes, hexadecimal; checked when given.")


@strawberry.type
class CatalogMutation:
    """The root fields that change cases."""

    @strawberry.mutation(permission_classes=[SignedIn], extensions=[Step()], description="Submit a case for a team.")
    def submit_case(
        self,
        info: Info,
        team_id: strawberry.ID,
        case: Annotated[JSON, strawberry.argument(description=CASE_INPUT)],
    ) -> SubmitCaseResult:
        """Take in a new case."""
        return _submitted(submission.submit_case(info.context.actor, team_id=uuid_of(team_id), draft=_mapping(case)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Write the next version of a case."
    )
    def edit_case(
        self,
        info: Info,
        case_id: strawberry.ID,
        case: Annotated[JSON, strawberry.argument(description=CASE_INPUT)],
    ) -> SubmitCaseResult:
        """Write a version."""
        return _submitted(submission.edit_case(info.context.actor, case_id=uuid_of(case_id), draft=_mapping(case)))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Take a case back; nobody reads it any more."
    )
    def withdraw_case(self, info: Info, case_id: strawberry.ID, reason: str = "") -> ChangeCaseResult:
        """Withdraw a case."""
        return _changed(submission.withdraw_case(info.context.actor, case_id=uuid_of(case_id), reason=reason))

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Attach evidence; makes a new version."
    )
    def add_evidence(self, info: Info, case_id: strawberry.ID, evidence: EvidenceInput) -> SubmitCaseResult:
        """Attach a value or a small file."""
        return _added(info, case_id, evidence)

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Add and remove machine tags of a case."
    )
    def tag_case(
        self,
        info: Info,
        case_id: strawberry.ID,
        add: list[str] | None = None,
        remove: list[str] | None = None,
        reason: str = "",
    ) -> ChangeCaseResult:
        """Tag a case."""
        return _changed(
            sensitivity.tag_case(
                info.context.actor, case_id=uuid_of(case_id), add=add or (), remove=remove or (), reason=reason
            )
        )

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Let only named people and teams of the tenant read a case, or open it to its team again.",
    )
    def restrict_case(
        self,
        info: Info,
        case_id: strawberry.ID,
        is_restricted: bool = True,
        user_ids: list[strawberry.ID] | None = None,
        team_ids: list[strawberry.ID] | None = None,
    ) -> ChangeCaseResult:
        """Restrict a case, or lift its restriction."""
        actor, home_id = info.context.actor, uuid_of(case_id)
        if not is_restricted:
            return _changed(sensitivity.unrestrict_case(actor, case_id=home_id))
        return _changed(
            sensitivity.restrict_case(
                actor,
                case_id=home_id,
                user_ids=[uuid_of(value) for value in user_ids or ()],
                team_ids=[uuid_of(value) for value in team_ids or ()],
            )
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Move the sensitivity of a case up."
    )
    def raise_sensitivity(
        self,
        info: Info,
        case_id: strawberry.ID,
        data_class: DataClass | None = None,
        tlp: Tlp | None = None,
        reason: str = "",
    ) -> ChangeCaseResult:
        """Raise levels."""
        return _changed(
            sensitivity.raise_sensitivity(
                info.context.actor,
                case_id=uuid_of(case_id),
                data_class=data_class.value if data_class else None,
                tlp=tlp.value if tlp else None,
                reason=reason,
            )
        )

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Move the sensitivity of a case down, as an officer and for a reason.",
    )
    def lower_sensitivity(
        self,
        info: Info,
        case_id: strawberry.ID,
        reason: str,
        data_class: DataClass | None = None,
        tlp: Tlp | None = None,
    ) -> ChangeCaseResult:
        """Lower levels."""
        return _changed(
            sensitivity.lower_sensitivity(
                info.context.actor,
                case_id=uuid_of(case_id),
                data_class=data_class.value if data_class else None,
                tlp=tlp.value if tlp else None,
                reason=reason,
            )
        )

    @strawberry.mutation(
        permission_classes=[SignedIn],
        extensions=[Step()],
        description="Accept a version of a case or return it, as a reviewer who wrote none of it.",
    )
    def review_case(
        self, info: Info, case_id: strawberry.ID, version: int, verdict: ReviewVerdict, note: str = ""
    ) -> ChangeCaseResult:
        """Review a version."""
        return _changed(
            review.review_case(
                info.context.actor, case_id=uuid_of(case_id), version=version, verdict=verdict.value, note=note
            )
        )


def _mapping(case: Any) -> Any:
    """What is no object is handed on as one that says nothing: the workflow names the first thing that is missing."""
    return case if isinstance(case, dict) else {}


def _submitted(outcome: Submitted | Unchanged | Refusal | Invalid) -> Any:
    match outcome:
        case Submitted():
            return CaseSubmitted(case_id=strawberry.ID(str(outcome.case_id)), version=outcome.version)
        case Unchanged():
            return CaseUnchanged(case_id=strawberry.ID(str(outcome.case_id)), version=outcome.version)
        case _:
            return refused(outcome)


def _changed(outcome: Changed | Refusal | Invalid) -> Any:
    if isinstance(outcome, Changed):
        return CaseChanged(case_id=strawberry.ID(str(outcome.case_id)), change=outcome.change)
    return refused(outcome)


def _added(info: Info, case_id: str, given: EvidenceInput) -> Any:
    actor, home_id = info.context.actor, uuid_of(case_id)
    has_payload = given.payload is not strawberry.UNSET
    if has_payload is (given.content_base64 is not None):
        return invalid("evidence", "Give either `payload` or `contentBase64`.")
    if given.content_base64 is None:
        return _submitted(
            evidence.add_evidence(
                actor, case_id=home_id, name=given.name, kind=given.kind, payload=given.payload,
                media_type=given.media_type,
            )
        )  # fmt: skip
    try:
        content = base64.b64decode(given.content_base64, validate=True)
    except (binascii.Error, ValueError):
        return invalid("evidence.contentBase64", "This is not base64.")
    return _submitted(
        evidence.upload_evidence(
            actor, case_id=home_id, name=given.name, kind=given.kind, media_type=given.media_type, stream=[content],
            expected_digest=given.digest,
        )
    )  # fmt: skip
