"""A tenant's own vocabulary of tags, brought in by its officers."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import services
from hub.catalog.drafts import DraftError
from tenants import permissions
from tenants.actors import Actor
from tenants.roles import Action

from .outcomes import Done, Invalid, Refusal
from .submission import invalid


def import_taxonomy(actor: Actor, *, document: Mapping[str, Any]) -> Done | Refusal | Invalid:
    """Bring in a taxonomy in MISP machinetag JSON, or a newer version of one."""
    decision = permissions.decide(actor, Action.DRAFT_POLICY, on=None)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.TAXONOMY_IMPORT, "taxonomy:", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            taxonomy = services.import_taxonomy(actor.tenant_id, document)
            record(actor, AuditAction.TAXONOMY_IMPORT, f"taxonomy:{taxonomy.pk}", decision)
    except DraftError as error:
        return invalid(actor, AuditAction.TAXONOMY_IMPORT, "taxonomy:", decision, error.path, error.problem)
    return Done(taxonomy.pk, {"namespace": taxonomy.namespace})
