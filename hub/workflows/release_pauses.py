"""Looking at what pauses releases, and at the evidence of a verdict: what it was made from, and whether it follows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.escalation import gates
from hub.escalation.gate_inputs import pause_input
from hub.escalation.gates import GateError
from hub.escalation.models import GateVerdict, GateWaiver, ReleasePause
from hub.escalation.services.noticing import ESCALATION
from tenants import permissions
from tenants.actors import Actor, system_actor
from tenants.decisions import refuse
from tenants.roles import Action
from tenants.scoping import acting_as

from .outcomes import Refusal


@dataclass(frozen=True, slots=True)
class WaiverView:
    """A waiver, and how it stands: waits, approved, turned_down or expired."""

    waiver_id: UUID
    reason: str
    requested_by: str
    expires_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class PauseView:
    """A pause, whether it stands now, and which cases hold it as far as the actor sees them."""

    pause_id: UUID
    ticket_id: UUID
    model: str
    version: str
    channel: str
    paused_at: datetime
    is_standing: bool
    case_ids: tuple[UUID, ...]
    waivers: tuple[WaiverView, ...]


@dataclass(frozen=True, slots=True)
class VerdictEvidence:
    """What was signed, what it was made from, and whether both still hold."""

    statement: dict[str, Any]
    signature: str
    inputs: dict[str, Any]
    is_signed_by_present_key: bool
    is_reproduced: bool


def list_pauses(actor: Actor, *, model: str = "", first: int = 50) -> list[PauseView] | Refusal:
    """The newest pauses that the actor sees, with their waivers."""
    decision = permissions.decide(actor, Action.READ_GATE, on=None)
    rows: list[ReleasePause] = []
    if decision.allowed and actor.tenant_id is not None:
        found = ReleasePause.objects.filter(tenant_id=actor.tenant_id).select_related("ticket", "rule_version")
        rows = list((found.filter(model_name=model) if model else found).order_by("-paused_at", "-pk")[:first])
    record(actor, AuditAction.RELEASE_LIST, f"tenant:{actor.tenant_id}", decision, count=len(rows))
    return [view_pause(row) for row in rows] if decision.allowed else Refusal(decision.basis)


def view_pause(pause: ReleasePause) -> PauseView:
    """One pause that the actor sees, judged now as the gate judges it."""
    now = timezone.now()
    with acting_as(system_actor(pause.tenant_id, ESCALATION)):
        # The gate's own eyes: a team sees its ticket, and perhaps not every case or rule behind it.
        whole = ReleasePause.objects.select_related("ticket", "rule_version").get(pk=pause.pk)
        _, standing = gates.decide_gate({"pauses": [pause_input(whole, now)]})
    holding = [UUID(case_id) for one in standing for case_id in one["cases"]]
    return PauseView(
        pause_id=pause.pk,
        ticket_id=pause.ticket_id,
        model=pause.model_name,
        version=pause.model_version,
        channel=pause.channel,
        paused_at=pause.paused_at,
        is_standing=bool(standing),
        case_ids=tuple(Case.objects.filter(pk__in=holding).order_by("pk").values_list("pk", flat=True)),
        waivers=tuple(_view_waiver(waiver, now) for waiver in pause.waivers.order_by("pk")),
    )


def waiver_state(waiver: GateWaiver, now: datetime) -> str:
    """How a waiver stands."""
    if waiver.decided_at is not None and not waiver.is_approved:
        return "turned_down"
    if waiver.expires_at <= now:
        return "expired"
    return "approved" if waiver.is_approved else "waits"


def read_verdict(actor: Actor, *, verdict_id: UUID) -> VerdictEvidence | Refusal:
    """The evidence of one verdict, for auditors and officers: it is judged anew from the inputs that were kept."""
    decision = permissions.decide(actor, Action.VIEW_AUDIT, on=None)
    if not decision.allowed:
        decision = permissions.decide(actor, Action.DECIDE_WAIVER, on=None)
    verdict: GateVerdict | None = None
    if decision.allowed and actor.tenant_id is not None:
        with acting_as(system_actor(actor.tenant_id, ESCALATION)):
            verdict = GateVerdict.objects.filter(pk=verdict_id, tenant_id=actor.tenant_id).first()
    if decision.allowed and verdict is None:
        decision = refuse("unknown")
    record(actor, AuditAction.GATE_READ, f"verdict:{verdict_id}", decision)
    return evidence_of(verdict) if verdict is not None else Refusal(decision.basis)


def evidence_of(verdict: GateVerdict) -> VerdictEvidence:
    """Whether the present key has signed it, and whether it follows from its inputs."""
    return VerdictEvidence(
        statement=verdict.statement,
        signature=verdict.signature,
        inputs=verdict.inputs,
        is_signed_by_present_key=_is_signed(verdict),
        is_reproduced=_is_reproduced(verdict),
    )


def canonical_text(document: dict[str, Any]) -> str:
    """The bytes over which digests and signatures are made, as text."""
    return gates.canonical(document).decode()


def present_key() -> str:
    """The public key of this hub's gate, in base64; empty where there is none."""
    return gates.public_key(settings.GATE_SIGNING_SEED) if settings.GATE_SIGNING_SEED else ""


def _is_signed(verdict: GateVerdict) -> bool:
    try:
        gates.verify(verdict.statement, verdict.signature, present_key())
    except GateError:
        return False
    return True


def _is_reproduced(verdict: GateVerdict) -> bool:
    try:
        gates.reproduce(verdict.statement, verdict.inputs)
    except GateError:
        return False
    return True


def _view_waiver(waiver: GateWaiver, now: datetime) -> WaiverView:
    return WaiverView(waiver.pk, waiver.reason, waiver.requested_by, waiver.expires_at, waiver_state(waiver, now))
