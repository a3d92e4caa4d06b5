"""What workflows answer: named outcomes, so that every door says the same and none invents an error."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no. Strangers are shown one and the same "not available"; the basis is for the record."""

    basis: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it stands and what to do about it, without quoting private text."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """The input cannot be accepted; nothing was changed."""

    problems: tuple[Problem, ...]

    @classmethod
    def because(cls, path: str, message: str) -> "Invalid":
        """A single problem."""
        return cls((Problem(path, message),))


@dataclass(frozen=True, slots=True)
class CaseSubmitted:
    """A case was taken in, or a new version of it; its projections are being built."""

    case_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class CaseUnchanged:
    """The same content was submitted again; nothing was written but the event."""

    case_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """Something about a case other than its content has changed: tags, levels, restriction, withdrawal, review."""

    case_id: UUID
    change: str


@dataclass(frozen=True, slots=True)
class GrantAnswer:
    """A grant as it stands after a step: active, proposed, revoked or rejected."""

    grant_id: UUID
    state: str
    expires_at: datetime
    covered_cases: int = 0


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """A policy version as it stands after a step."""

    version_id: UUID
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class BreakGlassOpened:
    """The raw of one case is open to one person until then."""

    break_glass_id: UUID
    case_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A step that has nothing else to tell."""

    object_id: UUID | None = None
    detail: dict[str, str] = field(default_factory=dict)
