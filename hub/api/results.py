"""Outcomes that many fields share: not available, invalid input, and pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import strawberry

from hub.workflows.outcomes import Invalid, Refusal
from tenants.actors import Actor

from . import cursors
from .refusals import bad_cursor

NOTHING = UUID(int=0)


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    """The interface of Relay's `node(id:)`."""

    id: strawberry.ID = strawberry.field(description="The id under which you can ask for it again.")


@strawberry.type(description="Unknown, or not for you: the two look alike.")
class NotAvailable:
    """The one "no"; the reason is on record, and with those whom it concerns."""

    message: str = "This is not available to you."


@strawberry.type(description="One thing wrong with an input.")
class InputProblem:
    """Where it stands and what to do about it."""

    path: str
    message: str


@strawberry.type(description="The input cannot be accepted; nothing was changed.")
class InvalidInput:
    """Every problem that was found."""

    problems: list[InputProblem]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def refused(outcome: Refusal | Invalid) -> NotAvailable | InvalidInput:
    """A "no" of a workflow as it is shown: a refusal without its basis, invalid input with its problems."""
    if isinstance(outcome, Refusal):
        return NotAvailable()
    return InvalidInput(problems=[InputProblem(path=item.path, message=item.message) for item in outcome.problems])


def invalid(path: str, message: str) -> InvalidInput:
    """One problem that shows before a workflow can be asked."""
    return InvalidInput(problems=[InputProblem(path=path, message=message)])


def uuid_of(text: str) -> UUID:
    """The UUID that an id spells in its canonical form; else the nil UUID, which nothing has: just another unknown."""
    try:
        value = UUID(text)
    except ValueError:
        return NOTHING
    return value if str(value) == text else NOTHING


def after_id(actor: Actor, listing: str, cursor: str | None) -> UUID | None:
    """The row that a cursor of a list in order of ids points behind."""
    position = cursors.open_cursor(actor, listing, cursor)
    if position is not None and position.value is not None:
        raise bad_cursor()
    return position.case_id if position else None


def page_info(
    edges: list[Any], *, has_next: bool, has_previous: bool, cursor_of: Callable[[Any], str] = lambda edge: edge.cursor
) -> PageInfo:
    """The page information that goes with edges."""
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=cursor_of(edges[0]) if edges else None,
        end_cursor=cursor_of(edges[-1]) if edges else None,
    )
