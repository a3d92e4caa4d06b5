"""The one table of who may do what at home: role to actions, action to token scope."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Role(StrEnum):
    """What a person is in a team or in a whole tenant."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    REVIEWER = "reviewer"
    OFFICER = "officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a service token may be used for. A token never exceeds the roles of its owner."""

    READ = "read"
    RAW = "raw"
    CONTRIBUTE = "contribute"
    REVIEW = "review"
    GOVERN = "govern"
    AUDIT = "audit"
    ADMINISTER = "administer"


class Action(StrEnum):
    """Everything a decision can be about."""

    READ_SHARED = "read_shared"
    READ_RAW = "read_raw"
    SUBMIT_CASE = "submit_case"
    EDIT_CASE = "edit_case"
    WITHDRAW_CASE = "withdraw_case"
    ADD_EVIDENCE = "add_evidence"
    TAG_CASE = "tag_case"
    RESTRICT_CASE = "restrict_case"
    REVIEW_CASE = "review_case"
    BREAK_GLASS = "break_glass"
    CLOSE_BREAK_GLASS = "close_break_glass"
    LOWER_SENSITIVITY = "lower_sensitivity"
    VIEW_CASES = "view_cases"
    DRAFT_POLICY = "draft_policy"
    ACTIVATE_POLICY = "activate_policy"
    REQUEST_ACCESS = "request_access"
    ISSUE_GRANT = "issue_grant"
    REVOKE_GRANT = "revoke_grant"
    VIEW_GRANTS = "view_grants"
    VIEW_DESTINATIONS = "view_destinations"
    MANAGE_DESTINATIONS = "manage_destinations"
    REPLAY_DELIVERY = "replay_delivery"
    VIEW_AUDIT = "view_audit"
    EXPORT_AUDIT = "export_audit"
    VIEW_TICKETS = "view_tickets"
    WORK_TICKET = "work_ticket"
    READ_GATE = "read_gate"
    REQUEST_WAIVER = "request_waiver"
    DECIDE_WAIVER = "decide_waiver"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_OWN_TOKENS = "manage_own_tokens"
    MANAGE_TOKENS = "manage_tokens"
    VIEW_RETENTION = "view_retention"
    GOVERN_RETENTION = "govern_retention"
    PLACE_HOLD = "place_hold"
    RELEASE_HOLD = "release_hold"
    DECIDE_ERASURE = "decide_erasure"
    GOVERN_DOCUMENTS = "govern_documents"
    OPERATE_PLATFORM = "operate_platform"


_READER = frozenset(
    {
        Action.READ_SHARED,
        Action.READ_RAW,
        Action.VIEW_GRANTS,
        Action.MANAGE_OWN_TOKENS,
        Action.REQUEST_ACCESS,
        Action.VIEW_TICKETS,
        Action.READ_GATE,
    }
)
_CONTRIBUTOR = _READER | {
    Action.SUBMIT_CASE,
    Action.EDIT_CASE,
    Action.WITHDRAW_CASE,
    Action.ADD_EVIDENCE,
    Action.TAG_CASE,
    Action.RESTRICT_CASE,
    Action.WORK_TICKET,
    Action.REQUEST_WAIVER,
}
_REVIEWER = _READER | {Action.REVIEW_CASE, Action.TAG_CASE, Action.BREAK_GLASS, Action.WORK_TICKET}

ACTIONS_OF_ROLE: dict[Role, frozenset[Action]] = {
    Role.READER: _READER,
    Role.CONTRIBUTOR: _CONTRIBUTOR,
    Role.REVIEWER: _REVIEWER,
    Role.OFFICER: frozenset(
        {
            Action.VIEW_CASES,
            Action.DRAFT_POLICY,
            Action.ACTIVATE_POLICY,
            Action.ISSUE_GRANT,
            Action.REVOKE_GRANT,
            Action.VIEW_GRANTS,
            Action.CLOSE_BREAK_GLASS,
            Action.VIEW_DESTINATIONS,
            Action.MANAGE_DESTINATIONS,
            Action.REPLAY_DELIVERY,
            Action.LOWER_SENSITIVITY,
            Action.RESTRICT_CASE,
            Action.WITHDRAW_CASE,
            Action.REQUEST_ACCESS,
            Action.VIEW_RETENTION,
            Action.GOVERN_RETENTION,
            Action.PLACE_HOLD,
            Action.RELEASE_HOLD,
            Action.DECIDE_ERASURE,
            Action.VIEW_TICKETS,
            Action.WORK_TICKET,
            Action.READ_GATE,
            Action.REQUEST_WAIVER,
            Action.DECIDE_WAIVER,
            Action.GOVERN_DOCUMENTS,
            Action.MANAGE_OWN_TOKENS,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Action.VIEW_RETENTION,
            Action.VIEW_DESTINATIONS,
            Action.VIEW_AUDIT,
            Action.EXPORT_AUDIT,
            Action.VIEW_GRANTS,
            Action.MANAGE_OWN_TOKENS,
        }
    ),
    Role.ADMINISTRATOR: frozenset({Action.MANAGE_MEMBERS, Action.MANAGE_TOKENS, Action.MANAGE_OWN_TOKENS}),
}

# Roles that work inside a team read that team's raw cases; the others govern the whole tenant and read none.
TEAM_ROLES = frozenset({Role.READER, Role.CONTRIBUTOR, Role.REVIEWER})
# Roles that decide who sees what and who is who: for people, never for machines.
GOVERNING_ROLES = frozenset({Role.OFFICER, Role.ADMINISTRATOR})
TENANT_ROLES = frozenset({Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR, Role.REVIEWER})

# What a background process never does in a person's stead.
PERSONAL_ACTIONS = frozenset(
    {
        Action.ACTIVATE_POLICY,
        Action.BREAK_GLASS,
        Action.CLOSE_BREAK_GLASS,
        Action.LOWER_SENSITIVITY,
        Action.RELEASE_HOLD,
        Action.DECIDE_ERASURE,
        Action.MANAGE_DESTINATIONS,
        Action.MANAGE_OWN_TOKENS,
        Action.DECIDE_WAIVER,
    }
)
# About the person rather than a place: a role in any team of the tenant carries them for the tenant.
ANYWHERE_ACTIONS = frozenset(
    {Action.READ_SHARED, Action.MANAGE_OWN_TOKENS, Action.VIEW_TICKETS, Action.READ_GATE, Action.REQUEST_WAIVER}
)
# Never about one team: where no place is named, the actor's own tenant is meant.
TENANT_ACTIONS = ANYWHERE_ACTIONS | {
    Action.VIEW_DESTINATIONS,
    Action.MANAGE_DESTINATIONS,
    Action.REPLAY_DELIVERY,
    Action.VIEW_AUDIT,
    Action.EXPORT_AUDIT,
    Action.DRAFT_POLICY,
    Action.ACTIVATE_POLICY,
    Action.MANAGE_TOKENS,
    Action.VIEW_RETENTION,
    Action.GOVERN_RETENTION,
    Action.PLACE_HOLD,
    Action.RELEASE_HOLD,
    Action.DECIDE_ERASURE,
    Action.DECIDE_WAIVER,
    Action.GOVERN_DOCUMENTS,
}

SCOPE_OF_ACTION: dict[Action, Scope] = {
    Action.READ_SHARED: Scope.READ,
    Action.REQUEST_ACCESS: Scope.READ,
    Action.VIEW_GRANTS: Scope.READ,
    Action.VIEW_CASES: Scope.GOVERN,
    Action.READ_RAW: Scope.RAW,
    Action.BREAK_GLASS: Scope.RAW,
    Action.SUBMIT_CASE: Scope.CONTRIBUTE,
    Action.EDIT_CASE: Scope.CONTRIBUTE,
    Action.WITHDRAW_CASE: Scope.CONTRIBUTE,
    Action.ADD_EVIDENCE: Scope.CONTRIBUTE,
    Action.TAG_CASE: Scope.CONTRIBUTE,
    Action.RESTRICT_CASE: Scope.CONTRIBUTE,
    Action.REVIEW_CASE: Scope.REVIEW,
    Action.VIEW_TICKETS: Scope.READ,
    Action.READ_GATE: Scope.READ,
    Action.WORK_TICKET: Scope.CONTRIBUTE,
    Action.REQUEST_WAIVER: Scope.CONTRIBUTE,
    Action.DECIDE_WAIVER: Scope.GOVERN,
    Action.CLOSE_BREAK_GLASS: Scope.GOVERN,
    Action.LOWER_SENSITIVITY: Scope.GOVERN,
    Action.DRAFT_POLICY: Scope.GOVERN,
    Action.ACTIVATE_POLICY: Scope.GOVERN,
    Action.ISSUE_GRANT: Scope.GOVERN,
    Action.REVOKE_GRANT: Scope.GOVERN,
    Action.VIEW_RETENTION: Scope.GOVERN,
    Action.GOVERN_RETENTION: Scope.GOVERN,
    Action.PLACE_HOLD: Scope.GOVERN,
    Action.RELEASE_HOLD: Scope.GOVERN,
    Action.DECIDE_ERASURE: Scope.GOVERN,
    Action.GOVERN_DOCUMENTS: Scope.GOVERN,
    Action.VIEW_DESTINATIONS: Scope.GOVERN,
    Action.MANAGE_DESTINATIONS: Scope.GOVERN,
    Action.REPLAY_DELIVERY: Scope.GOVERN,
    Action.VIEW_AUDIT: Scope.AUDIT,
    Action.EXPORT_AUDIT: Scope.AUDIT,
    Action.MANAGE_MEMBERS: Scope.ADMINISTER,
    Action.MANAGE_TOKENS: Scope.ADMINISTER,
    Action.MANAGE_OWN_TOKENS: Scope.ADMINISTER,
    Action.OPERATE_PLATFORM: Scope.ADMINISTER,
}

# django-guardian's codenames on a team or tenant are derived from this table, one per action.
PERMISSIONS: "list[tuple[str, str | StrPromise]]" = [
    (action.value, action.value.replace("_", " ").capitalize()) for action in Action
]


def roles_allowing(action: Action) -> frozenset[Role]:
    """The roles that carry an action."""
    return frozenset(role for role, actions in ACTIONS_OF_ROLE.items() if action in actions)
