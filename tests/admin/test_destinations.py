"""A destination from its draft to its first message, on the pages."""

from typing import Any

import pytest

from hub.escalation.models import LeakReport
from hub.escalation.outbox.models import Delivery, Destination, TicketMirror
from hub.workflows.delivery import deliver
from tests.escalation.conftest import Outbox
from tests.escalation.mirrored import Mirrored, hear
from tests.escalation.systems import GitHub
from tests.outgoing.listening import listening

TERMS = {"name": "Our hooks", "profile": "partner", "ceiling_class": "internal", "ceiling_tlp": "GREEN"}


def row_of(office: Any, model: Any) -> Any:
    with office.stage.backstage():
        return model.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_destination_is_drafted_given_a_secret_tested_and_approved(office: Any, settings: Any) -> None:
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    olga = office.enter("olga")
    new = "/admin/outbox/destination/new-webhook/"
    refused = olga.post(new, TERMS | {"slug": "hooks", "url": "http://10.0.0.1/"})
    assert refused.status_code == 422
    assert "must begin with https://" in refused.content.decode()
    with listening() as listener:
        assert olga.post(new, TERMS | {"slug": "hooks", "url": listener.url()}).status_code == 302
        destination = row_of(office, Destination)
        page = f"/admin/outbox/destination/{destination.pk}"
        shown = olga.post(f"{page}/rotate/", {"secret": ""}).content.decode()
        assert shown.count("whsec_") >= 1
        after = olga.get(f"{page}/change/").content.decode()
        assert "whsec_" not in after
        assert "approve/" not in after
        assert olga.post(f"{page}/approve/", {}).status_code == 403
        assert olga.post(f"{page}/test/", {}).status_code == 302
        assert deliver(office.stage.cast.tenant("acme").pk) == 1
        assert len(listener.asked) == 1
        assert "Delivered" in olga.get(f"{page}/change/").content.decode()
        assert office.enter("omar").post(f"{page}/approve/", {}).status_code == 302
    assert row_of(office, Destination).state == "active"


@pytest.mark.django_db(transaction=True)
def test_an_auditor_sees_and_changes_nothing(office: Any) -> None:
    erin = office.enter("erin")
    assert erin.get("/admin/outbox/destination/").status_code == 200
    assert erin.get("/admin/outbox/destination/new-webhook/").status_code == 403
    assert office.enter("rita").get("/admin/outbox/delivery/").status_code in {302, 403}
    with office.stage.backstage():
        assert (Destination.objects.count(), Delivery.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_mirror_is_seen_and_resumed_and_what_came_back_is_told_in_words(office: Any, settings: Any) -> None:
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    mirrored = Mirrored(Outbox(office.stage))
    with listening() as listener:
        system = GitHub(listener)
        system.destination_id = mirrored.mirror(
            "github", "ghp_token123", GitHub.secret, repository="acme/models", api=listener.url("")
        )
        mirrored.open()
        hear(system, system.move(1, "closed"))
        mirrored.outbox.update(TicketMirror, is_paused=True, paused_because="loop")
        olga = office.enter("olga")
        page = f"/admin/outbox/ticketmirror/{mirrored.row.pk}"
        assert "paused: two machines answered each other" in olga.get(f"{page}/change/").content.decode()
        assert "taken in" in olga.get("/admin/outbox/inboundmessage/").content.decode()
        assert f"/hooks/{system.destination_id}" in olga.get(
            f"/admin/outbox/destination/{system.destination_id}/change/"
        ).content.decode()  # fmt: skip
        assert office.enter("erin").post(f"{page}/resume/", {}).status_code == 403
        assert mirrored.row.is_paused
        assert olga.post(f"{page}/resume/", {}).status_code == 302
    assert not mirrored.row.is_paused


@pytest.mark.django_db(transaction=True)
def test_a_leak_is_reported_and_answered_on_the_pages(office: Any) -> None:
    olga, case = office.enter("olga"), office.ids["case"]
    again = olga.post(f"/admin/catalog/case/{case}/report-leak/", {"what": "words", "where": "title"})
    assert (again.status_code, "Select a valid choice" in again.content.decode()) == (200, True)
    given = {"what": "person", "where": "title"}
    assert olga.post(f"/admin/catalog/case/{case}/report-leak/", given).status_code == 302
    report = row_of(office, LeakReport)
    assert (report.case_id, report.reporter_label, report.state) == (case, "officers", "open")
    assert office.enter("erin").get("/admin/escalation/leakreport/").status_code == 403
    assert office.enter("omar").post(f"/admin/escalation/leakreport/{report.pk}/confirm/", {}).status_code == 302
    assert row_of(office, LeakReport).state == "confirmed"
    assert [event.action for event in office.events(object_id=str(report.pk), action="leak.answer")] == ["leak.answer"]
