"""What a case is before it is one: a checked, frozen draft, whichever door it comes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from .limits import MAX_DRAFT_BYTES, DraftError, check_tree

__all__ = ["CaseDraft", "DraftError", "EvidenceDraft", "FactsDraft", "draft_from_mapping"]

WRITE_UP = ("hypotheses", "experiments", "results", "rationale", "remediation")


@dataclass(frozen=True, slots=True)
class FactsDraft:
    """The typed facts of a case version; names as in its columns."""

    kind: str = "incident"
    model_name: str = ""
    model_version: str = ""
    developers: tuple[str, ...] = ()
    deployers: tuple[str, ...] = ()
    artifact_types: tuple[str, ...] = ()
    data_source: str = ""
    environment: dict[str, Any] = field(default_factory=dict)
    occurred_from: date | None = None
    occurred_to: date | None = None
    occurred_granularity: str = ""
    severity_scheme: str = ""
    severity_label: str = ""
    severity_score: Decimal | None = None
    severity_vector: str = ""
    impact: dict[str, Any] = field(default_factory=dict)
    links: list[Any] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvidenceDraft:
    """One piece of evidence: a JSON value or text in `payload`, or the bytes of a file in `content`."""

    name: str
    kind: str
    media_type: str = "application/json"
    payload: Any = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """Everything an owner says about a case. `source` and `source_id` tell where it comes from, if from outside."""

    title: str
    summary: str = ""
    write_up: dict[str, Any] = field(default_factory=dict)
    facts: FactsDraft = field(default_factory=FactsDraft)
    tags: tuple[str, ...] = ()
    evidence: tuple[EvidenceDraft, ...] = ()
    unmapped: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    source_id: str = ""


def draft_from_mapping(mapping: Mapping[str, Any], *, max_bytes: int = MAX_DRAFT_BYTES) -> CaseDraft:
    """A draft from the hub's own shape or from a flat record; raises DraftError with the path of the problem.

    The hub's own shape has `facts`, `write_up` or a list of evidence items; a flat record has its facts at the top
    and its evidence as a map of named values.
    """
    from .shapes import own, records  # the shapes build these classes

    if not isinstance(mapping, Mapping):
        raise DraftError("", "a case must be a map of named fields")
    plain = dict(mapping)
    check_tree(plain, max_bytes=max_bytes)
    is_own = "facts" in plain or "write_up" in plain or isinstance(plain.get("evidence"), list)
    return own.read(plain) if is_own else records.read(plain)
