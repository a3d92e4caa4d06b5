"""Auditors at the site: the record filtered, shown and pulled, each pull an event."""

import csv
import io
import json
from typing import Any

import pytest

from hub.sharing.shapes import CaseFilter, CaseOrder, PageRequest
from hub.workflows.disclosure import disclose_cases
from tenants.scoping import acting_as


@pytest.fixture
def read(office: Any) -> None:
    """Carol has read what is shared with her, and dave has found nothing."""
    office.stage.build()
    for name in ("carol", "dave"):
        actor = office.stage.actor(name)
        with acting_as(actor):
            disclose_cases(
                actor, condition=CaseFilter(), order=CaseOrder.NEWEST, page=PageRequest(first=10), fields=["title"]
            )


@pytest.mark.usefixtures("read")
def test_the_owner_sees_who_received_what(office: Any) -> None:
    client = office.enter("erin")
    answer = client.get("/admin/audit/disclosure/?from=outside")
    rows = answer.context["cl"].result_list
    assert [(row.case_ids, row.grant_ids) for row in rows] == [([office.ids["case"]], [office.ids["running"]])]
    assert "borealis" in answer.content.decode()
    assert str(office.ids["foreign_case"]) not in answer.content.decode()
    assert list(client.get("/admin/audit/disclosure/?raw=yes").context["cl"].result_list) == []
    found = client.post("/admin/audit/disclosure/", {"q": str(office.ids["case"])}, follow=True)
    assert [row.pk for row in found.context["cl"].result_list] == [row.pk for row in rows]
    assert client.get(f"/admin/audit/disclosure/{rows[0].pk}/change/").status_code == 200


def test_events_filter_by_person_action_outcome_and_day(office: Any) -> None:
    office.enter("olga").post(f"/admin/lifecycle/policyversion/{office.ids['proposal']}/activate/", {"reason": "x"})
    client = office.enter("erin")
    olga = f"user:{office.stage.cast.user('olga').pk}"

    def listed(**query: str) -> list[tuple[str, str, str]]:
        found = client.get("/admin/audit/accessevent/", query).context["cl"].result_list
        return [(row.actor_key, row.action, row.outcome) for row in found]

    assert listed(action="policy.activate", outcome="refused") == [(olga, "policy.activate", "refused")]
    assert {key for key, _, _ in listed(actor_key=olga)} == {olga}
    assert listed(action="policy.activate", since="2200-01-01") == []
    assert listed(action="policy.activate", until="2000-01-01") == []
    assert len(listed(action="policy.activate", since="2000-01-01", until="2200-01-01")) == 1
    assert listed(since="no day") == []


def test_an_event_opens_with_its_detail(office: Any) -> None:
    event = office.events(action="grant.issue")[-1]
    page = office.enter("erin").get(f"/admin/audit/accessevent/{event.pk}/change/").content.decode()
    assert "Olga" in page
    assert "borealis/lumen" in page
    assert "Grant: issue" in page


@pytest.mark.parametrize(("subject", "path"), [("events", "accessevent"), ("disclosures", "disclosure")])
@pytest.mark.usefixtures("read")
def test_a_pull_is_complete_and_an_event_itself(office: Any, subject: str, path: str) -> None:
    client = office.enter("erin")
    answer = client.post(f"/admin/audit/{path}/pull/", {"format": "jsonl"})
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{subject}-')
    rows = [json.loads(line) for line in answer.getvalue().decode().splitlines()]
    event = office.newest()
    assert (event.action, event.outcome, event.object_kind) == ("audit.export", "allowed", subject)
    assert (event.detail["count"], event.detail["rows"], event.detail["form"]) == (len(rows), len(rows), "jsonl")
    assert len(rows) >= 1

    pulled = client.post(f"/admin/audit/{path}/pull/", {"format": "csv"}).getvalue().decode()
    table = list(csv.DictReader(io.StringIO(pulled)))
    assert {row["id"] for row in rows} <= {row["id"] for row in table}
    assert not [cell for row in table for cell in row.values() if cell[:1] in "=+-@" and cell]


@pytest.mark.usefixtures("read")
def test_a_pull_holds_what_was_chosen(office: Any) -> None:
    client = office.enter("erin")
    olga = f"user:{office.stage.cast.user('olga').pk}"

    def pulled(path: str, **chosen: str) -> list[dict[str, Any]]:
        answer = client.post(f"/admin/audit/{path}/pull/", {"format": "jsonl", **chosen})
        assert answer.status_code == 200, answer.context["form"].errors
        return [json.loads(line) for line in answer.getvalue().splitlines()]

    grants = pulled("accessevent", person=olga, action="grant.issue", outcome="allowed")
    assert [(row["actor_key"], row["action"]) for row in grants] == [(olga, "grant.issue")]
    assert pulled("accessevent", until="2000-01-01") == []
    case, grant = str(office.ids["case"]), str(office.ids["running"])
    assert [row["case_ids"] for row in pulled("disclosure", case_id=case, grant_id=grant)] == [[case]]
    assert pulled("disclosure", case_id=case, raw_only="on") == []
    assert pulled("disclosure", case_id=grant) == []


@pytest.mark.parametrize("who", ["olga", "adam", "rita"])
def test_nobody_else_pulls(office: Any, who: str) -> None:
    answer = office.enter(who).post("/admin/audit/accessevent/pull/", {"format": "csv"})
    assert answer.status_code == 403
    assert "occurred_at" not in answer.content.decode()
    assert office.newest().outcome == "refused"
