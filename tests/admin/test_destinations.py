"""A destination from its draft to its first message, on the pages."""

from typing import Any

import pytest

from hub.escalation.outbox.models import Delivery, Destination
from hub.workflows.delivery import deliver
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
