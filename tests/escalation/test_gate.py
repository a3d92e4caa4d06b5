"""The release gate: paused by a rule, lifted by itself, waived by two people, signed, and verified without the hub."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from hub.escalation import gates
from hub.escalation.models import GateVerdict, ReleasePause, RemediationTicket
from hub.workflows.escalation import run_escalation
from hub.workflows.gating import GateAnswer, ask_gate, decide_waiver, request_waiver
from hub.workflows.outcomes import Done, Refusal
from hub.workflows.submission import withdraw_case
from hub.workflows.tickets import change_ticket
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.submitting import backstage, last_event, submitted

from .rule_documents import govern, rule, severe

pytestmark = pytest.mark.django_db(transaction=True)

PAUSING = rule(actions=[{"do": "open_ticket"}, {"do": "pause_release", "channel": "production"}])


def paused(cast: Cast) -> UUID:
    """A severe case of assist-chat 4.2, and the rule that pauses it."""
    govern(cast, PAUSING)
    case_id = submitted(cast, **severe(1))
    run_escalation(cast.tenant("acme").pk)
    return case_id


def ask(cast: Cast, who: str = "alice", *, version: str = "4.2", channel: str = "production") -> GateAnswer:
    actor = cast[who]
    with acting_as(actor):
        answer = ask_gate(actor, model="assist-chat", version=version, channel=channel)
    assert isinstance(answer, GateAnswer), answer
    return answer


def test_pauses_what_the_rule_names_and_nothing_else(cast: Cast) -> None:
    assert ask(cast).statement["verdict"] == "allow"
    case_id = paused(cast)
    answer = ask(cast)
    assert (answer.statement["verdict"], answer.statement["blocking_cases"]) == ("pause", [str(case_id)])
    assert answer.statement["shows_all"] is True
    assert ask(cast, version="4.3").is_allowed
    assert ask(cast, channel="staging").is_allowed


def test_another_team_learns_the_verdict_and_no_case(cast: Cast) -> None:
    paused(cast)
    statement = ask(cast, "dana").statement
    assert (statement["verdict"], statement["blocking_cases"], statement["tickets"]) == ("pause", [], [])
    assert statement["shows_all"] is False
    assert ask(cast, "carol").is_allowed


@pytest.mark.parametrize("way", ["ticket resolved", "case withdrawn"])
def test_lifts_by_itself(cast: Cast, way: str) -> None:
    case_id = paused(cast)
    alice = cast["alice"]
    with backstage(cast):
        ticket_id = RemediationTicket.objects.values_list("pk", flat=True).get()
    with acting_as(alice):
        if way == "ticket resolved":
            change_ticket(alice, ticket_id=ticket_id, state="resolved")
        else:
            withdraw_case(alice, case_id=case_id)
    assert ask(cast).is_allowed


def test_a_waiver_takes_two_people_and_ends(cast: Cast) -> None:
    paused(cast)
    with backstage(cast):
        pause_id = ReleasePause.objects.values_list("pk", flat=True).get()
    olga, omar = cast["olga"], cast["omar"]
    ends = timezone.now() + timedelta(days=2)
    with acting_as(olga):
        asked = request_waiver(olga, pause_id=pause_id, reason="Fix follows on Monday.", expires_at=ends)
        assert isinstance(asked, Done)
        assert asked.object_id is not None
        assert decide_waiver(olga, waiver_id=asked.object_id, approve=True) == Refusal("same_person")
    assert last_event(cast, "olga")[:3] == ("waiver.decide", "refused", "same_person")
    assert not ask(cast).is_allowed
    with acting_as(omar):
        assert isinstance(decide_waiver(omar, waiver_id=asked.object_id, approve=True), Done)
    assert ask(cast).is_allowed
    with backstage(cast):
        waivers = ReleasePause.objects.get().waivers
        waivers.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not ask(cast).is_allowed


def test_a_verdict_is_verified_without_the_hub_and_reproduced_from_its_inputs(cast: Cast) -> None:
    paused(cast)
    answer = ask(cast)
    gates.verify(answer.statement, answer.signature, answer.key)
    with pytest.raises(gates.GateError, match="does not hold"):
        gates.verify(answer.statement | {"verdict": "allow"}, answer.signature, answer.key)
    with pytest.raises(gates.GateError, match="does not hold"):
        gates.verify(answer.statement, answer.signature, gates.public_key("01" * 32))
    with backstage(cast):
        inputs = GateVerdict.objects.get(pk=answer.verdict_id).inputs
    gates.reproduce(answer.statement, inputs)
    inputs["pauses"][0]["ticket_state"] = "resolved"
    with pytest.raises(gates.GateError, match="not the inputs"):
        gates.reproduce(answer.statement, inputs)


PAUSES = """{ releasePauses { __typename ... on ReleasePauses { nodes {
    id ticketId model version channel isStanding caseIds waivers { id state reason } } } } }"""
EVIDENCE = "query ($id: ID!) { gateEvidence(id: $id) { __typename ... on GateEvidence { statement isReproduced } } }"


def graphql(cast: Cast, who: str, query: str, **variables: str) -> Any:
    answer = Client().post(
        "/graphql", {"query": query, "variables": variables}, content_type="application/json",
        headers={"Authorization": f"Bearer {cast.token(who)}"},
    )  # fmt: skip
    return answer.json()["data"]


def test_pauses_show_their_ids_to_those_who_see_the_ticket(cast: Cast) -> None:
    case_id = paused(cast)
    with backstage(cast):
        pause = ReleasePause.objects.get()
    asked = graphql(
        cast, "alice", "{ releaseGate(model: \"assist-chat\", version: \"4.2\", channel: \"production\")"
        " { ... on GateVerdict { isAllowed pauseIds } } }",
    )  # fmt: skip
    assert asked["releaseGate"] == {"isAllowed": False, "pauseIds": [str(pause.pk)]}
    expected = {
        "id": str(pause.pk), "ticketId": str(pause.ticket_id), "model": "assist-chat", "version": "4.2",
        "channel": "production", "isStanding": True, "caseIds": [str(case_id)], "waivers": [],
    }  # fmt: skip
    assert graphql(cast, "alice", PAUSES)["releasePauses"]["nodes"] == [expected]
    olga = cast["olga"]
    with acting_as(olga):
        request_waiver(olga, pause_id=pause.pk, reason="Soon", expires_at=timezone.now() + timedelta(days=1))
    (seen,) = graphql(cast, "olga", PAUSES)["releasePauses"]["nodes"]
    assert [(waiver["state"], waiver["reason"]) for waiver in seen["waivers"]] == [("WAITS", "Soon")]
    for who in ("dana", "carol"):
        assert graphql(cast, who, PAUSES)["releasePauses"]["nodes"] == []
    assert last_event(cast, "dana")[:3] == ("release.list", "allowed", "role:contributor")


def test_the_evidence_of_a_verdict_is_for_auditors_and_officers(cast: Cast) -> None:
    paused(cast)
    answer = ask(cast)
    for who in ("erin", "olga"):
        evidence = graphql(cast, who, EVIDENCE, id=str(answer.verdict_id))["gateEvidence"]
        assert evidence == {"__typename": "GateEvidence", "statement": answer.signed_text, "isReproduced": True}
        assert last_event(cast)[:3] == ("gate.read", "allowed", f"role:{'auditor' if who == 'erin' else 'officer'}")
    for who, basis in (("alice", "no_role"), ("dana", "no_role"), ("carol", "no_role"), ("oscar", "unknown")):
        assert graphql(cast, who, EVIDENCE, id=str(answer.verdict_id))["gateEvidence"] == {"__typename": "NotAvailable"}
        assert last_event(cast, who)[:3] == ("gate.read", "refused", basis)


def test_without_a_key_there_is_no_answer(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "GATE_SIGNING_SEED", "")
    alice = cast["alice"]
    with acting_as(alice):
        assert ask_gate(alice, model="assist-chat", version="4.2") == Refusal("no_signing_key")
    assert last_event(cast)[:3] == ("gate.ask", "refused", "no_signing_key")
