"""A team asks for access and learns nothing by asking; an officer answers."""

from typing import Any
from uuid import uuid4

import pytest

from hub.sharing.models import AccessRequest
from hub.workflows.outcomes import Done, Invalid, Refusal
from hub.workflows.requests import answer_access, request_access
from tenants.scoping import acting_as
from tests.sharing.stage import PURPOSE, Stage, in_days


def ask(stage: Stage, who: str, workflow: Any, **arguments: Any) -> Any:
    actor = stage.actor(who)
    with acting_as(actor):
        return workflow(actor, **arguments)


def request(stage: Stage, owner: str = "acme/atlas", who: str = "carol", **changes: Any) -> Any:
    values = {
        "team_id": stage.actor(who).team_ids[0],
        "owner": owner,
        "wish": "Routing failures of support mail.",
        "purpose": PURPOSE,
        "until": in_days(60),
        **changes,
    }
    return ask(stage, who, request_access, **values)


def the_request(stage: Stage) -> AccessRequest:
    with stage.backstage():
        return AccessRequest.objects.get()


@pytest.mark.parametrize("owner", ["acme/atlas", "acme", "acme/nothing", "nobody", "cobalt"])
def test_the_answer_is_the_same_whether_or_not_there_is_anything(stage: Stage, owner: str) -> None:
    assert request(stage, owner) == Done()
    event = stage.last_event("borealis")
    assert (event.action, event.outcome, event.detail) == ("access.request", "allowed", {"purpose_asked": PURPOSE})


def test_the_asked_tenant_sees_the_request_and_declines_it(stage: Stage) -> None:
    request(stage)
    row = the_request(stage)
    assert (row.requester_label, row.state, row.purpose) == ("borealis/lumen", "open", PURPOSE)
    assert ask(stage, "olga", answer_access, request_id=row.pk, is_granted=False, answer="Not now.") == Done(row.pk)
    row = the_request(stage)
    assert (row.state, row.answer, row.grant_id) == ("declined", "Not now.", None)
    assert ask(stage, "omar", answer_access, request_id=row.pk, is_granted=False) == Refusal("answered")


def test_granting_names_a_grant_to_the_requester(stage: Stage) -> None:
    request(stage)
    row = the_request(stage)
    elsewhere = stage.grant("acme/zephyr")
    for grant_id in (None, uuid4(), elsewhere.grant_id):
        answer = ask(stage, "olga", answer_access, request_id=row.pk, is_granted=True, grant_id=grant_id)
        assert isinstance(answer, Invalid)
    grant = stage.grant("borealis/lumen")
    assert ask(stage, "olga", answer_access, request_id=row.pk, is_granted=True, grant_id=grant.grant_id) == Done(
        row.pk
    )
    assert (the_request(stage).state, the_request(stage).grant_id) == ("granted", grant.grant_id)


@pytest.mark.parametrize("who", ["alice", "erin", "carol", "oscar", "dave"])
def test_nobody_but_the_asked_tenants_officers_answers(stage: Stage, who: str) -> None:
    request(stage)
    row = the_request(stage)
    assert isinstance(ask(stage, who, answer_access, request_id=row.pk, is_granted=False), Refusal)
    assert the_request(stage).state == "open"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"wish": " "}, "wish"),
        ({"wish": "x" * 1001}, "wish"),
        ({"purpose": "Fun"}, "purpose"),
        ({"until": in_days(-1)}, "until"),
    ],
)
def test_a_request_that_cannot_be_is_named(stage: Stage, changes: dict[str, Any], path: str) -> None:
    answer = request(stage, **changes)
    assert isinstance(answer, Invalid)
    assert answer.problems[0].path == path


def test_a_request_is_made_for_ones_own_team(stage: Stage) -> None:
    assert request(stage, team_id=stage.cast.team("borealis/drift").pk) == Refusal("no_role")
    assert request(stage, team_id=stage.cast.team("acme/atlas").pk) == Refusal("unknown")
