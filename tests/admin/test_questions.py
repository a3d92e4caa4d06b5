"""Questions to the record as pages: what an auditor learns, nobody else, each on record, each with its file."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from hub.admin.questions import QUESTIONS
from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.audit.volumes import TokenVolume, score
from hub.sharing.shapes import CaseFilter, CaseOrder, PageRequest
from hub.workflows.disclosure import disclose_cases
from hub.workflows.submission import withdraw_case
from tenants.actors import system_actor
from tenants.decisions import allow
from tenants.models import ServiceToken
from tenants.scoping import acting_as
from tests.admin.pages import INSIDE
from tests.sharing.stage import EMAIL, NAME, PURPOSE


@pytest.fixture
def read(office: Any) -> None:
    """Carol has read what is shared with her, alice what is her own team's."""
    office.stage.build()
    for name in ("carol", "alice"):
        actor = office.stage.actor(name)
        with acting_as(actor):
            disclose_cases(
                actor, condition=CaseFilter(), order=CaseOrder.NEWEST, page=PageRequest(first=10), fields=["title"]
            )


def rows(answer: Any, panel: int = 0) -> list[tuple[Any, ...]]:
    return list(answer.context["shown"].panels[panel].rows)


def elsewhere(office: Any, name: str) -> str:
    """A person of another organisation, as an auditor may know him."""
    return f"a person elsewhere ({str(office.stage.cast.user(name).pk)[-8:]})"


def ask(office: Any, person: str, name: str, **query: str) -> Any:
    return office.enter(person).get(f"/admin/questions/{name}/", query)


@pytest.mark.parametrize("who", INSIDE)
def test_pages_open_for_auditors_alone_and_are_on_record(office: Any, who: str) -> None:
    for name in ("", *(f"{question.name}/" for question in QUESTIONS)):
        before = len(office.events())
        answer = office.enter(who).get(f"/admin/questions/{name}")
        assert answer.status_code == (200 if who == "erin" else 403), name
        if who == "petra":
            continue
        events = office.events()[before:]
        assert len(events) == 1, name
        expected = ("audit.read", "allowed") if who == "erin" else ("admin.view", "refused")
        assert (events[0].action, events[0].outcome) == expected
    assert Client().get("/admin/questions/case/").status_code == 302


@pytest.mark.usefixtures("read")
def test_who_read_this_case(office: Any) -> None:
    carol = elsewhere(office, "carol")
    answer = ask(office, "erin", "case", case=str(office.ids["case"]))
    assert sorted((row[0], row[1], row[2], row[3]) for row in rows(answer)) == [
        ("Alice", "Acme Assist", 1, "redacted"), (carol, "borealis", 1, "redacted"),
    ]  # fmt: skip
    assert "Reads: 2 in 30 days, 2 on the busiest." in answer.content.decode()
    assert rows(ask(office, "erin", "case", case=str(office.ids["foreign_case"]))) == []
    assert rows(ask(office, "erin", "case", case=str(office.ids["case"]), until="2001-01-01")) == []


@pytest.mark.usefixtures("read")
def test_what_somebody_read_by_person_and_by_team(office: Any) -> None:
    cast = office.stage.cast
    for who in (f"user:{cast.user('alice').pk}", f"team:{cast.team('acme/atlas').pk}"):
        assert [row[:4] for row in rows(ask(office, "erin", "reader", who=who))] == [
            ("Case: list", "a list", "Allowed", 1)
        ]
    assert rows(ask(office, "erin", "reader", who=f"team:{cast.team('acme/zephyr').pk}")) == []
    foreign = ask(office, "erin", "reader", who=f"user:{cast.user('carol').pk}")
    assert foreign.context["shown"] is None
    assert "Carol" not in foreign.content.decode()


@pytest.mark.usefixtures("read")
def test_what_left_under_a_grant_and_a_purpose(office: Any) -> None:
    carol = elsewhere(office, "carol")
    by_grant = ask(office, "erin", "terms", grant=str(office.ids["running"]))
    assert [(row[0], row[2]) for row in rows(by_grant)] == [(carol, 1)]
    assert [(row[0], row[1]) for row in rows(by_grant, 1)] == [(office.ids["case"], 1)]
    assert carol in {row[0] for row in rows(ask(office, "erin", "terms", purpose=PURPOSE))}
    assert ask(office, "erin", "terms", purpose="").context["shown"] is None


def test_what_was_refused_and_why(office: Any) -> None:
    office.enter("rita").get("/admin/sharing/sharinggrant/")
    office.enter("rita").get("/admin/sharing/sharinggrant/")
    found = rows(ask(office, "erin", "refused"))
    assert ("Admin: view", "no_role: Your role does not include this.", "Rita", 2) in [row[:4] for row in found]


@pytest.mark.usefixtures("read")
def test_who_holds_what_was_recalled(office: Any) -> None:
    assert rows(ask(office, "erin", "recalled")) == []
    alice = office.stage.actor("alice", "")
    with acting_as(alice):
        withdraw_case(alice, case_id=office.ids["case"], reason="It was not ours")
    found = rows(ask(office, "erin", "recalled"))
    assert [(row[0], row[1], row[3]) for row in found] == [("borealis/lumen", office.ids["case"], "case withdrawn")]


def test_tokens_used_today_are_too_new_to_tell(office: Any) -> None:
    key = office.stage.cast.token("alice")
    Client().post(
        "/graphql", {"query": "{ cases { nodes { id } } }"}, content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    answer = ask(office, "erin", "volume")
    assert rows(answer) == []
    assert "No token did more than usual." in answer.content.decode()
    assert rows(answer, 1) == [
        ("of a test, token of Alice", "operations", 1, "first used today", "too new to tell", "–"),
    ]  # fmt: skip


def test_an_alert_stands_on_the_page_with_the_name_of_the_token(office: Any) -> None:
    key = office.stage.cast.token("alice")
    with office.stage.backstage():
        token = ServiceToken.objects.get()
        record(
            system_actor(office.stage.cast.tenant("acme").pk, "volumes"), AuditAction.TOKEN_ALERT, f"token:{token.pk}",
            allow("system:volumes"), measure="disclosures", day="2026-03-04", count=77, score_in_tenths=83, case=None,
        )  # fmt: skip
    answer = ask(office, "erin", "volume")
    (row,) = rows(answer)
    assert row[1:] == (f"{token.name}, token of Alice", "answers with your cases", 77, "8.3")
    assert key not in answer.content.decode()


def test_a_refused_page_says_the_same_of_everything_and_shows_a_way_back(office: Any) -> None:
    pages = {
        office.enter("rita").get(address).content
        for address in ("/admin/questions/case/", "/admin/questions/nonsense/", "/admin/checkpoints/")
    }
    assert len(pages) == 1
    assert ">Administration</a>" in pages.pop().decode()
    assert office.enter("erin").get("/admin/questions/nonsense/").status_code == 403


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(("name", "query"), [("case", True), ("refused", False)])
def test_export_this_is_the_rows_behind_the_page(office: Any, name: str, query: bool) -> None:
    address = f"/admin/questions/{name}/" + (f"?case={office.ids['case']}" if query else "")
    answer = office.enter("erin").post(address, {"format": "jsonl"})
    pulled = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert answer["Content-Disposition"].startswith("attachment")
    if query:
        assert [row["case_ids"] for row in pulled] == [[str(office.ids["case"])]] * 2
    event = office.newest()
    assert (event.action, event.detail["rows"]) == ("audit.export", len(pulled))
    assert office.enter("erin").post(address, {"format": "xml"}).status_code == 403
    assert office.enter("olga").post(address, {"format": "jsonl"}).status_code == 403


@pytest.mark.usefixtures("read")
def test_no_page_says_what_a_case_says_or_has_a_style(office: Any) -> None:
    for address in (
        f"case/?case={office.ids['case']}",
        f"terms/?purpose={PURPOSE}",
        "refused/",
        "volume/",
        "recalled/",
    ):
        page = office.enter("erin").get(f"/admin/questions/{address}").content.decode()
        assert NAME not in page
        assert EMAIL not in page
        assert " style=" not in page
        assert str(office.ids["foreign_case"]) not in page


@pytest.mark.parametrize(
    ("value", "history", "unusual"),
    [
        (100, [10, 12, 9, 11, 10, 8, 12], True),
        (25, [20, 22, 19, 21, 20, 18, 22], False),
        (100, [10, 12, 900, 11, 10, 8, 12], True),
        (19, [0] * 20, False),
        (40, [0] * 20, True),
        (500, [10] * 6, False),
        (3, [100] * 20, False),
    ],
)
def test_unusual_is_what_a_robust_statistic_calls_so(value: int, history: list[int], unusual: bool) -> None:
    assert TokenVolume(UUID(int=1), date(2026, 3, 4), value, tuple(history)).is_unusual is unusual


def test_the_score_is_the_modified_z_score() -> None:
    assert score(30, [10, 14, 18, 22, 26, 30, 34]) == pytest.approx(0.6745 * (30 - 22) / 8)
    assert score(30, [10] * 6) is None
