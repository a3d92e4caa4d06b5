"""A reviewer's verdict on what a case says now."""

from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import services
from hub.catalog.limits import DraftError, check_text
from hub.catalog.models.reviews import Verdict
from hub.catalog.services.reviewing import NotIndependent, NotReviewable
from hub.escalation.models import TriggerKind
from tenants.actors import Actor
from tenants.decisions import refuse
from tenants.roles import Action

from .case_decisions import decide_on_case
from .escalation import notice_cases
from .outcomes import CaseChanged, Invalid, Refusal
from .submission import invalid

MAX_NOTE = 20_000


def review_case(
    actor: Actor, *, case_id: UUID, version: int, verdict: str, note: str = ""
) -> CaseChanged | Refusal | Invalid:
    """Accept a version or return it to its owner. Who wrote any part of it is refused."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.REVIEW_CASE, case_id, needs_raw=True)
    if case is None:
        record(actor, AuditAction.CASE_REVIEW, target, decision)
        return Refusal(decision.basis)
    if verdict not in Verdict.values:
        return invalid(
            actor, AuditAction.CASE_REVIEW, target, decision, "verdict", f"must be one of: {', '.join(Verdict.values)}"
        )
    try:
        check_text(note, "note")
        if len(note) > MAX_NOTE:
            raise DraftError("note", f"is longer than {MAX_NOTE} characters")
        with transaction.atomic():
            services.review_case(case, number=version, verdict=Verdict(verdict), note=note, reviewer=actor.person_key)
            notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_REVIEWED)
            record(actor, AuditAction.CASE_REVIEW, target, decision, version=version, verdict=verdict)
    except DraftError as error:
        return invalid(actor, AuditAction.CASE_REVIEW, target, decision, error.path, error.problem)
    except NotReviewable:
        return invalid(
            actor, AuditAction.CASE_REVIEW, target, decision, "version",
            "is not what the case says now; read the current version and decide again",
        )  # fmt: skip
    except NotIndependent:
        refused = refuse("not_independent")
        record(actor, AuditAction.CASE_REVIEW, target, refused)
        return Refusal(refused.basis)
    return CaseChanged(case.pk, "accepted" if verdict == Verdict.ACCEPT else "returned")
