"""Who acts, as a frozen value: passed by name through workflows, by id into tasks, never kept in a thread."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from .roles import ACTIONS_OF_ROLE, SCOPE_OF_ACTION, Action, Role, Scope

ALL_SCOPES = frozenset(Scope)


class ActorKind(StrEnum):
    """What stands behind an actor."""

    ANONYMOUS = "anonymous"
    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    SYSTEM = "system"
    OPERATOR = "operator"
    # Reads the whole access record and nothing else; belongs to no tenant.
    AUDITOR = "auditor"


class RawReach(StrEnum):
    """How far an actor's raw right goes; PostgreSQL checks it on every raw row."""

    NONE = "none"
    TEAM = "team"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role: in one team, or, where `team_id` is None, in the whole tenant."""

    role: Role
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A user or a service token acting in one tenant, with the roles and scopes it has there now."""

    kind: ActorKind
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    token_id: UUID | None = None
    held: tuple[HeldRole, ...] = ()
    scopes: frozenset[Scope] = ALL_SCOPES
    purpose: str = ""
    label: str = ""
    process: str = ""
    # The tenant lets its clients send trusted documents only.
    needs_trusted_documents: bool = field(default=False, compare=False)
    request_id: str = field(default="", compare=False)
    address: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """A stable name of who acts, e.g. `user:<uuid>` or `system:projections`."""
        match self.kind:
            case ActorKind.TOKEN:
                return f"token:{self.token_id}"
            case ActorKind.SYSTEM:
                return f"system:{self.process}"
            case ActorKind.ANONYMOUS:
                return "anonymous"
            case ActorKind.OPERATOR if self.user_id is None:
                return f"operator:{self.process}"
            case _:
                return f"{self.kind}:{self.user_id}"

    @property
    def person_key(self) -> str:
        """The person behind the actor: two tokens of one person are one person where two people are asked for."""
        return f"user:{self.user_id}" if self.user_id else self.key

    @property
    def team_ids(self) -> tuple[UUID, ...]:
        """The teams the actor works in."""
        return tuple(dict.fromkeys(held.team_id for held in self.held if held.team_id is not None))

    @property
    def roles(self) -> frozenset[Role]:
        """Every role held anywhere in the tenant."""
        return frozenset(held.role for held in self.held)

    def in_scope(self, action: Action) -> bool:
        """Whether the actor's token, if there is one, may be used for this action."""
        return SCOPE_OF_ACTION[action] in self.scopes

    def role_for(self, action: Action, team_id: UUID | None) -> Role | None:
        """The role that carries `action` on a team (or on the tenant, where `team_id` is None), if any does."""
        for held in self.held:
            covers = held.team_id is None or held.team_id == team_id
            if covers and action in ACTIONS_OF_ROLE[held.role]:
                return held.role
        return None

    def role_anywhere(self, action: Action) -> Role | None:
        """The first role that carries `action` in any place of the tenant."""
        return next((held.role for held in self.held if action in ACTIONS_OF_ROLE[held.role]), None)

    @property
    def raw_reach(self) -> RawReach:
        """How far raw text is open: all of the tenant, the actor's own teams, or not at all."""
        if not self.in_scope(Action.READ_RAW):
            return RawReach.NONE
        if any(held.team_id is None and Action.READ_RAW in ACTIONS_OF_ROLE[held.role] for held in self.held):
            return RawReach.TENANT
        return RawReach.TEAM if self.team_ids else RawReach.NONE

    @property
    def governs_tenant(self) -> bool:
        """Whether rows of every team of the tenant (not their raw text) are open: officers and tenant reviewers."""
        return any(held.team_id is None and held.role in {Role.OFFICER, Role.REVIEWER} for held in self.held)


@dataclass(frozen=True, slots=True)
class SystemActor(Actor):
    """A background process acting in one tenant. It reads raw, since analysing raw text is its work."""

    @property
    def raw_reach(self) -> RawReach:
        """Background work reads every case of its tenant."""
        return RawReach.TENANT

    @property
    def governs_tenant(self) -> bool:
        """Background work sees every row of its tenant."""
        return True


def system_actor(tenant_id: UUID | None, process: str) -> SystemActor:
    """The actor of a background process; its name is what the access record shows."""
    return SystemActor(kind=ActorKind.SYSTEM, tenant_id=tenant_id, process=process, label=process)


def operator_at_console(process: str) -> Actor:
    """Whoever may run commands on the hub's machine: the operator, known by the command and not by an account."""
    return Actor(kind=ActorKind.OPERATOR, process=process, label=process)


ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS, scopes=frozenset())
