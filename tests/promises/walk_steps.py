"""Steps of the walk through every field: rows as workers or other days leave them, and what is asked about them."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.models import IsolationRun
from hub.audit.recording import record
from hub.audit.sealing import seal
from hub.escalation.models import GateVerdict, GateWaiver, ReleasePause
from hub.lifecycle.models import PolicyKind
from hub.retention.models import ErasurePlace
from hub.workflows.outcomes import PolicyAnswer
from hub.workflows.policy import draft_policy
from tenants.actors import operator_at_console, system_actor
from tenants.decisions import allow
from tenants.scoping import acting_as
from tests.escalation.rule_documents import rule

DIGEST = "ab" * 32


def draft(world, kind, slug, document):
    """A draft of olga's, of a kind that the API has no mutation for."""
    olga = world.cast["olga"]
    with acting_as(olga, durable=True):
        drafted = draft_policy(olga, kind=kind, slug=slug, document=document)
    assert isinstance(drafted, PolicyAnswer), drafted
    return drafted.version_id


def leave_a_proof():
    """A proof of isolation with a finding, for auditors to read."""
    now = timezone.now()
    found = {"guard": "walls", "attacker": "nobody", "place": "x", "what": "policy y is gone", "request_id": ""}
    with acting_as(operator_at_console("test")):
        IsolationRun.objects.create(
            started_at=now, ended_at=now, outcome="broken", checks=9, failed=1, findings=[found]
        )


def leave_an_alert(world):
    """A checkpoint, and a token that did more than usual."""
    tenant_id = world.cast.tenants["acme"].pk
    with acting_as(system_actor(tenant_id, "test"), durable=True):
        record(
            system_actor(tenant_id, "test"), AuditAction.TOKEN_ALERT, f"token:{uuid4()}", allow("system:test"),
            measure="operations", day=timezone.now().date().isoformat(), count=900, score_in_tenths=70,
            case=world.cases["atlas"],
        )  # fmt: skip
    seal()


def leave_a_pause(world, ticket_id):
    """A release that a rule holds back, and a waiver that somebody asks for."""
    tenant_id, now = world.cast.tenants["acme"].pk, timezone.now()
    rule_id = draft(world, PolicyKind.ESCALATION_RULE, "router", rule())
    with acting_as(system_actor(tenant_id, "test"), durable=True):
        pause = ReleasePause.objects.create(
            tenant_id=tenant_id, ticket_id=UUID(ticket_id), rule_version_id=rule_id, model_name="router", paused_at=now
        )
        GateWaiver.objects.create(
            tenant_id=tenant_id, pause=pause, reason="r", requested_by="user:somebody", requested_at=now,
            expires_at=now + timedelta(days=2),
        )  # fmt: skip
        return [str(pk) for pk in GateVerdict.objects.values_list("pk", flat=True)[:1]]


def leave_a_place(world, erasure_id):
    """A place that names the person of an erasure."""
    tenant_id = world.cast.tenants["acme"].pk
    with acting_as(system_actor(tenant_id, "test"), durable=True):
        ErasurePlace.objects.create(
            tenant_id=tenant_id, request_id=UUID(erasure_id), kind="raw_text", item_id=str(uuid4()),
            case_id=world.cases["atlas"], match="whole", digest=DIGEST,
        )  # fmt: skip


def ask_the_auditors_questions(walk):
    """What auditors see of a log that is sealed, of alerts, and of what was taken back."""
    leave_an_alert(walk.world)
    for who in ("erin", "carol", "oscar"):
        walk.send(who, "query", "auditCheckpoint", {})
        walk.send(who, "query", "tokenVolumes", {})
    for who in ("erin", "olga", "carol"):
        walk.send(who, "query", "recalledHoldings", {})


def pause_a_release(walk, ticket_id):
    """Pauses with their waivers, and the evidence of a verdict."""
    verdicts = leave_a_pause(walk.world, ticket_id)
    for who in ("olga", "carol", "oscar"):
        walk.send(who, "query", "releasePauses", {"model": "router", "first": 5})
    for who in ("carol", "oscar", "erin"):
        for verdict in verdicts:
            walk.send(who, "query", "gateEvidence", {"id": verdict})


def count_what_is_kept(step, walk):
    """Storage by track, and what a draft of a rule would make due."""
    step("olga", "countStorage", but=("erin", "oscar"))
    for who in ("olga", "erin"):
        walk.send(who, "query", "storage", {})
    keep = {"clock": "recorded", "then": "purge", "track": "raw_text", "keep": "P9Y"}
    version_id = str(draft(walk.world, PolicyKind.RETENTION_RULE, "nine-years", keep))
    for who in ("olga", "carol"):
        walk.send(who, "query", "retentionRulePreview", {"versionId": version_id})


def tell_others(step, walk):
    """Destinations from their proposal to their end, and what was sent there."""
    terms = {
        "name": "Our hooks", "settings": [{"name": "url", "value": "https://hooks.example.org/in"}],
        "profile": "partner", "ceilingClass": "INTERNAL", "ceilingTlp": "GREEN", "isMirror": False,
    }  # fmt: skip
    for kind in ("EMAIL", "GITHUB", "JIRA", "SLACK", "DISPATCH"):
        step("olga", "proposeDestination", others=False, slug=kind.lower(), kind=kind, terms=terms)
    made = step("olga", "proposeDestination", but=("oscar",), slug="hooks", kind="WEBHOOK", terms=terms)["objectId"]
    for use in ("INBOUND", "OUTGOING"):
        step("olga", "rotateDestinationSecret", id=made, use=use, secret="")
    step("olga", "sendTest", id=made)
    step("omar", "approveDestination", id=made)
    step("olga", "changeDestination", id=made, terms={**terms, "name": "Our other hooks"})
    for who in ("olga", "carol", "oscar"):
        walk.send(who, "query", "destinations", {})
        walk.send(who, "query", "deliveries", {"destinationId": made, "states": ["PENDING"]})
    step("olga", "resumeMirror", id=made)
    step("olga", "replayDelivery", id=made)
    step("olga", "disableDestination", id=made)


def report_leaks(walk):
    """What a reader tells the owner of, what the owner answers, and what a recipient of a recalled case says."""
    seen = walk.send("carol", "query", "cases", {"first": 1})["nodes"][0]["id"]
    for what in ("PERSON", "CONTACT", "SECRET", "CUSTOMER", "OTHER"):
        told = walk.send("carol", "mutation", "reportLeak", {"caseId": seen, "what": what, "where": "TITLE"})
    for where in ("SUMMARY", "WRITE_UP", "FACTS", "EVIDENCE", "ELSEWHERE"):
        walk.send("carol", "mutation", "reportLeak", {"caseId": seen, "what": "OTHER", "where": where})
    for who in ("oscar", "carol", "alice", "olga"):
        for confirmed in (True, False):
            answer = {"id": told.get("objectId") or str(uuid4()), "isConfirmed": confirmed}
            walk.send(who, "mutation", "answerLeakReport", answer)
    for who in ("carol", "dana", "oscar"):
        walk.send(who, "mutation", "acknowledgeRecall", {"caseId": seen})
