"""Finding one's way among what is shared: counts by facet, and cases like another one; each of them on record."""

from collections.abc import Sequence

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.counting import FacetCounts, count_facets
from hub.sharing.shapes import CaseFilter
from hub.sharing.similarity import SimilarCase, find_similar
from tenants.actors import Actor
from tenants.decisions import refuse

from .disclosure import decide_reading, readable_id, record_rows
from .outcomes import Refusal


def disclose_facets(actor: Actor, *, condition: CaseFilter) -> FacetCounts | Refusal:
    """How the cases that the actor may list are spread over failure modes, model versions, severities and months."""
    decision = decide_reading(actor)
    counts = count_facets(actor, condition) if decision.allowed else FacetCounts()
    record(actor, AuditAction.CASE_COUNT, "shared_cases:", decision, count=counts.total)
    return counts if decision.allowed else Refusal(decision.basis)


def disclose_similar(actor: Actor, *, public_id: str, size: int, fields: Sequence[str]) -> list[SimilarCase] | Refusal:
    """Cases like one that the actor sees, among what he sees. Unknown and unshared look alike."""
    sought = readable_id(public_id)
    found = find_similar(actor, sought, size)
    if found is None:
        decision = refuse("not_available")
        record(actor, AuditAction.CASE_LIST, f"similar_to:{sought}", decision)
        return Refusal(decision.basis)
    record_rows(actor, AuditAction.CASE_LIST, f"similar_to:{sought}", [case.shared for case in found], fields)
    return found
