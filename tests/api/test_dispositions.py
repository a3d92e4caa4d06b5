"""Dry runs over GraphQL: what officers see is the list that the workflow made, and officers alone confirm it."""

from typing import Any

import orjson
import pytest
from django.test import Client

from hub.audit.models import AccessEvent
from hub.retention.models import DispositionRun, ListedItem
from tests.sharing.stage import Stage, build_stage

MAKE = "mutation { makeDryRun { __typename ... on DryRunMade { runId due kept warnings } } }"
CONFIRM = """mutation ($run: ID!) { confirmDryRun(runId: $run) { __typename
    ... on DryRunConfirmed { runId } ... on InvalidInput { problems { path message } } } }"""
RUNS = "{ dispositionRuns { id state due kept } }"
RUN = """query ($run: ID!) { dispositionRun(id: $run, first: 100) {
    run { state seenAt } items { itemId track rule dueAt keptBecause isDifference } } }"""


@pytest.fixture
def stage(db: None) -> Stage:
    """The cast, and one case of atlas."""
    stage = build_stage()
    stage.submit()
    return stage


def ask(stage: Stage, who: str, document: str, **variables: Any) -> Any:
    """What the hub answers to somebody's token."""
    answer = Client().post(
        "/graphql", {"query": document, "variables": variables}, content_type="application/json",
        headers={"Authorization": f"Bearer {stage.cast.token(who)}"},
    )  # fmt: skip
    return orjson.loads(answer.content)


def test_lists_item_by_item_and_is_confirmed_once(stage: Stage) -> None:
    made = ask(stage, "olga", MAKE)["data"]["makeDryRun"]
    assert (
        made["warnings"][0] == "No rule of this organisation covers the track raw_evidence; the shipped default counts."
    )
    with stage.backstage():
        listed = {str(item.item_id): item for item in ListedItem.objects.all()}
    assert made["due"] + made["kept"] == len(listed) > 0
    run = made["runId"]
    runs = ask(stage, "erin", RUNS)["data"]["dispositionRuns"]
    assert runs == [{"id": run, "state": "LISTED", "due": made["due"], "kept": made["kept"]}]
    seen = ask(stage, "erin", RUN, run=run)["data"]["dispositionRun"]
    assert {item["itemId"] for item in seen["items"]} == set(listed)
    for item in seen["items"]:
        row = listed[item["itemId"]]
        assert (item["track"], item["rule"]) == (row.track, f"shipped default for {row.track}")
        assert item["keptBecause"] == "its time is not over"
        assert row.due_at is not None
        assert item["dueAt"] == row.due_at.isoformat()
    assert ask(stage, "omar", CONFIRM, run=run)["data"]["confirmDryRun"] == {
        "__typename": "DryRunConfirmed", "runId": run,
    }  # fmt: skip
    assert ask(stage, "erin", RUN, run=run)["data"]["dispositionRun"]["run"]["state"] == "RUNNING"
    again = ask(stage, "olga", CONFIRM, run=run)["data"]["confirmDryRun"]
    assert again["problems"] == [{"path": "run_id", "message": "This dry run has been confirmed already."}]


@pytest.mark.parametrize(("who", "basis"), [("erin", "no_role"), ("alice", "no_role"), ("oscar", "unknown")])
def test_others_confirm_nothing(stage: Stage, who: str, basis: str) -> None:
    run = ask(stage, "olga", MAKE)["data"]["makeDryRun"]["runId"]
    assert ask(stage, who, CONFIRM, run=run)["data"]["confirmDryRun"] == {"__typename": "NotAvailable"}
    with stage.backstage():
        assert DispositionRun.objects.get().state == "listed"
    with stage.backstage("borealis" if who == "oscar" else "acme"):
        event = AccessEvent.objects.filter(action="disposition.confirm").latest("id")
    assert (event.outcome, event.basis, event.object_id) == ("refused", basis, run)


@pytest.mark.parametrize("who", ["alice", "oscar"])
def test_others_read_no_run(stage: Stage, who: str) -> None:
    run = ask(stage, "olga", MAKE)["data"]["makeDryRun"]["runId"]
    answer = ask(stage, who, RUN, run=run)
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_AVAILABLE"]
    assert ask(stage, who, RUNS)["data"] == ({"dispositionRuns": []} if who == "oscar" else None)
