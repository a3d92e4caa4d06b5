"""Who comes in, what each role finds inside, and that every look is on record."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hub.admin.site import PAGES as REGISTERED
from hub.admin.site import site
from hub.audit.models import RefusalCount
from hub.demo.cast import CAST
from tenants.models import Membership
from tenants.roles import Role
from tenants.services import add_member
from tests.admin.pages import INSIDE, LISTS, OUTSIDE, label


def test_every_page_is_in_the_table() -> None:
    named = {f"{model._meta.app_label}/{model._meta.model_name}" for model in site._registry}
    assert named == set(LISTS)
    assert len(REGISTERED) == len(LISTS)


def test_lets_in_whom_it_is_made_for(office: Any) -> None:
    assert {who: office.enter(who).get("/admin/").status_code for who in INSIDE} == dict.fromkeys(INSIDE, 200)


def test_turns_away_readers_and_contributors_and_records_it(office: Any) -> None:
    for who in OUTSIDE:
        answer = office.enter(who).get("/admin/sharing/sharinggrant/", follow=True)
        assert answer.redirect_chain[0][0] == "/admin/login/?next=/admin/sharing/sharinggrant/"
        assert b"Sharing grants" not in answer.content
        event = office.newest(next(person.tenant for person in CAST if person.name == who))
        assert (event.action, event.outcome, event.basis) == ("admin.view", "refused", "no_role")
        assert event.user_id == office.stage.cast.user(who).pk


def test_nobody_is_sent_to_sign_in(office: Any) -> None:
    answer = Client().get("/admin/catalog/case/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/catalog/case/")


def test_a_token_opens_no_page(office: Any) -> None:
    client = Client(headers={"Authorization": f"Bearer {office.stage.cast.token('olga')}"})
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("who", INSIDE)
def test_lists_open_by_role_and_each_look_is_one_event(office: Any, who: str) -> None:
    client = office.enter(who)
    for path, people in LISTS.items():
        before = len(office.events())
        answer = client.get(f"/admin/{path}/")
        assert answer.status_code == (200 if who in people else 403), path
        if who == "petra":
            continue
        events = office.events()[before:]
        assert [(event.action, event.object_kind, event.object_id) for event in events] == [
            ("admin.view", label(path), "")
        ]
        if who in people:
            rows = [str(row.pk) for row in answer.context["cl"].result_list]
            detail = {"count": len(rows), "rows": rows} if rows else {"count": 0}
            assert (events[0].outcome, events[0].detail) == ("allowed", detail)
        else:
            assert (events[0].outcome, events[0].basis) == ("refused", "no_role")


def test_the_sidebar_holds_what_opens_and_nothing_else(office: Any) -> None:
    for who in INSIDE:
        answer = office.enter(who).get("/admin/")
        links = {item["link"] for group in answer.context["sidebar_navigation"] for item in group["items"]}
        asked = {"/admin/questions/", "/admin/checkpoints/"} if who == "erin" else set()
        assert links == {"/admin/"} | asked | {f"/admin/{path}/" for path, people in LISTS.items() if who in people}


@pytest.mark.parametrize(("who", "address"), [("olga", "olga@acme.example"), ("erin", "erin@acme.example")])
def test_signs_in_by_email_and_records_it(office: Any, who: str, address: str) -> None:
    client = Client()
    password = office.stage.cast.password(who)
    answer = client.post("/admin/login/", {"username": address.upper(), "password": password})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    event = office.newest()
    assert (event.action, event.outcome, event.object_id) == (
        "sign_in", "allowed", str(office.stage.cast.user(who).pk),
    )  # fmt: skip
    assert client.get("/admin/").status_code == 200
    client.post("/admin/logout/")
    assert office.newest().action == "sign_out"
    assert client.get("/admin/").status_code == 302


def test_somebody_without_a_page_here_goes_to_the_start_of_the_hub(office: Any) -> None:
    answer = Client().post(
        "/admin/login/", {"username": "alice@acme.example", "password": office.stage.cast.password("alice")}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("address", ["olga@acme.example", "nobody@acme.example"])
def test_a_failed_sign_in_is_counted_and_says_nothing(office: Any, address: str) -> None:
    events = len(office.events())
    answer = Client().post("/admin/login/", {"username": address, "password": "a guess"})
    assert answer.status_code == 200
    assert "This e-mail address and password do not belong together." in answer.content.decode()
    assert len(office.events()) == events
    assert [(row.basis, row.count) for row in RefusalCount.objects.all()] == [("sign_in", 1)]


def test_somebody_of_two_tenants_chooses_one_and_sees_only_that(office: Any) -> None:
    stage = office.stage
    with stage.backstage("borealis"):
        add_member(stage.cast.tenant("borealis"), stage.cast.user("olga"), Role.OFFICER)
    client = office.enter("olga")
    assert client.get("/admin/catalog/case/")["Location"] == "/admin/organisation/"
    page = client.get("/admin/organisation/").content.decode()
    assert "Acme Assist" in page
    assert "Borealis Models" in page
    assert "Cobalt" not in page

    client.post("/admin/organisation/", {"tenant": str(stage.cast.tenant("borealis").pk)})
    listed = client.get("/admin/catalog/case/").context["cl"].result_list
    assert [row.pk for row in listed] == [office.ids["foreign_case"]]

    client.post("/admin/organisation/", {"tenant": str(stage.cast.tenant("acme").pk)})
    listed = client.get("/admin/catalog/case/").context["cl"].result_list
    assert [row.pk for row in listed] == [office.ids["case"]]
    event = office.events("borealis", action="switch_tenant")[-1]
    assert (event.outcome, event.object_id) == ("allowed", str(stage.cast.tenant("acme").pk))


def test_nobody_chooses_a_tenant_he_is_not_in(office: Any) -> None:
    client = office.enter("olga")
    client.post("/admin/organisation/", {"tenant": str(office.stage.cast.tenant("borealis").pk)})
    assert "tenant_id" not in client.session
    listed = client.get("/admin/catalog/case/").context["cl"].result_list
    assert [row.pk for row in listed] == [office.ids["case"]]


def test_a_demoted_officer_is_out_with_the_next_request(office: Any) -> None:
    client = office.enter("omar")
    assert client.get("/admin/catalog/case/").status_code == 200
    with office.stage.backstage():
        Membership.objects.filter(user_id=office.stage.cast.user("omar").pk).delete()
    assert client.get("/admin/catalog/case/").status_code == 302


def test_the_themes_search_and_djangos_side_doors_are_closed(office: Any) -> None:
    client = office.enter("olga")
    assert client.get("/admin/search/?s=anna").status_code == 404
    assert client.get("/admin/autocomplete/").status_code == 404
    assert client.get("/admin/r/1/1/").status_code == 404


def test_a_page_that_is_not_open_says_so_and_leads_back(office: Any) -> None:
    client = office.enter("olga")
    of_another_role, of_nothing = (
        client.get("/admin/audit/accessevent/"),
        client.get("/admin/catalog/case/01a2131d-1ae4-7214-adf5-a090cdbdbba2/change/"),
    )
    assert of_another_role.status_code == of_nothing.status_code == 403
    assert of_another_role.content == of_nothing.content
    page = of_nothing.content.decode()
    assert "This is not open to you" in page
    assert 'href="/admin/"' in page
    assert 'href="/"' in page


def test_every_page_keeps_the_strict_policy(office: Any) -> None:
    client = office.enter("olga")
    for address in ("/admin/", "/admin/login/", "/admin/catalog/case/", reverse("admin:sharing_sharinggrant_issue")):
        answer = client.get(address)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self';" in f"{policy};"
        assert "style-src 'self';" in f"{policy};"
        assert "unsafe" not in policy
        page = answer.content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page
