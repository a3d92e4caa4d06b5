"""What pages show of rows: the own tenant's, never what a case says, and nothing by searching or filtering for it."""

import re
from typing import Any
from uuid import uuid4

import pytest

from hub.sharing.models import SharingGrant
from tests.admin.pages import INSIDE, LISTS, label
from tests.sharing.stage import EMAIL, NAME

ROWS = {
    "catalog/case": "case", "sharing/sharinggrant": "running", "lifecycle/policyversion": "proposal",
    "catalog/breakglass": "break_glass",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(ROWS))
def test_a_row_opens_and_is_on_record(office: Any, path: str) -> None:
    wanted = office.ids[ROWS[path]]
    answer = office.enter("olga").get(f"/admin/{path}/{wanted}/change/")
    assert answer.status_code == 200
    event = office.events(action="admin.view")[-1]
    assert (event.object_kind, event.object_id, event.outcome) == (label(path), str(wanted), "allowed")
    assert event.detail == {"count": 1}


@pytest.mark.parametrize("path", sorted(ROWS))
def test_another_tenants_row_and_no_row_at_all_look_alike(office: Any, path: str) -> None:
    client = office.enter("oscar")
    foreign = client.get(f"/admin/{path}/{office.ids[ROWS[path]]}/change/")
    unknown = client.get(f"/admin/{path}/{uuid4()}/change/")
    assert foreign.status_code == unknown.status_code == 403
    assert foreign.content == unknown.content
    assert [event.outcome for event in office.events("borealis", action="admin.view")] == ["refused", "refused"]
    listed = client.get(f"/admin/{path}/").context["cl"].result_list
    assert office.ids[ROWS[path]] not in {row.pk for row in listed}


def test_a_recipients_officer_does_not_see_the_owners_grant(office: Any) -> None:
    # The wall lets a recipient's tenant read the grant; this page is about what one's own tenant shares.
    assert list(office.enter("oscar").get("/admin/sharing/sharinggrant/").context["cl"].result_list) == []


def test_a_reviewer_sees_his_own_team_and_his_own_break_glass(office: Any) -> None:
    client = office.enter("rita")
    assert list(client.get("/admin/catalog/case/?q=" + str(office.ids["foreign_case"])).context["cl"].result_list) == []
    listed = client.get("/admin/catalog/breakglass/").context["cl"].result_list
    assert [row.pk for row in listed] == [office.ids["break_glass"]]
    assert office.enter("dana").get("/admin/catalog/breakglass/").status_code == 302


@pytest.mark.parametrize("who", INSIDE)
def test_no_page_shows_what_a_case_says(office: Any, who: str) -> None:
    client = office.enter(who)
    visited = 0
    for path, people in LISTS.items():
        if who not in people:
            continue
        page = client.get(f"/admin/{path}/")
        bodies = [page.content.decode()]
        for row in page.context["cl"].result_list:
            bodies.append(client.get(f"/admin/{path}/{row.pk}/change/").content.decode())
        for body in bodies:
            visited += 1
            assert NAME not in body
            assert EMAIL not in body
            assert "The router sends refunds" not in body
            assert "recall of the label" not in body.lower()
    assert visited >= 1


def test_a_search_for_words_leaves_them_nowhere(office: Any) -> None:
    client = office.enter("olga")
    answer = client.post("/admin/catalog/case/", {"q": NAME})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/catalog/case/")
    page = client.get("/admin/catalog/case/").content.decode()
    assert "The search takes a whole id" in page
    assert NAME not in page


def test_a_search_finds_by_whole_id(office: Any) -> None:
    client = office.enter("olga")
    other = office.stage.submit(title="Another").pk
    answer = client.post("/admin/catalog/case/", {"q": f" {other} "}, follow=True)
    assert answer.redirect_chain == [(f"/admin/catalog/case/?q={other}", 302)]
    assert [row.pk for row in answer.context["cl"].result_list] == [other]
    assert list(client.get(f"/admin/catalog/case/?q={str(other)[:12]}").context["cl"].result_list) == []


@pytest.mark.parametrize(
    "query",
    [
        "current_version__text__title__startswith=A",
        "created_by=user:x",
        "current_version__data_source__icontains=mail",
        "id__gt=0",
        "tenant__slug=borealis",
    ],
)
def test_no_column_is_asked_for_that_no_filter_offers(office: Any, query: str) -> None:
    assert office.enter("olga").get(f"/admin/catalog/case/?{query}").status_code == 400


def test_redacted_text_cannot_be_asked_for_either(office: Any) -> None:
    assert office.enter("olga").get("/admin/sharing/projection/?search_text__icontains=refund").status_code == 400


def test_filters_take_offered_values_only(office: Any) -> None:
    client = office.enter("olga")
    running = client.get("/admin/sharing/sharinggrant/?standing=running").context["cl"].result_list
    assert [row.pk for row in running] == [office.ids["running"]]
    waiting = client.get("/admin/sharing/sharinggrant/?standing=proposed").context["cl"].result_list
    assert [row.pk for row in waiting] == [office.ids["proposed"]]
    assert list(client.get("/admin/sharing/sharinggrant/?standing=' OR 1").context["cl"].result_list) == []


def test_a_grant_counts_what_it_selects_and_what_a_recipient_gets(office: Any) -> None:
    def shown(who: str) -> str:
        page = office.enter(who).get(f"/admin/sharing/sharinggrant/{office.ids['running']}/change/").content.decode()
        row = page.partition(">Cases<")[2].partition("Begins")[0]
        return next(text for text in re.findall(r">\s*([0-9][0-9of ]*?)\s*<", row))

    assert shown("olga") == "0 of 1"  # nothing is built yet
    office.stage.build()
    assert shown("olga") == "1 of 1"
    assert shown("erin") == "1"  # projections are no business of an auditor's
    with office.stage.backstage():
        SharingGrant.objects.filter(pk=office.ids["running"]).update(ceiling_tlp="GREEN")
    assert shown("olga") == "0 of 1"


def test_the_start_page_counts_what_waits(office: Any) -> None:
    page = office.enter("omar").get("/admin/").context["page"]
    assert {figure.label: figure.count for figure in page.figures} == {
        "Open break-glass": 1, "Policies to decide": 1, "Grants to decide": 1, "Access requests": 1,
        "Waivers to decide": 0, "Tickets overdue": 0, "Tickets at risk": 0, "Dry runs to confirm": 0,
        "Holds to review": 0,
    }  # fmt: skip
    waiting = page.panels[0]
    assert waiting.title == "Waits for a decision"
    assert [str(row[1]) for row in waiting.rows] == ["by Rita", "by Olga", "by Olga", "from borealis/lumen"]


def test_the_start_page_says_what_is_ones_own(office: Any) -> None:
    rows = office.enter("olga").get("/admin/").context["page"].panels[0].rows
    assert [str(row[1]) for row in rows][1:3] == ["yours: a colleague decides", "yours: a colleague decides"]
