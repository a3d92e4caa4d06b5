"""Writes tenants, people, roles and tokens, and keeps what must hold between them. Who may ask is decided elsewhere."""

from .groups import compare_permissions, derive_permissions
from .invitations import accept_invitation, invite
from .membership import add_member, add_members, remove_member
from .onboarding import create_service_account, create_team, create_tenant, create_user, set_platform_auditor
from .tokens import issue_token, revoke_token, revoke_tokens_of
from .unacceptable import Unacceptable

__all__ = [
    "Unacceptable",
    "accept_invitation",
    "add_member",
    "add_members",
    "compare_permissions",
    "create_service_account",
    "create_team",
    "create_tenant",
    "create_user",
    "derive_permissions",
    "invite",
    "issue_token",
    "remove_member",
    "revoke_token",
    "revoke_tokens_of",
    "set_platform_auditor",
]
