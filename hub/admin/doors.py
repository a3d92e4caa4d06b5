"""Who stands before a page of the site: the actor of the request, and what is recorded when he is let in or not."""

from typing import NoReturn
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from hub.workflows.administration import decide_admin_view, record_admin_view
from tenants.actors import ANONYMOUS, Actor
from tenants.decisions import Decision, refuse
from tenants.roles import Role

OFFICERS = frozenset({Role.OFFICER})
AUDITORS = frozenset({Role.AUDITOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
REVIEWERS = frozenset({Role.REVIEWER})
# Readers and contributors have the API; nothing on this site is made for them.
SITE_ROLES = OFFICERS | AUDITORS | ADMINISTRATORS | REVIEWERS


def actor_of(request: HttpRequest) -> Actor:
    """The actor that the scoping middleware has found; without it, nobody."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    return actor


def tenant_of(actor: Actor) -> UUID:
    """The tenant that the actor acts in; whoever has not chosen one is shown nothing."""
    if actor.tenant_id is None:
        raise PermissionDenied
    return actor.tenant_id


def decide_page(
    request: HttpRequest, roles: frozenset[Role], *, to_operator: bool = False, to_auditor: bool = False
) -> Decision:
    """Whether this request may see a page made for these roles, for the operator, or for platform auditors."""
    return decide_admin_view(actor_of(request), roles=roles, to_operator=to_operator, to_auditor=to_auditor)


def turn_away(
    request: HttpRequest, model: str, decision: Decision | None = None, *, object_id: str = "", step: str = ""
) -> NoReturn:
    """Refuse a page, and record that it was asked for."""
    decision = decision if decision and not decision.allowed else refuse("read_only")
    record_admin_view(
        actor_of(request), model=model, count=0, decision=decision, object_id=object_id[:64], step=step[:40]
    )
    raise PermissionDenied
