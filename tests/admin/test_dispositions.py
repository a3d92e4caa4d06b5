"""From the draft of a rule to a confirmed run, by the site alone: officers act, auditors read, all of it on record."""

from typing import Any

import pytest

from hub.retention.models import DispositionControl, DispositionRun, ListedItem

RULES, RUNS, ITEMS = (
    "/admin/retention/retentionrule/",
    "/admin/retention/dispositionrun/",
    "/admin/retention/listeditem/",
)
DOCUMENT = "track: raw_text\nclock: recorded\nkeep: P1Y\nthen: purge\n"


def draft(office: Any, document: str = DOCUMENT) -> Any:
    """What the site answers to a new rule of olga."""
    form = {"name": "Texts", "slug": "texts", "document": document, "note": "Counsel asks for it"}
    return office.enter("olga").post(f"{RULES}new/", form)


def make_run(office: Any) -> Any:
    """A dry run by olga, and the address of its page."""
    answer = office.enter("olga").post(f"{RUNS}list/")
    assert answer.status_code == 302
    with office.stage.backstage():
        run = DispositionRun.objects.get()
    assert answer["Location"] == f"{RUNS}{run.pk}/change/"
    return run


def offered(client: Any) -> set[str]:
    """Which of the switch's steps the list of runs offers; release pauses have a page of their own at its side."""
    page = client.get(RUNS).content.decode()
    return {step for step in ("pause/", "resume/") if f'href="{RUNS}{step}"' in page}


def test_two_officers_let_a_rule_govern(office: Any) -> None:
    form = office.enter("olga").get(f"{RULES}new/").context["form"]
    started = form.fields["document"].initial
    assert draft(office, started).status_code == 302
    rule = office.enter("olga").get(RULES).context["cl"].result_list[0]
    assert (rule.slug, rule.active_number, rule.newest_state) == ("texts", None, "draft")
    again = office.enter("olga").post(f"{RULES}{rule.pk}/draft/", {"document": DOCUMENT, "note": "All of them"})
    version = again["Location"]
    assert office.enter("olga").post(version.replace("change/", "propose/")).status_code == 302
    assert office.enter("olga").post(version.replace("change/", "activate/"), {"reason": ""}).status_code == 403
    assert (office.newest().action, office.newest().basis) == ("policy.activate", "same_person")
    assert office.enter("omar").get(version).status_code == 200
    assert office.enter("omar").post(version.replace("change/", "activate/"), {"reason": ""}).status_code == 302
    page = office.enter("erin").get(RULES).content.decode()
    assert "Raw text: P1Y after it was recorded, then purged" in page


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (DOCUMENT.replace("P1Y", "a year"), "ISO 8601"),
        (DOCUMENT.replace("raw_text", "everything"), "track: one of"),
        (DOCUMENT + "surprise: 1\n", "surprise"),
    ],
)
def test_a_document_that_is_no_rule_is_refused_with_the_reason(office: Any, document: str, words: str) -> None:
    answer = draft(office, document)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert list(office.enter("olga").get(RULES).context["cl"].result_list) == []


def test_a_dry_run_shows_each_item_with_rule_date_and_reason(office: Any) -> None:
    run = make_run(office)
    with office.stage.backstage():
        listed = list(ListedItem.objects.filter(run=run))
    assert len(listed) == run.due_count + run.kept_count > 0
    for who in ("olga", "erin"):
        page = office.enter(who).get(f"{RUNS}{run.pk}/change/").content.decode()
        assert "No rule of this organisation covers raw evidence, raw text, projections" in page
        assert "its time is not over" in page
        items = office.enter(who).get(f"{ITEMS}?q={run.pk}")
        assert {row.pk for row in items.context["cl"].result_list} == {row.pk for row in listed}
        body = items.content.decode()
        assert all(str(row.item_id) in body and f"{row.due_at:%d %b %Y}" in body for row in listed)
        assert body.count("kept because its time is not over") == len(listed)
        assert body.count("shipped default for raw_text") == sum(row.track == "raw_text" for row in listed) > 0
        assert office.newest().object_kind == "retention.listeditem"
        assert list(office.enter(who).get(f"{ITEMS}?q={run.pk}&verdict=due").context["cl"].result_list) == []


def test_confirming_is_an_officers_and_happens_once(office: Any) -> None:
    run = make_run(office)
    address = f"{RUNS}{run.pk}/confirm/"
    for who in ("erin", "rita", "adam"):
        assert office.enter(who).post(address).status_code == 403
        assert (office.newest().outcome, office.newest().detail["step"]) == ("refused", "confirm")
    assert office.enter("oscar").post(address).status_code == 403
    with office.stage.backstage():
        assert DispositionRun.objects.get().state == "listed"
    assert "confirm/" not in office.enter("erin").get(f"{RUNS}{run.pk}/change/").content.decode()
    assert "confirm/" in office.enter("omar").get(f"{RUNS}{run.pk}/change/").content.decode()
    assert office.enter("omar").post(address).status_code == 302
    with office.stage.backstage():
        run = DispositionRun.objects.get()
    assert (run.state, run.seen_by) == ("running", f"user:{office.stage.cast.user('omar').pk}")
    event = office.events(action="disposition.confirm")[-1]
    assert (event.outcome, event.object_id) == ("allowed", str(run.pk))
    again = office.enter("olga").post(address)
    assert again.status_code == 422
    assert "has been confirmed already" in again.content.decode()


def test_pauses_resumes_and_changes_the_pace(office: Any) -> None:
    run = make_run(office)
    client = office.enter("olga")
    assert offered(client) == {"pause/"}
    assert client.post(f"{RUNS}pause/", {"reason": ""}).status_code == 200
    assert client.post(f"{RUNS}pause/", {"reason": "A court asks"}).status_code == 302
    assert offered(client) == {"resume/"}
    assert "paused: A court asks" in client.get(f"{RUNS}{run.pk}/change/").content.decode()
    assert client.post(f"{RUNS}pace/", {"rate_per_second": "50", "reason": "Slowly"}).status_code == 302
    with office.stage.backstage():
        control = DispositionControl.objects.get()
    assert (control.is_paused, control.rate_per_second) == (True, 50)
    assert office.enter("erin").post(f"{RUNS}resume/", {"reason": "x"}).status_code == 403
    with office.stage.backstage():
        assert DispositionControl.objects.get().is_paused
    assert client.post(f"{RUNS}resume/", {"reason": "Settled"}).status_code == 302
    with office.stage.backstage():
        control = DispositionControl.objects.get()
    assert (control.is_paused, control.rate_per_second) == (False, 50)
    assert [event.outcome for event in office.events(action="disposition.control")] == ["allowed"] * 3


def test_another_tenants_run_and_no_run_look_alike(office: Any) -> None:
    run = make_run(office)
    foreign = office.enter("oscar").get(f"{RUNS}{run.pk}/change/")
    unknown = office.enter("oscar").get(f"{RUNS}{office.ids['case']}/change/")
    assert foreign.status_code == unknown.status_code == 403
    assert foreign.content == unknown.content
    assert list(office.enter("oscar").get(f"{ITEMS}?q={run.pk}").context["cl"].result_list) == []
