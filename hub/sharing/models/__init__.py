"""Rows of the sharing layer."""

from .analyses import Analysis
from .audiences import Audience, SharingGroup, SharingGroupMember
from .grants import GrantCoverage, GrantState, SharingGrant
from .mirrors import Mirror, MirrorEntry
from .profiles import RedactionProfile
from .projections import Projection, WorkState
from .recalls import RecallAcknowledgement
from .receipts import Receipt
from .requests import AccessRequest
from .searches import SavedSearch

__all__ = [
    "AccessRequest",
    "Analysis",
    "Audience",
    "GrantCoverage",
    "GrantState",
    "Mirror",
    "MirrorEntry",
    "Projection",
    "RecallAcknowledgement",
    "Receipt",
    "RedactionProfile",
    "SavedSearch",
    "SharingGrant",
    "SharingGroup",
    "SharingGroupMember",
    "WorkState",
]
