"""Taking cases in: submit, edit, withdraw. Each change asks for its projections in the same transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import queries as catalog
from hub.catalog import services
from hub.catalog.drafts import CaseDraft, DraftError, draft_from_mapping
from hub.catalog.models import Case
from hub.escalation.models import TriggerKind
from hub.sharing.services.covering import cover_case
from hub.sharing.services.levels import follow_case
from hub.sharing.services.requesting import request_projections
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import Decision
from tenants.roles import Action

from .case_decisions import decide_on_case
from .escalation import notice_cases
from .holding import hold_if_matching
from .nudging import nudge_on_commit
from .outcomes import CaseChanged, CaseSubmitted, CaseUnchanged, Invalid, Refusal
from .projection import BUILD_TASK


def submit_case(
    actor: Actor, *, team_id: UUID, draft: CaseDraft | Mapping[str, Any]
) -> CaseSubmitted | Refusal | Invalid:
    """Take a new case in for a team."""
    target = f"team:{team_id}"
    decision = permissions.decide(actor, Action.SUBMIT_CASE, on=team_id)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.CASE_SUBMIT, target, decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            case = services.submit_case(
                tenant_id=actor.tenant_id, team_id=team_id, draft=read_draft(draft), author=actor.person_key
            )
            ask_for_projections(case)
            notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_SUBMITTED)
            record(actor, AuditAction.CASE_SUBMIT, f"case:{case.pk}", decision, version=1, team=team_id)
    except DraftError as error:
        return invalid(actor, AuditAction.CASE_SUBMIT, target, decision, error.path, error.problem)
    except IntegrityError:
        return invalid(
            actor, AuditAction.CASE_SUBMIT, target, decision, "source_id",
            "names a case that the team has already; edit that one, or leave source and source_id out",
        )  # fmt: skip
    return CaseSubmitted(case.pk, 1)


def edit_case(
    actor: Actor, *, case_id: UUID, draft: CaseDraft | Mapping[str, Any]
) -> CaseSubmitted | CaseUnchanged | Refusal | Invalid:
    """Write the next version of a case. Evidence that was attached on its own stays; levels only rise."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.EDIT_CASE, case_id, needs_raw=True)
    if case is None:
        record(actor, AuditAction.CASE_EDIT, target, decision)
        return Refusal(decision.basis)
    if case.withdrawn_at is not None:
        return invalid(actor, AuditAction.CASE_EDIT, target, decision, "", "the case has been withdrawn")
    try:
        with transaction.atomic():
            version = services.edit_case(case, read_draft(draft), author=actor.person_key)
            if version is not None:
                ask_for_projections(case)
                notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_CHANGED)
            number = version.number if version else _current_number(case)
            record(actor, AuditAction.CASE_EDIT, target, decision, version=number, changed=version is not None)
    except DraftError as error:
        return invalid(actor, AuditAction.CASE_EDIT, target, decision, error.path, error.problem)
    return CaseSubmitted(case.pk, number) if version else CaseUnchanged(case.pk, number)


def withdraw_case(actor: Actor, *, case_id: UUID, reason: str = "") -> CaseChanged | Refusal | Invalid:
    """Take a case back: from this transaction's commit on nobody reads a projection of it."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.WITHDRAW_CASE, case_id)
    if case is None:
        record(actor, AuditAction.CASE_WITHDRAW, target, decision)
        return Refusal(decision.basis)
    with transaction.atomic():
        services.withdraw_case(case)
        follow_case(case)
        cover_case(case)
        notice_cases(case.tenant_id, [case.pk], TriggerKind.CASE_CHANGED)
        record(actor, AuditAction.CASE_WITHDRAW, target, decision, has_reason=bool(reason.strip()))
    return CaseChanged(case.pk, "withdrawn")


def read_draft(draft: CaseDraft | Mapping[str, Any]) -> CaseDraft:
    """A draft as it is, or from a mapping; raises DraftError."""
    return draft if isinstance(draft, CaseDraft) else draft_from_mapping(draft)


def ask_for_projections(case: Case) -> None:
    """After a change, in its transaction: levels, holds and coverage follow, and missing projections are noted."""
    follow_case(case)
    hold_if_matching(case.tenant_id, [case.pk])
    cover_case(case)
    request_projections(case)
    nudge_on_commit(BUILD_TASK, case.tenant_id)


def invalid(actor: Actor, action: AuditAction, target: str, decision: Decision, path: str, message: str) -> Invalid:
    """An input that cannot be taken: recorded as failed, without a word of it."""
    record(actor, action, target, decision, failed=True, problem="invalid_input")
    return Invalid.because(path, message)


def _current_number(case: Case) -> int:
    version = catalog.current_version(case)
    return version.number if version else 0
