"""Feeds on the pages: from a draft to the first push, what an auditor sees of it, and the checkpoints to keep."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from hub.admin import checkpoints
from hub.audit.checkpoints import verify_note
from hub.audit.feeds.models import Feed
from hub.workflows.feeding import push_feeds
from hub.workflows.keeping import seal_record
from tests.admin.pages import INSIDE
from tests.outgoing.listening import listening, reply

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper", "auditor"])
LIST = "/admin/feeds/feed/"


def row_of(office: Any) -> Feed:
    with office.stage.backstage():
        return Feed.objects.get()


def push(office: Any) -> int:
    seal_record()
    return push_feeds(office.stage.cast.tenant("acme").pk)


def test_a_siem_is_set_up_by_two_people_tested_and_told(office: Any, settings: Any) -> None:
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    olga, erin = office.enter("olga"), office.enter("erin")
    refused = olga.post(f"{LIST}new-siem/", {"name": "SIEM", "transport": "webhook", "address": "http://10.0.0.1/"})
    assert refused.status_code == 422
    assert "must begin with https://" in refused.content.decode()
    with listening() as listener:
        terms = {"name": "SIEM", "transport": "webhook", "address": listener.url("/in")}
        assert olga.post(f"{LIST}new-siem/", terms).status_code == 302
        page = f"{LIST}{row_of(office).pk}"
        assert "whsec_" in olga.post(f"{page}/rotate/", {"secret": ""}).content.decode()
        assert "whsec_" not in olga.get(f"{page}/change/").content.decode()
        assert olga.post(f"{page}/approve/", {}).status_code == 403
        assert olga.post(f"{page}/test/", {}).status_code == 302
        assert "under way" in erin.get(f"{page}/change/").content.decode()
        assert push(office) == 0
        assert len(listener.asked) == 1
        shown = erin.get(f"{page}/change/").content.decode()
        assert "Taken." in shown
        assert "waits for an auditor" in shown
        assert erin.post(f"{page}/approve/", {}).status_code == 302
        listener.answer = lambda handler: reply(handler, 503)
        assert push(office) == 0
        late = erin.get(f"{page}/change/").content.decode()
        assert "The receiver answered 503. Next try" in late
        assert "rows of the log, since" in late
        assert "The receiver answered 503." in olga.get(LIST).content.decode()
    # An officer sees how it goes, and nothing of the record.
    assert "On record" in late
    assert ("Olga" in late, "Erin" in late, "user:" in late) == (True, True, False)
    assert "On record" not in olga.get(f"{page}/change/").content.decode()


def test_a_witness_takes_webhooks_alone_and_syslog_has_no_secret(office: Any) -> None:
    erin = office.enter("erin")
    assert 'name="transport"' not in erin.get(f"{LIST}new-witness/").content.decode()
    given = {"name": "Witness", "address": "tls://siem.example:6514", "transport": "syslog"}
    assert erin.post(f"{LIST}new-witness/", given).status_code == 422
    assert erin.post(f"{LIST}new-siem/", given).status_code == 302
    feed = row_of(office)
    assert (feed.content, feed.transport, feed.state) == ("record", "syslog", "proposed")
    shown = erin.get(f"{LIST}{feed.pk}/change/").content.decode()
    assert "the collector is known by its certificate" in shown
    assert "/approve/" not in shown
    assert erin.post(f"{LIST}{feed.pk}/disable/", {}).status_code == 302
    assert row_of(office).state == "disabled"


@pytest.mark.parametrize("who", INSIDE)
def test_checkpoints_are_for_auditors_alone_and_every_look_is_on_record(office: Any, who: str) -> None:
    before = len(office.events())
    page = office.enter(who).get("/admin/checkpoints/")
    download = office.enter(who).post("/admin/checkpoints/")
    if who == "erin":
        assert (page.status_code, download.status_code) == (200, 200)
        assert "Nothing is sealed yet" in page.content.decode()
        assert download.getvalue() == b""
    else:
        assert (page.status_code, download.status_code) == (403, 403)
    if who != "petra":
        told = [(event.action, event.outcome) for event in office.events()[before:]]
        allowed = [("audit.read", "allowed"), ("audit.export", "allowed")]
        assert told == (allowed if who == "erin" else [("admin.view", "refused")] * 2)


def test_an_auditor_keeps_the_history_and_holds_the_record_against_it(
    office: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    erin = office.enter("erin")
    sizes = []
    monkeypatch.setattr(checkpoints, "LISTED", 4)
    for _ in range(7):
        erin.get("/admin/questions/")
        sizes += [sealed.checkpoint.size for sealed in seal_record()]
    page = erin.get("/admin/checkpoints/").content.decode()
    assert f"{sizes[-1]:,}" in page
    assert "Older ones" in page
    older = erin.get("/admin/checkpoints/", {"before": str(sizes[3])})
    assert [row[0] for row in older.context["panels"][0].rows] == [f"{size:,}" for size in reversed(sizes[:3])]
    assert erin.get("/admin/checkpoints/", {"before": "x"}).status_code == 200
    kept = tmp_path / "kept.txt"
    kept.write_bytes(erin.post("/admin/checkpoints/").getvalue())
    key = older.context["panels"][1].rows[0][0].removeprefix("<code>").removesuffix("</code>")
    assert verify_note(kept.read_text().split("\n\n")[0] + "\n\n" + kept.read_text().split("\n\n")[1], key).size
    printed = io.StringIO()
    call_command("verify_audit", checkpoint=[kept], verifier=key, stdout=printed)
    assert f"{2 * len(sizes)} checkpoints hold" in printed.getvalue()
    with connections["keeper"].cursor() as keeper:
        keeper.execute("UPDATE audit.access_event SET basis = 'role:officer'")
        for table in ("checkpoint", "tree_node", "sealed_leaf"):
            keeper.execute(f"DELETE FROM audit.{table}")
    seal_record()
    with pytest.raises(SystemExit):
        call_command("verify_audit", checkpoint=[kept], verifier=key, stdout=printed)
    assert "FINDING The checkpoint of" in printed.getvalue()
