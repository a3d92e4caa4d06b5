"""Attaching evidence to a case and taking it off again: each makes a new version."""

from collections.abc import Iterable
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import services
from hub.catalog.drafts import DraftError
from hub.catalog.limits import check_tree
from hub.catalog.models import CaseVersion
from hub.catalog.services import UploadError
from hub.catalog.shapes.parts import read_evidence
from tenants.actors import Actor
from tenants.roles import Action

from .case_decisions import decide_on_case
from .outcomes import CaseSubmitted, Invalid, Refusal
from .submission import ask_for_projections, invalid


def add_evidence(
    actor: Actor, *, case_id: UUID, name: str, kind: str, payload: Any, media_type: str = ""
) -> CaseSubmitted | Refusal | Invalid:
    """Attach a JSON value or a text."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.ADD_EVIDENCE, case_id, needs_raw=True)
    if case is None:
        record(actor, AuditAction.EVIDENCE_ADD, target, decision)
        return Refusal(decision.basis)
    if case.withdrawn_at is not None:
        return invalid(actor, AuditAction.EVIDENCE_ADD, target, decision, "", "the case has been withdrawn")
    try:
        check_tree(payload, path="payload")
        evidence = read_evidence(name.strip(), kind.strip(), media_type, payload, "payload")
        with transaction.atomic():
            version = services.add_evidence(case, evidence, author=actor.person_key)
            ask_for_projections(case)
            record(actor, AuditAction.EVIDENCE_ADD, target, decision, version=version.number)
    except DraftError as error:
        return invalid(actor, AuditAction.EVIDENCE_ADD, target, decision, error.path, error.problem)
    except UploadError as error:
        return invalid(actor, AuditAction.EVIDENCE_ADD, target, decision, "payload", str(error))
    return CaseSubmitted(case.pk, version.number)


def upload_evidence(
    actor: Actor,
    *,
    case_id: UUID,
    name: str,
    kind: str,
    media_type: str,
    stream: IO[bytes] | Iterable[bytes],
    expected_digest: str = "",
) -> CaseSubmitted | Refusal | Invalid:
    """Attach a file that comes as a stream; nothing of it is read before the actor may attach it."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.ADD_EVIDENCE, case_id, needs_raw=True)
    if case is None:
        record(actor, AuditAction.EVIDENCE_ADD, target, decision)
        return Refusal(decision.basis)
    if case.withdrawn_at is not None:
        return invalid(actor, AuditAction.EVIDENCE_ADD, target, decision, "", "the case has been withdrawn")
    try:
        with transaction.atomic():
            version = services.add_upload(
                case, name=name, kind=kind, media_type=media_type, stream=stream, author=actor.person_key,
                expected_digest=expected_digest,
                size_limit=settings.CASEWARD_EVIDENCE_MAX_BYTES,
            )  # fmt: skip
            ask_for_projections(case)
            record(actor, AuditAction.EVIDENCE_ADD, target, decision, version=version.number, uploaded=True)
    except UploadError as error:
        return invalid(actor, AuditAction.EVIDENCE_ADD, target, decision, "file", str(error))
    return CaseSubmitted(case.pk, version.number)


def remove_evidence(actor: Actor, *, case_id: UUID, item_id: UUID) -> CaseSubmitted | Refusal | Invalid:
    """Write a version without one piece of evidence; earlier versions keep it until its retention ends."""
    target = f"case:{case_id}"
    case, decision = decide_on_case(actor, Action.EDIT_CASE, case_id, needs_raw=True)
    if case is None:
        record(actor, AuditAction.CASE_EDIT, target, decision)
        return Refusal(decision.basis)
    version: CaseVersion | None = None
    if case.withdrawn_at is None:
        try:
            with transaction.atomic():
                version = services.remove_evidence(case, item_id, author=actor.person_key)
                if version is not None:
                    ask_for_projections(case)
                    record(actor, AuditAction.CASE_EDIT, target, decision, version=version.number, removed=item_id)
        except UploadError as error:
            return invalid(actor, AuditAction.CASE_EDIT, target, decision, "", str(error))
    if version is None:
        return invalid(
            actor, AuditAction.CASE_EDIT, target, decision, "item_id", "is no evidence of the case as it is now"
        )
    return CaseSubmitted(case.pk, version.number)
