"""Rows of the tenants package."""

from .documents import TrustedDocument
from .people import Invitation, Membership, User
from .permissions import RoleGroup, TeamGroupObjectPermission, TenantGroupObjectPermission
from .tenants import Team, Tenant, TenantWork
from .tokens import ServiceToken

__all__ = [
    "Invitation",
    "Membership",
    "RoleGroup",
    "ServiceToken",
    "Team",
    "TeamGroupObjectPermission",
    "Tenant",
    "TenantGroupObjectPermission",
    "TenantWork",
    "TrustedDocument",
    "User",
]
