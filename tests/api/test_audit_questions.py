"""Auditors' questions over GraphQL: the same answers and records as on the pages, and nothing for anybody else."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from hub.audit.actions import AuditAction
from hub.audit.models import AccessEvent
from hub.audit.recording import DisclosedRow, record
from hub.workflows.keeping import seal_record
from tenants.actors import system_actor
from tenants.decisions import allow, refuse
from tenants.identifiers import new_id
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
CASE, GRANT = new_id(), new_id()
QUESTIONS = {
    "whoRead": "{ readers { reader readerTenantId times first last hadRaw } cases { caseId times }"
    " perDay { day count } }",
    "whatWasRead": "{ reads { action objectKind objectId outcome times last } perDay { day count } }",
    "whatWasRefused": "{ refusals { action basis actor times last } perDay { day count } }",
    "tokenVolumes": "{ own { tokenId operations history score isUnusual } readers { tokenId operations }"
    " alerts { raisedAt tokenId measure count score caseId } }",
    "recalledHoldings": "{ recipient caseId publicId reason firstReadAt takenBackAt }",
    "auditCheckpoint": "{ size note verifier }",
}


@pytest.fixture
def told(cast: Any) -> Any:
    """Carol was shown a case of acme's twice, bob one of his own team's; something was refused to dana."""
    owner, atlas = cast.tenant("acme").pk, cast.team("acme/atlas").pk
    for who, times in (("carol", 2), ("bob", 1)):
        actor = cast.actor(who, purpose="AcademicResearch")
        with acting_as(actor):
            for _ in range(times):
                record(
                    actor,
                    AuditAction.CASE_READ,
                    "shared_case:c_1",
                    allow(f"grant:{GRANT}"),
                    fields=["title"],
                    disclosed=[DisclosedRow(owner, atlas, CASE, GRANT if who == "carol" else None)],
                    count=1,
                )
    dana = cast["dana"]
    with acting_as(dana):
        record(dana, AuditAction.CASE_READ, "shared_case:c_2", refuse("not_available"))
    return cast


def ask(cast: Any, who: str, field: str, arguments: str = "") -> Any:
    answer = Client().post(
        "/graphql", {"query": f"{{ {field}{arguments} {QUESTIONS[field]} }}"}, content_type="application/json",
        headers={"Authorization": f"Bearer {cast.token(who)}"},
    )  # fmt: skip
    body = json.loads(answer.content)
    return [error["extensions"]["code"] for error in body["errors"]] if "errors" in body else body["data"][field]


def newest(cast: Any, who: str) -> AccessEvent:
    with acting_as(system_actor(cast.tenant_of(who).pk, "test")):
        return AccessEvent.objects.order_by("-pk")[0]


@pytest.mark.parametrize("field", QUESTIONS)
def test_each_is_for_auditors_alone_and_on_record(told: Any, field: str) -> None:
    target = {
        "whoRead": "under_terms", "whatWasRead": "what_was_read", "whatWasRefused": "what_was_refused",
        "tokenVolumes": "token_volumes", "recalledHoldings": "recalled_holdings", "auditCheckpoint": "",
    }[field]  # fmt: skip
    for who in ("erin", "alice", "olga", "carol"):
        answer = ask(told, who, field)
        event = newest(told, who)
        assert (event.action, event.object_id) == ("audit.read", target)
        assert event.outcome == ("allowed" if who == "erin" else "refused")
        if who != "erin":
            assert answer == ["NOT_AVAILABLE"], who


def test_who_read_by_case_grant_purpose_and_days(told: Any) -> None:
    carol, bob = (f"user:{told.user(name).pk}" for name in ("carol", "bob"))
    by_case = ask(told, "erin", "whoRead", f'(caseId: "{CASE}")')
    assert [(row["reader"], row["times"], row["hadRaw"]) for row in by_case["readers"]] == [
        (carol, 2, False), (bob, 1, False),
    ]  # fmt: skip
    assert by_case["cases"] == [{"caseId": str(CASE), "times": 3}]
    assert by_case["perDay"] == [{"day": datetime.now(UTC).date().isoformat(), "count": 3}]
    by_grant = ask(told, "erin", "whoRead", f'(grantId: "{GRANT}", purpose: "AcademicResearch")')
    assert [row["reader"] for row in by_grant["readers"]] == [carol]
    assert ask(told, "erin", "whoRead", '(caseId: "nonsense")')["readers"] == []
    yesterday = (date.today() - timedelta(days=1)).isoformat()
    assert ask(told, "erin", "whoRead", f'(period: {{lastDay: "{yesterday}"}})')["readers"] == []


@pytest.mark.parametrize("period", ['{firstDay: "0001-01-01", lastDay: "9999-12-31"}', '{lastDay: "0001-01-01"}'])
def test_a_calendar_has_no_edge_to_fall_from(told: Any, period: str) -> None:
    found = ask(told, "erin", "whoRead", f"(period: {period})")
    assert len(found["readers"]) == (2 if "9999" in period else 0)


def test_what_was_read_and_refused(told: Any) -> None:
    bob, dana = (f"user:{told.user(name).pk}" for name in ("bob", "dana"))
    (row,) = ask(told, "erin", "whatWasRead", f'(actor: "{bob}")')["reads"]
    assert (row["action"], row["objectId"], row["outcome"], row["times"]) == ("case.read", "c_1", "ALLOWED", 1)
    (row,) = ask(told, "erin", "whatWasRead", f'(teamId: "{told.team("acme/zephyr").pk}")')["reads"]
    assert (row["objectId"], row["outcome"]) == ("c_2", "REFUSED")
    assert ask(told, "erin", "whatWasRead", '(teamId: "nonsense")')["reads"] == []
    refusals = ask(told, "erin", "whatWasRefused")["refusals"]
    assert [(row["action"], row["basis"], row["actor"], row["times"]) for row in refusals] == [
        ("case.read", "not_available", dana, 1)
    ]


def test_tokens_and_the_newest_checkpoint(told: Any) -> None:
    assert ask(told, "erin", "auditCheckpoint") is None
    (sealed,) = seal_record()
    found = ask(told, "erin", "auditCheckpoint")
    assert (found["size"], found["note"]) == (sealed.checkpoint.size, sealed.note)
    found = ask(told, "erin", "tokenVolumes")
    assert sum(row["operations"] for row in found["own"]) == 2
    assert {row["score"] for row in found["own"]} == {None}
    assert (found["readers"], found["alerts"]) == ([], [])
