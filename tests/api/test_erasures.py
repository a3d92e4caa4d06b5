"""Erasures over GraphQL: what officers ask and decide there is what the site does, and auditors read it."""

import pytest

from hub.audit.models import AccessEvent
from hub.retention.models import ErasureRequest
from hub.workflows.erasing import run_erasures
from tests.api.test_dispositions import ask
from tests.sharing.stage import EMAIL, NAME, Stage, build_stage

REQUEST = """mutation ($person: PersonInput!) { requestErasure(reference: "DSR 1", person: $person) {
    __typename ... on ErasureChanged { erasureId } ... on InvalidInput { problems { path message } } } }"""
READ = """query ($id: ID!) { erasure(id: $id, first: 100) { __typename ... on ErasureSeen {
    erasure { state erased left } places { id what match isHeld decision erasedAt } } } }"""
LIST = "{ erasures { id reference state } }"
DECIDE = """mutation ($id: ID!, $decision: PlaceDecision!, $group: PlaceGroup, $places: [ID!], $reason: String!) {
    decideErasurePlaces(erasureId: $id, decision: $decision, group: $group, placeIds: $places, reason: $reason) {
    __typename ... on InvalidInput { problems { path } } } }"""
APPROVE = "mutation ($id: ID!) { approveErasure(erasureId: $id) { __typename } }"
DECLINE = 'mutation ($id: ID!) { declineErasure(erasureId: $id, reason: "r") { __typename } }'
PERSON = {"names": [NAME], "emails": [EMAIL]}


@pytest.fixture
def stage(db: None) -> Stage:
    """The cast, and one case of atlas."""
    stage = build_stage()
    stage.submit()
    return stage


def asked(stage: Stage) -> str:
    changed = ask(stage, "olga", REQUEST, person=PERSON)["data"]["requestErasure"]
    run_erasures(stage.cast.tenant("acme").pk)
    return str(changed["erasureId"])


def test_asked_decided_carried_out_and_read(stage: Stage) -> None:
    erasure_id = asked(stage)
    assert ask(stage, "erin", LIST)["data"]["erasures"] == [
        {"id": erasure_id, "reference": "DSR 1", "state": "PROPOSED"}
    ]
    seen = ask(stage, "erin", READ, id=erasure_id)["data"]["erasure"]
    assert NAME not in str(seen) + EMAIL
    whole = [place for place in seen["places"] if place["match"] == "whole"]
    assert {(place["what"], place["decision"]) for place in whole} == {
        ("Text and facts of a case version", "ERASE"), ("Body of an evidence item", "ERASE"),
    }  # fmt: skip
    assert ask(stage, "olga", APPROVE, id=erasure_id)["data"]["approveErasure"] == {"__typename": "NotAvailable"}
    one = whole[0]["id"]
    wrong = {"id": erasure_id, "decision": "LEAVE", "places": [one], "group": None, "reason": ""}
    assert ask(stage, "omar", DECIDE, **wrong)["data"]["decideErasurePlaces"]["problems"] == [{"path": "reason"}]
    both = {**wrong, "group": "HELD", "reason": "r"}
    assert ask(stage, "omar", DECIDE, **both)["data"]["decideErasurePlaces"]["problems"] == [{"path": "places"}]
    left = ask(stage, "omar", DECIDE, **{**wrong, "reason": "Needed for a claim"})["data"]["decideErasurePlaces"]
    assert left == {"__typename": "ErasureChanged"}
    ask(stage, "omar", DECIDE, id=erasure_id, decision="ERASE", group="UNDECIDED", places=None, reason="")
    assert ask(stage, "omar", APPROVE, id=erasure_id)["data"]["approveErasure"] == {"__typename": "ErasureChanged"}
    run_erasures(stage.cast.tenant("acme").pk)
    seen = ask(stage, "erin", READ, id=erasure_id)["data"]["erasure"]
    assert (seen["erasure"]["state"], seen["erasure"]["left"]) == ("PROVEN", 1)
    assert {place["id"] for place in seen["places"] if not place["erasedAt"]} == {one}


@pytest.mark.parametrize("who", ["erin", "alice", "oscar"])
def test_others_decide_nothing(stage: Stage, who: str) -> None:
    erasure_id = asked(stage)
    for document, field in ((APPROVE, "approveErasure"), (DECLINE, "declineErasure")):
        assert ask(stage, who, document, id=erasure_id)["data"][field] == {"__typename": "NotAvailable"}
        with stage.backstage("borealis" if who == "oscar" else "acme"):
            event = AccessEvent.objects.order_by("-id")[0]
            assert (event.outcome, event.object_id) == ("refused", erasure_id)
    with stage.backstage():
        assert ErasureRequest.objects.get().state == "proposed"


def test_the_values_are_in_no_problem(stage: Stage) -> None:
    answer = ask(stage, "olga", REQUEST, person={"names": ["Li Wu"]})["data"]["requestErasure"]
    assert [problem["path"] for problem in answer["problems"]] == ["names"]
    assert "Wu" not in str(answer)
