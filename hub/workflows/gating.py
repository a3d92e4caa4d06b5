"""The release gate: may this version of a model go out on this channel, and if not, which cases hold it back?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.escalation import gates
from hub.escalation.gate_inputs import gate_inputs
from hub.escalation.gates import GateError
from hub.escalation.models import GateVerdict, GateWaiver, ReleasePause
from hub.escalation.services.noticing import ESCALATION
from tenants import permissions
from tenants.actors import Actor, ActorKind, system_actor
from tenants.decisions import Decision, allow, refuse
from tenants.identifiers import new_id
from tenants.roles import Action
from tenants.scoping import acting_as

from .outcomes import Done, Invalid, Refusal

LONGEST_WAIVER = timedelta(days=30)

__all__ = ["GateAnswer", "GateError", "ask_gate", "decide_waiver", "request_waiver", "verify_verdict"]


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The verdict as it was signed; ids of cases are those that the caller may see."""

    verdict_id: UUID
    statement: dict[str, Any]
    signature: str
    key: str

    @property
    def signed_text(self) -> str:
        """The bytes that were signed, as text."""
        return gates.canonical(self.statement).decode()

    @property
    def is_allowed(self) -> bool:
        """Whether the release may go out."""
        return bool(self.statement["verdict"] == gates.ALLOW)


def ask_gate(actor: Actor, *, model: str, version: str, channel: str = "") -> GateAnswer | Refusal | Invalid:
    """Decide from all pauses of the tenant; sign what the caller may know, and keep everything for an auditor."""
    decision = _decide(actor, Action.READ_GATE)
    if decision.allowed and not settings.GATE_SIGNING_SEED:
        decision = refuse("no_signing_key")
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.GATE_ASK, f"tenant:{actor.tenant_id}", decision)
        return Refusal(decision.basis)
    for name, value, limit in (("model", model, 200), ("version", version, 100), ("channel", channel, 60)):
        if len(value) > limit or "\0" in value or (name != "channel" and not value.strip()):
            return Invalid.because(name, f"Use 1 to {limit} characters.")
    now, verdict_id = timezone.now(), new_id()
    with acting_as(system_actor(actor.tenant_id, ESCALATION)):
        inputs = gate_inputs(actor.tenant_id, model, version, channel, now)
    verdict, standing = gates.decide_gate(inputs)
    visible = set(map(str, Case.objects.filter(pk__in=_cases(standing)).values_list("pk", flat=True)))
    statement = {
        "format": gates.FORMAT,
        "id": str(verdict_id),
        "tenant": str(actor.tenant_id),
        "model": model,
        "version": version,
        "channel": channel,
        "asked_at": now.isoformat(),
        "verdict": verdict,
        "blocking_cases": sorted(visible),
        "shows_all": visible == set(_cases(standing)),
        # What a waiver can be asked for, as far as the caller sees one of its cases.
        "pauses": sorted({one["pause"] for one in standing if visible & set(one["cases"])}),
        "tickets": sorted({one["ticket"] for one in standing if visible & set(one["cases"])}),
        "waivers": sorted(pause["waiver"] for pause in inputs["pauses"] if pause["waiver"]),
        "inputs_digest": gates.digest_of(inputs),
    }
    signature = gates.sign(statement, settings.GATE_SIGNING_SEED)
    with acting_as(system_actor(actor.tenant_id, ESCALATION)):
        row = GateVerdict(
            id=verdict_id, tenant_id=actor.tenant_id, asked_by=actor.key, asked_at=now, model_name=model,
            model_version=version, channel=channel, verdict=verdict, statement=statement, signature=signature,
            inputs=inputs,
        )  # fmt: skip
        GateVerdict.objects.bulk_create([row])
    record(actor, AuditAction.GATE_ASK, f"verdict:{verdict_id}", decision, verdict=verdict, pauses=len(standing))
    return GateAnswer(verdict_id, statement, signature, gates.public_key(settings.GATE_SIGNING_SEED))


def verify_verdict(statement: dict[str, Any], signature: str, key: str) -> str:
    """The verdict of a statement that this key has signed; raises GateError. Needs no database."""
    gates.verify(statement, signature, key)
    return str(statement["verdict"])


def request_waiver(actor: Actor, *, pause_id: UUID, reason: str, expires_at: datetime) -> Done | Refusal | Invalid:
    """Ask that a pause be passed over until a date; a second person decides."""
    pause = ReleasePause.objects.filter(pk=pause_id, tenant_id=_tenant(actor)).first()
    decision = _decide(actor, Action.REQUEST_WAIVER) if pause else refuse("unknown")
    if pause is None or not decision.allowed:
        record(actor, AuditAction.WAIVER_REQUEST, f"pause:{pause_id}", decision)
        return Refusal(decision.basis)
    now = timezone.now()
    if not reason.strip() or len(reason) > 500 or "\0" in reason:
        return Invalid.because("reason", "Say in 1 to 500 characters why the release may go out.")
    if not now < expires_at <= now + LONGEST_WAIVER:
        return Invalid.because("expiresAt", f"Name a moment within the next {LONGEST_WAIVER.days} days.")
    waiver = GateWaiver(
        id=new_id(), tenant_id=pause.tenant_id, pause_id=pause.pk, reason=reason.strip(),
        requested_by=actor.person_key, requested_at=now, expires_at=expires_at,
    )  # fmt: skip
    waiver.save(force_insert=True)
    record(actor, AuditAction.WAIVER_REQUEST, f"waiver:{waiver.pk}", decision, pause=pause.pk)
    return Done(waiver.pk)


def decide_waiver(actor: Actor, *, waiver_id: UUID, approve: bool) -> Done | Refusal:
    """Approve or turn down a waiver, as somebody who did not ask for it."""
    waiver = GateWaiver.objects.select_for_update().filter(pk=waiver_id, tenant_id=_tenant(actor)).first()
    decision = permissions.decide(actor, Action.DECIDE_WAIVER, on=None) if waiver else refuse("unknown")
    if waiver is not None and decision.allowed and waiver.requested_by == actor.person_key and approve:
        decision = refuse("same_person")
    if waiver is not None and decision.allowed and waiver.decided_at is not None:
        decision = refuse("decided")
    if waiver is None or not decision.allowed:
        record(actor, AuditAction.WAIVER_DECIDE, f"waiver:{waiver_id}", decision)
        return Refusal(decision.basis)
    waiver.decided_by, waiver.decided_at, waiver.is_approved = actor.person_key, timezone.now(), approve
    waiver.save()
    record(actor, AuditAction.WAIVER_DECIDE, f"waiver:{waiver_id}", decision, approved=approve)
    return Done(waiver.pk)


def _cases(standing: list[dict[str, Any]]) -> list[str]:
    return [case_id for one in standing for case_id in one["cases"]]


def _decide(actor: Actor, action: Action) -> Decision:
    """A role anywhere in the tenant is enough, and a token needs the scope."""
    if actor.kind is ActorKind.SYSTEM:
        return allow(f"system:{actor.process}")
    if actor.kind in {ActorKind.ANONYMOUS, ActorKind.OPERATOR} or actor.tenant_id is None:
        return refuse("no_role")
    if not actor.in_scope(action):
        return refuse("scope_missing")
    role = actor.role_anywhere(action)
    return allow(f"role:{role.value}") if role else refuse("no_role")


def _tenant(actor: Actor) -> UUID:
    """The actor's tenant; who has none names one that does not exist."""
    return actor.tenant_id or UUID(int=0)
