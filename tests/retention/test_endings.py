"""How items end: purged, reduced to the redacted summary, or archived first; an archive that fails deletes nothing."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import override_settings

from hub.audit.models import AccessEvent, Disclosure
from hub.retention.models import ArchivedItem, DispositionEntry, ListedItem
from hub.retention.services import archiving
from hub.sharing.models import Projection
from hub.sharing.services.leasing import mark_stale, to_build
from hub.workflows.disposition import Progress, dispose_of_due
from tests.retention.test_disposition import confirm, count, dry_run, govern, seen_by_system, tables_with_canaries
from tests.world import World


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """A folder as the archive of one test."""
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    with override_settings(STORAGES={**storages.backends, "archive": backend}):
        yield tmp_path


def end(world: World) -> Progress:
    """Confirm what is due now, and carry it out."""
    confirm(world, dry_run(world).run_id)
    return dispose_of_due(world.cast.tenant("acme").pk)


def reasons(world: World, track: str) -> set[str]:
    """Why items of a track are kept, in the newest lists."""
    with seen_by_system(world):
        return set(ListedItem.objects.filter(track=track).values_list("kept_because", flat=True))


def test_the_summary_of_a_projection_remains(kept: World, age: Any) -> None:
    govern(kept, "reduce", track="projection", keep="P1M", then="keep_summary")
    kept.share("borealis/lumen")
    kept.build()
    age("2 months")
    with seen_by_system(kept):
        before = {row.pk: row for row in Projection.objects.filter(is_in_force=True)}
    assert len(before) == 2
    assert end(kept) == Progress(disposed=2)
    with seen_by_system(kept):
        for row in Projection.objects.filter(is_in_force=True):
            was, now = before[row.pk].document or {}, row.document or {}
            assert was["write_up"]
            assert (was["evidence"], was["facts"].keys() > now["facts"].keys()) != ([], False)
            assert {name: now[name] for name in ("title", "summary", "tags")} == {
                name: was[name] for name in ("title", "summary", "tags")
            }
            assert (now["write_up"], now["evidence"], now["unmapped"]) == ({}, [], {})
            assert row.title == before[row.pk].title
            assert len(row.search_text) < len(before[row.pk].search_text)
            assert row.digest != before[row.pk].digest
        assert set(DispositionEntry.objects.values_list("pk", "ending")) == {(pk, "keep_summary") for pk in before}
        # Neither another engine nor a builder brings the rest back.
        assert mark_stale(kept.cast.tenant("acme").pk, "another engine") == 0
        assert not to_build(kept.cast.tenant("acme").pk).exists()
    # Once is enough, and what remains has a track of its own.
    assert dispose_of_due(kept.cast.tenant("acme").pk, now=True) == Progress()
    govern(kept, "summaries", track="summary", keep="P1M")
    assert end(kept) == Progress(disposed=2)
    assert count("retention_dispositionentry") == 4
    with seen_by_system(kept):
        assert not Projection.objects.filter(document__isnull=False).exists()


def test_raw_text_waits_for_its_summary(kept: World, age: Any) -> None:
    govern(kept, "text", track="raw_text", keep="P1M", then="keep_summary")
    age("2 months")
    made = dry_run(kept)
    assert (made.due, reasons(kept, "raw_text")) == (0, {"no_summary"})
    kept.share("borealis/lumen")
    kept.build()
    assert end(kept) == Progress(disposed=1)
    assert count("catalog_casetext") == 0
    with seen_by_system(kept):
        assert Projection.objects.filter(is_in_force=True).count() == 2


@pytest.mark.parametrize(("track", "table", "items"), [
    ("raw_evidence", "catalog_evidencebody", 2), ("raw_text", "catalog_casetext", 1),
])  # fmt: skip
def test_an_item_is_archived_before_it_goes(
    kept: World, age: Any, store: Path, track: str, table: str, items: int
) -> None:
    govern(kept, "archive", track=track, keep="P1M", then="archive")
    age("2 months")
    assert end(kept) == Progress(disposed=items)
    assert count(table) == 0
    objects = [path for path in store.rglob("*") if path.is_file()]
    assert len(objects) == items
    assert not any(kept.canaries.found_in(path.read_bytes().decode("latin-1")) for path in objects)
    with seen_by_system(kept):
        rows = list(ArchivedItem.objects.all())
        assert set(DispositionEntry.objects.values_list("pk", "digest", "ending")) == {
            (row.pk, row.digest, "archive") for row in rows
        }
        opened = [archiving.open_item(row) for row in rows]
        event = AccessEvent.objects.get(action="disposition.archive")
        assert (event.detail["track"], event.detail["count"]) == (track, items)
    assert kept.canaries.found_in("\n".join(content.decode() for content in opened))
    assert all(orjson.loads(content) for content in opened)
    # The database holds none of it: an object without its row's key is noise.
    assert table not in tables_with_canaries(kept)


def test_reading_back_takes_the_right_to_raw(kept: World, age: Any, store: Path, tmp_path: Path) -> None:
    govern(kept, "archive", track="raw_text", keep="P1M", then="archive")
    age("2 months")
    end(kept)
    with seen_by_system(kept):
        item = ArchivedItem.objects.get()
    file = tmp_path / "text.json"
    for who in ("dana@acme.example", "erin@acme.example"):
        with pytest.raises(CommandError, match="may not read this item, or there is no such item"):
            call_command("read_archived", str(item.pk), tenant="acme", email=who, file=file)
    with pytest.raises(CommandError, match="may not read this item, or there is no such item"):
        call_command("read_archived", str(kept.cases["atlas"]), tenant="acme", email="alice@acme.example", file=file)
    assert not file.exists()
    call_command("read_archived", str(item.pk), tenant="acme", email="alice@acme.example", file=file)
    assert kept.canaries["person"] in orjson.loads(file.read_bytes())["title"]
    with seen_by_system(kept):
        events = AccessEvent.objects.filter(action="case.read_raw").order_by("pk")
        assert [(event.outcome, event.basis) for event in events] == [
            ("refused", "not_available"), ("refused", "not_available"), ("refused", "not_available"),
            ("allowed", "role:contributor"),
        ]  # fmt: skip
        assert Disclosure.objects.get(event_id=events[3].pk).case_ids == [kept.cases["atlas"]]


class Broken:
    """A store that takes nothing."""

    def save(self, name: str, content: Any) -> str:
        raise OSError("no space left on device")


def test_an_archive_that_fails_deletes_nothing(kept: World, age: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    govern(kept, "archive", track="raw_evidence", keep="P1M", then="archive")
    age("2 months")
    confirm(kept, dry_run(kept).run_id)
    monkeypatch.setattr(archiving, "storages", {"archive": Broken()})
    assert dispose_of_due(kept.cast.tenant("acme").pk) == Progress(differences=2)
    assert reasons(kept, "raw_evidence") == {"not_archived"}
    assert (count("catalog_evidencebody"), count("retention_dispositionentry")) == (2, 0)
    assert count("retention_archiveditem") == 0
    # When the store is back, the next turn goes on.
    monkeypatch.undo()
    assert dispose_of_due(kept.cast.tenant("acme").pk, now=True) == Progress(disposed=2)


def test_a_store_that_forgets_has_not_archived(
    kept: World, age: Any, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    govern(kept, "archive", track="raw_evidence", keep="P1M", then="archive")
    age("2 months")
    confirm(kept, dry_run(kept).run_id)
    monkeypatch.setattr(archiving, "_fetch", lambda name: b"something else")
    assert dispose_of_due(kept.cast.tenant("acme").pk) == Progress(differences=2)
    assert count("catalog_evidencebody") == 2


def test_a_hub_without_an_archive_keeps_and_says_why(kept: World, age: Any) -> None:
    govern(kept, "archive", track="raw_evidence", keep="P1M", then="archive")
    age("2 months")
    with override_settings(STORAGES={name: store for name, store in storages.backends.items() if name != "archive"}):
        assert dry_run(kept).due == 0
        assert reasons(kept, "raw_evidence") == {"not_archived"}


def test_a_changed_or_forgotten_object_does_not_open(kept: World, age: Any, store: Path) -> None:
    govern(kept, "archive", track="raw_evidence", keep="P1M", then="archive")
    age("2 months")
    end(kept)
    with seen_by_system(kept):
        first, second = ArchivedItem.objects.order_by("pk")
        path = store / first.name
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
        with pytest.raises(archiving.ArchiveFailed, match="changed"):
            archiving.open_item(first)
        # An object under another item's name is refused, too.
        path.write_bytes((store / second.name).read_bytes())
        with pytest.raises(archiving.ArchiveFailed, match="changed"):
            archiving.open_item(first)
        archiving.forget([first.pk, second.pk])
        assert not ArchivedItem.objects.exists()
    assert not [found for found in store.rglob("*") if found.is_file()]
