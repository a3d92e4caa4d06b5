"""What recipients say about cases: that something shows in one, and that they hold nothing more of a recalled one."""

from enum import Enum

import strawberry

from hub.workflows import leak_reports, recalls
from hub.workflows.outcomes import Done, Invalid, Refusal

from ..context import Info
from ..limits import checked_texts
from ..permissions import SignedIn
from ..results import refused, uuid_of
from ..sharing.types import StepResult, done
from ..steps import Step


@strawberry.enum(description="What shows in a case.")
class LeakWhat(Enum):
    """By its kind; what it is in words would be the next leak."""

    PERSON = "person"
    CONTACT = "contact"
    SECRET = "secret"  # noqa: S105 - a kind of finding
    CUSTOMER = "customer"
    OTHER = "other"


@strawberry.enum(description="Where it shows.")
class LeakWhere(Enum):
    """The part of the case."""

    TITLE = "title"
    SUMMARY = "summary"
    WRITE_UP = "write_up"
    FACTS = "facts"
    EVIDENCE = "evidence"
    ELSEWHERE = "elsewhere"


def _answer(outcome: Done | Refusal | Invalid) -> StepResult:
    return done(None) if isinstance(outcome, Done) else refused(outcome)


@strawberry.type
class ReportsMutation:
    """The root fields by which recipients answer."""

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Tell a case's owner that something sensitive shows in it. For everybody who reads the case, or "
        "has read it.",
    )  # fmt: skip
    def report_leak(self, info: Info, case_id: strawberry.ID, what: LeakWhat, where: LeakWhere) -> StepResult:
        """Under the id by which the case is known to the reporter."""
        checked_texts(case_id)
        return _answer(
            leak_reports.report_leak(info.context.actor, public_id=case_id, what=what.value, where=where.value)
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()], description="Say whether a reported leak was one."
    )
    def answer_leak_report(self, info: Info, id: strawberry.ID, is_confirmed: bool) -> StepResult:
        """By those who may take the case back."""
        return _answer(
            leak_reports.answer_leak_report(info.context.actor, report_id=uuid_of(id), is_confirmed=is_confirmed)
        )

    @strawberry.mutation(
        permission_classes=[SignedIn], extensions=[Step()],
        description="Say that your team holds nothing more of a case that was recalled from it.",
    )  # fmt: skip
    def acknowledge_recall(self, info: Info, case_id: strawberry.ID) -> StepResult:
        """Under the id by which the case was known."""
        checked_texts(case_id)
        return _answer(recalls.acknowledge_recall(info.context.actor, public_id=case_id))
