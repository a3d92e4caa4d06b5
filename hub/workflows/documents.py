"""GraphQL documents that a tenant trusts: officers look at one and trust it, retire it, or require them of all."""

import hashlib
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from tenants import permissions
from tenants.actors import Actor, ActorKind
from tenants.decisions import refuse
from tenants.identifiers import new_id
from tenants.models import Tenant, TrustedDocument
from tenants.roles import Action

from .outcomes import Done, Invalid, Refusal

LONGEST_DOCUMENT = 20_000
LONGEST_NAME = 120
MOST_DOCUMENTS = 1_000


def admit_document(actor: Actor, *, digest: str, text: str) -> str | Refusal:
    """The text of the document that a client named or sent, if its tenant trusts it.

    Officers who are signed in ask whatever they like: what they trust they must be able to try.
    """
    if not digest and actor.kind is ActorKind.USER and actor.role_anywhere(Action.GOVERN_DOCUMENTS):
        return text
    digest = digest or digest_of(text)
    found = _trusted(actor).filter(digest=digest, retired_at__isnull=True).first()
    if found is None:
        decision = refuse("not_trusted")
        record(actor, AuditAction.DOCUMENT_ASK, f"document:{digest}", decision)
        return Refusal(decision.basis)
    return found.text


def trust_document(actor: Actor, *, name: str, text: str) -> Done | Refusal | Invalid:
    """Let clients of one's tenant send a document; one that was retired is trusted again."""
    decision = permissions.decide(actor, Action.GOVERN_DOCUMENTS, on=None)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.DOCUMENT_TRUST, "document:", decision)
        return Refusal(decision.basis)
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return Invalid.because("name", f"A name has 1 to {LONGEST_NAME} characters.")
    if not text.strip() or len(text) > LONGEST_DOCUMENT or "\0" in text:
        return Invalid.because("text", f"A document has 1 to {LONGEST_DOCUMENT:,} characters, none of them NUL.")
    digest = digest_of(text)
    known = _trusted(actor).filter(digest=digest).first()
    if known is None and _trusted(actor).count() >= MOST_DOCUMENTS:
        return Invalid.because("text", f"Your tenant has {MOST_DOCUMENTS:,} documents already.")
    document = known or TrustedDocument(id=new_id(), tenant_id=actor.tenant_id, digest=digest, text=text)
    document.name, document.trusted_by, document.retired_at = name, actor.person_key, None
    document.save(force_insert=known is None)
    record(actor, AuditAction.DOCUMENT_TRUST, f"document:{digest}", decision)
    return Done(document.pk)


def retire_document(actor: Actor, *, document_id: UUID) -> Done | Refusal:
    """Let clients send a document no more, from the next request on."""
    decision = permissions.decide(actor, Action.GOVERN_DOCUMENTS, on=None)
    found = _trusted(actor).filter(pk=document_id).first() if decision.allowed else None
    if found is None:
        decision = refuse("unknown") if decision.allowed else decision
        record(actor, AuditAction.DOCUMENT_RETIRE, f"document:{document_id}", decision)
        return Refusal(decision.basis)
    TrustedDocument.objects.filter(pk=found.pk).update(retired_at=timezone.now())
    record(actor, AuditAction.DOCUMENT_RETIRE, f"document:{found.digest}", decision)
    return Done(document_id)


def require_documents(actor: Actor, *, is_required: bool) -> Done | Refusal:
    """Say whether clients of one's tenant may send trusted documents only."""
    decision = permissions.decide(actor, Action.GOVERN_DOCUMENTS, on=None)
    if decision.allowed and actor.tenant_id is not None:
        Tenant.objects.filter(pk=actor.tenant_id).update(requires_trusted_documents=is_required)
    record(actor, AuditAction.DOCUMENT_REQUIRE, f"tenant:{actor.tenant_id}", decision, required=is_required)
    return Done(actor.tenant_id) if decision.allowed else Refusal(decision.basis)


def digest_of(text: str) -> str:
    """The SHA-256 by which a document is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _trusted(actor: Actor) -> QuerySet[TrustedDocument]:
    trusted = TrustedDocument.objects.all()
    return trusted.filter(tenant_id=actor.tenant_id) if actor.tenant_id else trusted.none()
