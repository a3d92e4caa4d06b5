"""Searches that somebody keeps for himself: saved, listed, used again, deleted."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.models import SavedSearch
from tenants.actors import Actor
from tenants.decisions import Decision, refuse
from tenants.identifiers import new_id

from .disclosure import decide_reading
from .outcomes import Done, Invalid, Refusal

MOST_SEARCHES = 50
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """A saved search as its person sees it."""

    id: UUID
    name: str
    filter: dict[str, Any]
    order: str


def save_search(actor: Actor, *, name: str, filter: dict[str, Any], order: str) -> KeptSearch | Refusal | Invalid:
    """Keep a search under a name; an earlier one of that name is replaced."""
    decision = _decide(actor)
    if not decision.allowed:
        record(actor, AuditAction.SEARCH_SAVE, "saved_search:", decision)
        return Refusal(decision.basis)
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        return Invalid.because("name", f"A name has 1 to {LONGEST_NAME} characters.")
    own = _own(actor)
    if own.exclude(name=name).count() >= MOST_SEARCHES:
        return Invalid.because("name", f"You keep {MOST_SEARCHES} searches already. Delete one first.")
    known = own.filter(name=name).first()
    search = known or SavedSearch(id=new_id(), name=name, **_person(actor))
    search.filter, search.order = filter, order
    search.save(force_insert=known is None)
    record(actor, AuditAction.SEARCH_SAVE, f"saved_search:{search.pk}", decision)
    return _kept(search)


def delete_search(actor: Actor, *, search_id: UUID) -> Done | Refusal:
    """Forget a search of one's own."""
    decision = _decide(actor)
    found = _own(actor).filter(pk=search_id).first() if decision.allowed else None
    if found is None:
        decision = refuse("not_available") if decision.allowed else decision
        record(actor, AuditAction.SEARCH_DELETE, f"saved_search:{search_id}", decision)
        return Refusal(decision.basis)
    found.delete()
    record(actor, AuditAction.SEARCH_DELETE, f"saved_search:{search_id}", decision)
    return Done(search_id)


def list_searches(actor: Actor) -> list[KeptSearch] | Refusal:
    """One's own searches, by name."""
    decision = _decide(actor)
    own = _own(actor).order_by("name")[:MOST_SEARCHES]
    found = [_kept(search) for search in own] if decision.allowed else []
    record(actor, AuditAction.SEARCH_LIST, "saved_searches:", decision, count=len(found))
    return found if decision.allowed else Refusal(decision.basis)


def find_search(actor: Actor, search_id: UUID) -> KeptSearch | Refusal:
    """A search of one's own, to be used; what it finds is recorded where it is used."""
    decision = _decide(actor)
    found = _own(actor).filter(pk=search_id).first() if decision.allowed else None
    if found is None:
        decision = refuse("not_available") if decision.allowed else decision
        record(actor, AuditAction.SEARCH_LIST, f"saved_search:{search_id}", decision)
        return Refusal(decision.basis)
    return _kept(found)


def _person(actor: Actor) -> dict[str, Any]:
    return {"tenant_id": actor.tenant_id, "user_id": actor.user_id}


def _own(actor: Actor) -> QuerySet[SavedSearch]:
    return SavedSearch.objects.filter(**_person(actor))


def _decide(actor: Actor) -> Decision:
    """Whoever reads shared cases keeps searches of them; a machine without a person behind it keeps none."""
    decision = decide_reading(actor)
    return refuse("no_person") if decision.allowed and actor.user_id is None else decision


def _kept(search: SavedSearch) -> KeptSearch:
    return KeptSearch(search.pk, search.name, search.filter, search.order)
