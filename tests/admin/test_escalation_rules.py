"""An escalation rule on the pages: written with help, checked, played over history, and let govern by two people."""

from typing import Any

import pytest

from hub.audit.models import AccessEvent
from hub.escalation.models import RemediationTicket
from hub.lifecycle.models import PolicyVersion
from hub.workflows.escalation import run_escalation

LIST = "/admin/escalation/escalationrule/"


def terms(**changes: Any) -> dict[str, Any]:
    """The form of a rule for severe cases."""
    return {
        "name": "Severe", "slug": "severe", "title": "A model fails severely", "condition": "severity >= HIGH",
        "triggers": ["case_submitted", "case_changed"], "cluster": ["model"], "window": "P30D", "severity": "",
        "respond_within": "P2D", "due_within": "P14D", "actions": "open_ticket\npause_release production",
        "cool_down": "PT0S", "reopen_within": "P30D", "storm_limit": "10", "storm_window": "PT1H", "quiet_from": "",
        "quiet_to": "", "quiet_zone": "", "quiet_up_to": "medium", "note": "", **changes,
    }  # fmt: skip


def version_of(office: Any, state: str) -> PolicyVersion:
    with office.stage.backstage():
        return PolicyVersion.objects.get(policy__slug="severe", state=state)


def panels(answer: Any) -> dict[str, Any]:
    return {panel.title: panel.rows for panel in answer.context["related"]["panels"]}


def test_a_rule_is_drafted_looked_at_and_activated_by_two_people(office: Any) -> None:
    olga, omar = office.enter("olga"), office.enter("omar")
    with office.stage.backstage():
        tenant_id = office.stage.cast.tenant("acme").pk
    run_escalation(tenant_id)
    answer = olga.post(f"{LIST}new/", terms(quiet_from="22:00", quiet_to="07:00", quiet_zone="Europe/Berlin"))
    draft = version_of(office, "draft")
    assert answer["Location"] == f"/admin/lifecycle/policyversion/{draft.pk}/change/"
    assert draft.document["actions"] == [{"do": "open_ticket"}, {"do": "pause_release", "channel": "production"}]
    assert draft.document["quiet_hours"] == {
        "from": "22:00", "to": "07:00", "zone": "Europe/Berlin", "up_to": "medium",
    }  # fmt: skip
    page = f"/admin/lifecycle/policyversion/{draft.pk}"
    form = olga.get(f"{page}/edit_rule/").context["form"]
    assert {name: form.fields[name].initial for name in ("condition", "cool_down", "quiet_zone")} == {
        "condition": "severity >= HIGH", "cool_down": "PT0S", "quiet_zone": "Europe/Berlin",
    }  # fmt: skip
    shown = panels(olga.get(f"{page}/change/?days=30"))
    assert ("Opened a ticket", 1) in shown["What it would have done"]
    assert [str(office.ids["case"]) in str(cells[0]) for cells in shown["Case by case"]] == [True]
    played = office.events(action="rule.backtest")[-1]
    assert (played.outcome, played.object_id, played.detail["counts"]) == ("allowed", str(draft.pk), {"opened": 1})
    with office.stage.backstage():
        assert RemediationTicket.objects.count() == 0

    assert olga.post(f"{page}/propose/").status_code == 302
    assert olga.post(f"{page}/activate/", {"reason": ""}).status_code == 403
    assert "What it would have done" in panels(omar.get(f"{page}/change/"))
    assert omar.post(f"{page}/activate/", {"reason": "Agreed"}).status_code == 302
    assert version_of(office, "active").pk == draft.pk
    listed = omar.get(LIST).context["cl"].result_list
    assert [(row.slug, row.active_number, row.open_count, row.fault_count) for row in listed] == [
        ("severe", 1, None, None)
    ]


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"condition": "severty > 2"}, "condition", "line 1, character 1: undeclared reference to 'severty'"),
        ({"triggers": []}, "triggers", "expected a list of case_submitted"),
        ({"actions": "notify"}, "actions", "Line 1: names where this is sent"),
        ({"actions": "open_ticket\nclose_case"}, "actions", "Line 2: expected one of open_ticket"),
        ({"window": "a month"}, "window", "expected an ISO 8601 duration"),
        ({"quiet_from": "22"}, "quiet_from", "expected from and to as HH:MM"),
    ],
)
def test_a_problem_stands_at_its_field(office: Any, changes: dict[str, Any], field: str, problem: str) -> None:
    answer = office.enter("olga").post(f"{LIST}new/", terms(**changes))
    assert answer.status_code == 422
    assert problem in " ".join(answer.context["form"].errors[field])
    with office.stage.backstage():
        assert PolicyVersion.objects.filter(policy__slug="severe").count() == 0


def check(office: Any, who: str = "olga", **given: Any) -> Any:
    return office.enter(who).post(f"{LIST}check/", given)


def test_a_condition_is_checked_while_it_is_typed(office: Any) -> None:
    wrong = check(office, condition="severity >")
    assert wrong.json()["problem"].startswith("line 1, character 11: ")
    assert wrong.json()["cases"] == []
    found = check(office, condition="severity >= HIGH && model == 'ticket-router'")
    assert "no-store" in found["Cache-Control"]
    assert found.json() == {
        "problem": "", "looked_at": 1, "count": 1, "faults": 0,
        "cases": [{"id": str(office.ids["case"]), "url": f"/admin/catalog/case/{office.ids['case']}/change/"}],
    }  # fmt: skip
    event = office.newest()
    assert (event.action, event.outcome, event.detail) == (
        "rule.backtest", "allowed", {"preview": True, "looked_at": 1, "count": 1},
    )  # fmt: skip
    assert check(office, condition="recurrence > 1").json()["count"] == 0
    assert check(office, condition="trigger == 'case_aged'").json()["count"] == 0
    assert check(office, condition="trigger == 'case_aged'", triggers=["case_aged"]).json()["count"] == 1
    assert check(office, condition="severity / age_days > 1").json()["faults"] == 1


@pytest.mark.parametrize("who", ["erin", "rita", "adam"])
def test_the_check_is_for_officers(office: Any, who: str) -> None:
    answer = check(office, who, condition="severity >= HIGH")
    assert answer.status_code == 403
    assert str(office.ids["case"]) not in answer.content.decode()
    with office.stage.backstage():
        event = AccessEvent.objects.order_by("-id")[0]
    assert (event.action, event.outcome, event.detail["step"]) == ("admin.view", "refused", "check")


def test_the_check_is_not_asked_by_an_address(office: Any) -> None:
    assert office.enter("olga").get(f"{LIST}check/?condition=true").status_code == 403
