"""Rows of the sharing layer."""

from .analyses import Analysis
from .audiences import Audience, SharingGroup, SharingGroupMember
from .grants import GrantCoverage, GrantState, SharingGrant
from .profiles import RedactionProfile
from .projections import Projection, WorkState
from .recalls import RecallAcknowledgement
from .receipts import Receipt
from .requests import AccessRequest

__all__ = [
    "AccessRequest",
    "Analysis",
    "Audience",
    "GrantCoverage",
    "GrantState",
    "Projection",
    "RecallAcknowledgement",
    "Receipt",
    "RedactionProfile",
    "SharingGrant",
    "SharingGroup",
    "SharingGroupMember",
    "WorkState",
]
