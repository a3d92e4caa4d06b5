"""Rows of the catalog. Raw text and evidence bodies are read by this package alone."""

from .cases import Case, CaseKind, CaseStatus, CaseVersion
from .evidence import EvidenceBody, EvidenceItem
from .raw_access import BreakGlass, CaseGroupObjectPermission, CaseUserObjectPermission
from .reviews import Review
from .taxonomy import CaseTag, Taxonomy, TaxonomyTerm
from .texts import CaseText

__all__ = [
    "BreakGlass",
    "Case",
    "CaseGroupObjectPermission",
    "CaseKind",
    "CaseStatus",
    "CaseTag",
    "CaseText",
    "CaseUserObjectPermission",
    "CaseVersion",
    "EvidenceBody",
    "EvidenceItem",
    "Review",
    "Taxonomy",
    "TaxonomyTerm",
]
