"""What remains of a purge, as an auditor finds it: by the id of what is gone, the certificate and its event."""

from typing import Any

from django.test import Client

from hub.audit.models import AccessEvent
from hub.retention.models import DispositionBatch, DispositionEntry
from hub.workflows.disposition import dispose_of_due
from tests.retention.test_disposition import confirm, dry_run, govern, seen_by_system
from tests.world import World

PAGE = "/admin/retention/dispositionbatch/"


def enter(world: World, who: str) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(world.cast.user(who), backend="tenants.authentication.LoginBackend")
    return client


def test_an_auditor_finds_the_certificate_of_what_is_gone(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    made = dry_run(kept)
    confirm(kept, made.run_id)
    dispose_of_due(kept.cast.tenant("acme").pk)
    with seen_by_system(kept):
        batch = DispositionBatch.objects.get()
        entries = list(DispositionEntry.objects.all())
    erin = enter(kept, "erin")
    for wanted in (entries[0].pk, entries[0].case_id, made.run_id, batch.event_id):
        assert [row.pk for row in erin.get(f"{PAGE}?q={wanted}").context["cl"].result_list] == [batch.pk]
    page = erin.get(f"{PAGE}{batch.pk}/change/").content.decode()
    for shown in (batch.items_digest, "evidence v1", "purged", *(f"{entry.pk}" for entry in entries)):
        assert shown in page
    assert all(entry.digest in page for entry in entries)
    assert all(kept.cast.user(who).display_name in page for who in ("olga", "omar"))
    run = erin.get(f"/admin/retention/dispositionrun/{made.run_id}/change/").content.decode()
    assert f"{PAGE}{batch.pk}/change/" in run
    assert "Finished" in run
    with seen_by_system(kept):
        views = AccessEvent.objects.filter(action="admin.view", object_id=str(batch.pk))
        assert [(view.outcome, view.basis) for view in views] == [("allowed", "role:auditor")]


def test_another_tenant_finds_nothing(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    confirm(kept, dry_run(kept).run_id)
    dispose_of_due(kept.cast.tenant("acme").pk)
    with seen_by_system(kept):
        batch = DispositionBatch.objects.get()
    oscar = enter(kept, "oscar")
    assert list(oscar.get(PAGE).context["cl"].result_list) == []
    assert oscar.get(f"{PAGE}{batch.pk}/change/").status_code == 403
