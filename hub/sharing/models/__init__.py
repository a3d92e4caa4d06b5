"""Rows of the sharing layer."""

from .analyses import Analysis
from .audiences import Audience, SharingGroup, SharingGroupMember
from .grants import GrantCoverage, GrantState, SharingGrant
from .profiles import RedactionProfile
from .projections import Projection, WorkState
from .receipts import Receipt
from .requests import AccessRequest

__all__ = [
    "AccessRequest",
    "Analysis",
    "Audience",
    "GrantCoverage",
    "GrantState",
    "Projection",
    "Receipt",
    "RedactionProfile",
    "SharingGrant",
    "SharingGroup",
    "SharingGroupMember",
    "WorkState",
]
