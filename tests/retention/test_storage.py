"""What is kept is visible: counted by the rules that delete, month by month; a draft says what it would make due."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.catalog.models import EvidenceItem
from hub.lifecycle.models import PolicyKind
from hub.retention.models import StorageReport
from hub.workflows import holding, policy, storage
from hub.workflows.outcomes import Done, PolicyAnswer, Refusal
from tenants.scoping import acting_as
from tests.retention.test_certificates import enter
from tests.retention.test_disposition import confirm, dry_run, govern, seen_by_system
from tests.world import World


def counted(world: World) -> StorageReport:
    """A counting of acme now, by olga."""
    olga = world.cast["olga"]
    with acting_as(olga):
        done = storage.count_storage(olga)
        assert isinstance(done, Done)
        report = storage.read_storage(olga)
    assert isinstance(report, StorageReport)
    assert report.pk == done.object_id
    return report


def slots(report: StorageReport, track: str) -> dict[str, int]:
    return {slot: items for slot, items, _ in report.tracks[track]}


def hold(world: World) -> UUID:
    """A hold on atlas' case that has to be looked at again soon."""
    olga = world.cast["olga"]
    with acting_as(olga):
        placed = holding.place_hold(
            olga, selection={"cases": [str(world.cases["atlas"])]}, is_by_query=False, authority="a court",
            reason="an inquiry", review_on=(timezone.now() + timedelta(days=5)).date(),
        )  # fmt: skip
    assert isinstance(placed, holding.HoldAnswer)
    return placed.hold_id


def draft(world: World, **document: Any) -> UUID:
    olga = world.cast["olga"]
    with acting_as(olga):
        drafted = policy.draft_policy(
            olga,
            kind=PolicyKind.RETENTION_RULE,
            slug="draft",
            document={"clock": "recorded", "then": "purge", **document},
        )
    assert isinstance(drafted, PolicyAnswer)
    return drafted.version_id


def test_what_is_kept_and_when_it_is_due(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P6M")
    govern(kept, "text", track="raw_text", keep="P1M", clock="closed")
    report = counted(kept)
    due = timezone.now() + timedelta(days=183)
    ((month, items),) = slots(report, "raw_evidence").items()
    assert items == 2
    assert month in {f"{due + timedelta(days=days):%Y-%m}" for days in (-3, 0, 3)}
    # A clock that has not started ends at no date.
    assert slots(report, "raw_text") == {"never": 1}
    with seen_by_system(kept):
        sizes = sum(EvidenceItem.objects.values_list("size_bytes", flat=True))
    assert sum(size for _, _, size in report.tracks["raw_evidence"]) == sizes > 0
    age("7 months")
    later = counted(kept)
    assert (slots(later, "raw_evidence"), later.due_items, later.due_bytes) == ({"due": 2}, 2, sizes)
    hold(kept)
    held = counted(kept)
    assert (slots(held, "raw_evidence"), held.due_items, held.held_items) == ({"held": 2}, 0, 2)
    # Once a day it counts by itself, and not more often.
    assert storage.sweep_storage() == len(kept.cast.tenants) - 1
    assert storage.sweep_storage() == 0


@pytest.mark.parametrize("who", ["alice", "carol", "erin"])
def test_who_may_not_count(kept: World, who: str) -> None:
    actor = kept.cast[who]
    with acting_as(actor):
        assert storage.count_storage(actor) == Refusal("no_role")
    with seen_by_system(kept):
        assert not StorageReport.objects.exists()
    tenant = "borealis" if who == "carol" else "acme"
    with acting_as(kept.cast["oscar" if who == "carol" else "olga"]):
        event = AccessEvent.objects.filter(action="storage.count").latest("id")
        assert (event.outcome, event.basis, tenant) == ("refused", "no_role", tenant)


def test_a_draft_says_what_it_would_make_due(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P9Y")
    age("2 months")
    narrow = draft(kept, track="raw_evidence", keep="P1M", select={"kinds": ["incident"]})
    erin, alice = kept.cast["erin"], kept.cast["alice"]
    with acting_as(erin):
        found = storage.preview_rule(erin, version_id=narrow)
    assert found == storage.RulePreview("raw_evidence", 0, 2, 2, 2)  # type: ignore[arg-type]
    with acting_as(alice):
        assert isinstance(storage.preview_rule(alice, version_id=narrow), Refusal)
    page = enter(kept, "olga").get(f"/admin/lifecycle/policyversion/{narrow}/change/").content.decode()
    assert "Due with this version in force" in page
    # Nothing was listed, activated or deleted by looking.
    assert dry_run(kept).due == 0


def test_pages_show_it(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    counted(kept)
    hold_id = hold(kept)
    govern(kept, "text", track="raw_text", keep="P1M")
    olga, erin = enter(kept, "olga"), enter(kept, "erin")
    with seen_by_system(kept):
        report = StorageReport.objects.get()
    for browser in (olga, erin):
        page = browser.get(f"/admin/retention/storagereport/{report.pk}/change/").content.decode()
        assert all(words in page for words in ("Raw evidence", "Forecast", "due now", "later than in a year"))
    case = olga.get(f"/admin/catalog/case/{kept.cases['atlas']}/change/").content.decode()
    assert f"/admin/retention/legalhold/{hold_id}/change/" in case
    assert "nothing of this case is deleted" in case
    start = olga.get("/admin/").content.decode()
    assert "Hold of a court" in start
    assert "Dry run:" not in start
    # A dry run of which a hold keeps everything has nothing to confirm; another case has.
    kept.submit("alice", "acme/atlas", kept.canaries.case("atlas-2"))
    age("2 months")
    made = dry_run(kept)
    assert f"Dry run: {made.due} due" in olga.get("/admin/").content.decode()
    confirm(kept, made.run_id)
    assert "Dry run:" not in olga.get("/admin/").content.decode()
