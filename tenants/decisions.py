"""A yes or no with its reason, as a value: it is recorded, and shown to those it concerns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may this actor do this?" and what it rests on, e.g. `role:officer` or `no_grant`."""

    allowed: bool
    basis: str


def allow(basis: str) -> Decision:
    """A yes, resting on `basis`."""
    return Decision(True, basis)


def refuse(basis: str) -> Decision:
    """A no, because of `basis`."""
    return Decision(False, basis)
