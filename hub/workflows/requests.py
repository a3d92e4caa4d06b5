"""Asking for access without learning whether anything exists, and answering as an officer."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.sharing.models import AccessRequest, SharingGrant
from hub.sharing.models.requests import RequestState
from hub.sharing.purposes import is_known
from tenants import permissions, queries
from tenants.actors import Actor
from tenants.decisions import refuse
from tenants.identifiers import new_id
from tenants.models import Team
from tenants.roles import Action

from .outcomes import Done, Invalid, Refusal

LONGEST_DAYS = 3650


def request_access(
    actor: Actor, *, team_id: UUID, owner: str, wish: str, purpose: str, until: datetime
) -> Done | Refusal | Invalid:
    """Ask an owner, by the exact address of its tenant or team, to share what the wish describes.

    The answer is the same whether or not there is such an owner, and whether or not it has anything.
    """
    team = queries.find_team(team_id)
    decision = permissions.decide(actor, Action.REQUEST_ACCESS, on=team)
    if team is None or not decision.allowed:
        record(actor, AuditAction.ACCESS_REQUEST, f"team:{team_id}", decision)
        return Refusal(decision.basis)
    problem = _problem(wish, purpose, until)
    if problem is not None:
        return problem
    with transaction.atomic():
        recipient = queries.find_recipient(owner)
        if recipient is None:
            # As many statements as for an owner that is there.
            AccessRequest.objects.filter(pk=new_id()).exists()
        else:
            AccessRequest.objects.bulk_create([_request(actor, team, recipient.tenant_id, wish, purpose, until)])
        record(actor, AuditAction.ACCESS_REQUEST, f"team:{team_id}", decision, purpose_asked=purpose)
    return Done()


def answer_access(
    actor: Actor, *, request_id: UUID, is_granted: bool, answer: str = "", grant_id: UUID | None = None
) -> Done | Refusal | Invalid:
    """Answer a request to the actor's tenant. Granting names the grant that was issued for it; this makes none."""
    # With its tenant in one statement: a requester sees its request but not that tenant, and is refused like anyone.
    found = AccessRequest.objects.select_related("tenant").filter(pk=request_id).first()
    decision = permissions.decide(actor, Action.ISSUE_GRANT, on=found.tenant if found else None)
    if found is None or not decision.allowed:
        record(actor, AuditAction.ACCESS_ANSWER, f"access_request:{request_id}", decision)
        return Refusal(decision.basis)
    if len(answer) > 500:
        return Invalid.because("answer", "Answer in up to 500 characters.")
    if is_granted and not _is_grant_for(found, grant_id):
        return Invalid.because("grantId", "Issue a grant to the requester first and name it here.")
    with transaction.atomic():
        locked = AccessRequest.objects.select_for_update().get(pk=request_id)
        if locked.state != RequestState.OPEN:
            record(actor, AuditAction.ACCESS_ANSWER, f"access_request:{request_id}", refuse("answered"))
            return Refusal("answered")
        locked.state = RequestState.GRANTED if is_granted else RequestState.DECLINED
        locked.answered_by, locked.answered_at, locked.answer = actor.person_key, timezone.now(), answer
        locked.grant_id = grant_id if is_granted else None
        locked.save(update_fields=["state", "answered_by", "answered_at", "answer", "grant_id"])
        record(
            actor, AuditAction.ACCESS_ANSWER, f"access_request:{request_id}", decision,
            state=str(locked.state), grant=locked.grant_id,
        )  # fmt: skip
    return Done(request_id)


def _problem(wish: str, purpose: str, until: datetime) -> Invalid | None:
    if not wish.strip() or len(wish) > 1000 or "\0" in wish:
        return Invalid.because("wish", "Say in up to 1000 characters what you would like to read.")
    if not is_known(purpose):
        return Invalid.because("purpose", "Not a purpose of the dpv-purpose taxonomy; an example is AcademicResearch.")
    if not timezone.now() < until <= timezone.now() + timedelta(days=LONGEST_DAYS):
        return Invalid.because("until", "Choose a time in the future, within ten years.")
    return None


def _request(actor: Actor, team: Team, tenant_id: UUID, wish: str, purpose: str, until: datetime) -> AccessRequest:
    return AccessRequest(
        id=new_id(),
        tenant_id=tenant_id,
        requester_tenant_id=team.tenant_id,
        requester_team_id=team.pk,
        requester_label=team.address,
        requested_by=actor.person_key,
        wish=wish.strip(),
        purpose=purpose,
        until=until,
    )


def _is_grant_for(request: AccessRequest, grant_id: UUID | None) -> bool:
    grant = SharingGrant.objects.filter(pk=grant_id, tenant_id=request.tenant_id).first() if grant_id else None
    return grant is not None and (
        grant.group_id is not None
        or (
            grant.recipient_tenant_id == request.requester_tenant_id
            and grant.recipient_team_id in {None, request.requester_team_id}
        )
    )
