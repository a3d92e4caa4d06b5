"""A remediation ticket from its opening to its end, on the pages alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from hub.escalation.models import RemediationTicket, TicketEvent

LIST = "/admin/escalation/remediationticket/"


def terms(office: Any, **changes: str) -> dict[str, str]:
    """The form of a ticket about the case on the stage."""
    return {
        "team": str(office.stage.cast.team("acme/atlas").pk), "title": "Roll the router back",
        "cases": str(office.ids["case"]), "severity": "high", "due": "", **changes,
    }  # fmt: skip


@pytest.fixture
def ticket(office: Any) -> UUID:
    """Opened by olga."""
    assert office.enter("olga").post(f"{LIST}open/", terms(office)).status_code == 302
    with office.stage.backstage():
        return RemediationTicket.objects.get().pk


def row(office: Any) -> RemediationTicket:
    with office.stage.backstage():
        return RemediationTicket.objects.get()


def test_is_opened_by_hand_and_leads_to_its_page(office: Any) -> None:
    tomorrow = (timezone.localtime() + timedelta(days=1)).date()
    answer = office.enter("olga").post(f"{LIST}open/", terms(office, due=tomorrow.isoformat()))
    opened = row(office)
    assert answer["Location"] == f"{LIST}{opened.pk}/change/"
    assert (opened.number, opened.title, opened.severity_label) == (1, "Roll the router back", "high")
    assert timezone.localtime(opened.due_at).date() == tomorrow
    page = office.enter("olga").get(answer["Location"])
    panels = {panel.title: panel.rows for panel in page.context["related"]["panels"]}
    assert [str(office.ids["case"]) in str(cells[0]) for cells in panels["Cases"]] == [True]
    assert [cells[1:] for cells in panels["History"]] == [("Opened", "Olga", "–")]
    assert panels["In other systems"] == panels["What was told"] == ()
    assert "at risk" in page.content.decode()
    assert office.newest().action == "admin.view"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"cases": "not an id"}, "Give whole ids"),
        ({"cases": str(uuid4())}, "Not available"),
        ({"title": ""}, "This field is required"),
        ({"team": str(uuid4())}, "Select a valid choice"),
    ],
)
def test_a_form_that_is_wrong_opens_nothing(office: Any, changes: dict[str, str], problem: str) -> None:
    answer = office.enter("olga").post(f"{LIST}open/", terms(office, **changes))
    assert answer.status_code in {200, 403, 422}
    assert problem in answer.content.decode()
    with office.stage.backstage():
        assert RemediationTicket.objects.count() == 0


def test_goes_through_its_life_on_the_pages(office: Any, ticket: UUID) -> None:
    olga, omar = office.enter("olga"), office.enter("omar")
    assert omar.post(f"{LIST}{ticket}/take/").status_code == 302
    cast = office.stage.cast
    assert (row(office).state, row(office).owner) == ("in_progress", f"user:{cast.user('omar').pk}")
    handed = {"owner": str(cast.user("alice").pk), "note": "She knows the router"}
    assert olga.post(f"{LIST}{ticket}/hand_over/", handed).status_code == 302
    assert olga.post(f"{LIST}{ticket}/due/", {"due": "2099-03-04", "note": ""}).status_code == 302
    assert omar.post(f"{LIST}{ticket}/comment/", {"note": "Asked for the log"}).status_code == 302
    assert omar.post(f"{LIST}{ticket}/move/", {"state": "resolved", "note": "Rolled back"}).status_code == 302
    done = row(office)
    assert (done.state, done.owner, done.due_at.year) == ("resolved", f"user:{cast.user('alice').pk}", 2099)
    panels = omar.get(f"{LIST}{ticket}/change/").context["related"]["panels"]
    history = next(panel for panel in panels if panel.title == "History").rows
    assert [cells[1:] for cells in history] == [
        ("In progress → Resolved", "Omar", "Rolled back"),
        ("Commented", "Omar", "Asked for the log"),
        ("due 2099-03-04", "Olga", "–"),
        ("owner: Alice", "Olga", "She knows the router"),
        ("Open → In progress; owner: Omar", "Omar", "–"),
        ("Opened", "Olga", "–"),
    ]
    changes = office.events(action="ticket.change")
    assert [(event.outcome, event.object_id) for event in changes] == [("allowed", str(ticket))] * 5


def test_the_list_is_narrowed_by_how_tickets_stand(office: Any, ticket: UUID) -> None:
    olga = office.enter("olga")

    def found(query: str) -> list[UUID]:
        return [entry.pk for entry in olga.get(f"{LIST}?{query}").context["cl"].result_list]

    assert found("standing=open") == found("standing=unowned") == found("origin=hand") == found("severity=high")
    assert found("standing=open") == [ticket]
    assert found("standing=mine") == found("standing=overdue") == found("origin=rule") == []
    assert found(f"q={office.ids['case']}") == [ticket]
    with office.stage.backstage():
        RemediationTicket.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert found("standing=overdue") == [ticket]
    olga.post(f"{LIST}{ticket}/take/")
    assert found("standing=mine") == [ticket]


def test_nobody_else_sees_or_moves_it(office: Any, ticket: UUID) -> None:
    assert list(office.enter("rita").get(LIST).context["cl"].result_list) == []  # she reviews in another team
    for who, path, refused in (
        ("oscar", "change/", "admin.view"), ("rita", "change/", "admin.view"), ("adam", "move/", "admin.view"),
    ):  # fmt: skip
        assert office.enter(who).get(f"{LIST}{ticket}/{path}").status_code == 403
        event = office.newest("borealis" if who == "oscar" else "acme")
        assert (event.action, event.outcome) == (refused, "refused")
    for who in ("oscar", "rita", "erin"):
        assert office.enter(who).post(f"{LIST}{ticket}/move/", {"state": "closed"}).status_code == 403
    foreign = office.enter("oscar").get(f"{LIST}{ticket}/change/")
    assert foreign.content == office.enter("oscar").get(f"{LIST}{uuid4()}/change/").content
    assert row(office).state == "open"
    with office.stage.backstage():
        assert TicketEvent.objects.count() == 1
