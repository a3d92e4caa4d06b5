"""A case version as one document: what is hashed, what is analysed, what its owner reads."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from .drafts import CaseDraft, EvidenceDraft, FactsDraft
from .limits import canonical_bytes
from .models import CaseVersion, EvidenceItem

# The columns of facts, by the same names in the draft and in the version.
FACT_COLUMNS = tuple(FactsDraft.__dataclass_fields__)
BINARY = {"withheld": "binary"}
PURGED = {"withheld": "purged"}


def facts_document(facts: FactsDraft | CaseVersion) -> dict[str, Any]:
    """The facts in the shape that owners, redaction and projections know."""
    score = facts.severity_score
    return {
        "kind": facts.kind,
        "model": {
            "name": facts.model_name,
            "version": facts.model_version,
            "developer": list(facts.developers),
            "deployer": list(facts.deployers),
            "artifact_types": list(facts.artifact_types),
        },
        "data_source": facts.data_source,
        "environment": facts.environment,
        "occurred": {
            "from": facts.occurred_from.isoformat() if facts.occurred_from else None,
            "to": facts.occurred_to.isoformat() if facts.occurred_to else None,
            "granularity": facts.occurred_granularity,
        },
        "severity": {
            "scheme": facts.severity_scheme,
            "label": facts.severity_label,
            "score": None if score is None else float(score),
            "vector": facts.severity_vector,
        },
        "impact": facts.impact,
        "links": facts.links,
        "provenance": facts.provenance,
    }


def facts_of(version: CaseVersion) -> FactsDraft:
    """The facts of a version as a draft, for the version that follows it."""
    values = {name: getattr(version, name) for name in FACT_COLUMNS}
    for name in ("developers", "deployers", "artifact_types"):
        values[name] = tuple(values[name])
    return FactsDraft(**values)


def evidence_digest(evidence: EvidenceDraft) -> tuple[str, int]:
    """SHA-256 and size of a payload: of its bytes, of a text in UTF-8, of any other value in canonical JSON."""
    match evidence:
        case EvidenceDraft(content=bytes(content)):
            data = content
        case EvidenceDraft(payload=str(text)):
            data = text.encode()
        case _:
            data = canonical_bytes(evidence.payload)
    return hashlib.sha256(data).hexdigest(), len(data)


def evidence_key(item: EvidenceItem) -> tuple[str, str, str, str]:
    """What makes two pieces of evidence the same."""
    return item.name, item.kind, item.media_type, item.digest


def version_digest(draft: CaseDraft, evidence: Iterable[Sequence[str]]) -> str:
    """SHA-256 of everything a version says; evidence stands in it by its own digest."""
    document = {
        "title": draft.title,
        "summary": draft.summary,
        "write_up": draft.write_up,
        "facts": facts_document(draft.facts),
        "tags": sorted(draft.tags),
        "evidence": [list(key) for key in evidence],
        "unmapped": draft.unmapped,
    }
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def draft_digest(draft: CaseDraft) -> str:
    """The digest of the version that a draft alone would make."""
    return version_digest(
        draft, [(item.name, item.kind, item.media_type, evidence_digest(item)[0]) for item in draft.evidence]
    )
