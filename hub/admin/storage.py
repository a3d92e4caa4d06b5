"""How much an organisation keeps of what, how much of it is due, and when the rest will be."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from hub.retention.models import StorageReport
from hub.workflows import storage

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS
from .panels import Panel, moment
from .people import name_of, person_column
from .retention_rules import SECTION
from .steps import Step
from .wording import TRACKS

Slot = Sequence[Any]
WORDS = {
    "due": "due now",
    "held": "due, but a legal hold keeps it",
    "later": "later than in a year",
    "never": "not by any date: no rule covers it, or its case is not closed",
}


class StorageReportAdmin(GovernedAdmin):
    """Reports, the newest first: one a day, and whenever an officer counts."""

    section, icon, title = SECTION, "database", "Storage"
    explanation = (
        "What this organisation keeps, counted once a day by the same rules that delete: how much of each kind there "
        "is, how much is due, and how much will be due month by month if nothing changes."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("counted", "items", "size", "due", "due_size", "held_items")
    fields = ("id", "counted_at", "counter", "items", "size", "due", "due_size", "held_items")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-counted_at",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="count",
            label="Count now",
            explanation="Goes through everything that is kept, which may take a while. Deletes nothing.",
            run=lambda actor, row, given: storage.count_storage(actor),
            roles=OFFICERS,
            done="Counted.",
            on_row=False,
        ),
    )
    counter = person_column("counted_by", "Counted by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StorageReport]:
        """With names of people."""
        rows: QuerySet[StorageReport] = super().get_queryset(request)
        return rows.annotate(counted_by_name=name_of("counted_by"))

    @admin.display(description="Counted")
    def counted(self, row: StorageReport) -> str:
        """When."""
        return moment(row.counted_at)

    @admin.display(description="Size")
    def size(self, row: StorageReport) -> str:
        """In units that people read."""
        return filesizeformat(row.size_bytes)

    @admin.display(description="Due")
    def due(self, row: StorageReport) -> int:
        """How many items the rules would let go now."""
        return row.due_items

    @admin.display(description="Size of what is due")
    def due_size(self, row: StorageReport) -> str:
        """In units that people read."""
        return filesizeformat(row.due_bytes)

    def get_related(self, request: HttpRequest, row: StorageReport) -> dict[str, Any]:
        """By track, and the forecast month by month."""
        return {"panels": [_by_track(row), _forecast(row)]}


def in_words(month: str) -> str:
    """`2027-03` as March 2027."""
    return f"{date(int(month[:4]), int(month[5:]), 1):%B %Y}"


def _by_track(row: StorageReport) -> Panel:
    headers = ("What", "Items", "Size", "Due now", "Size of it", "Held", "Never due")
    rows = []
    for track, words in TRACKS.items():
        slots: list[Slot] = row.tracks.get(track, [])
        by_slot = {slot: (items, size) for slot, items, size in slots}
        due, due_size = by_slot.get("due", (0, 0))
        rows.append((
            words, sum(items for _, items, _ in slots), filesizeformat(sum(size for _, _, size in slots)),
            due, filesizeformat(due_size), by_slot.get("held", (0, 0))[0], by_slot.get("never", (0, 0))[0],
        ))  # fmt: skip
    return Panel(
        "By kind", "Personal values of events are counted by days. Never due is what no rule covers, or whose clock "
        "has not started.", headers, tuple(rows), "",
    )  # fmt: skip


def _forecast(row: StorageReport) -> Panel:
    months = sorted({slot for slots in row.tracks.values() for slot, _, _ in slots if slot[:1].isdigit()})
    rows = []
    for slot in ["due", *months, "later"]:
        found = [(track, items, size) for track, slots in row.tracks.items() for name, items, size in slots
                 if name == slot]  # fmt: skip
        items = sum(count for _, count, _ in found)
        what = ", ".join(f"{TRACKS[track].lower()} {count}" for track, count, _ in found)
        rows.append(
            (WORDS.get(slot) or in_words(slot), items, filesizeformat(sum(size for _, _, size in found)), what or "–")
        )
    return Panel(
        "Forecast", "When what is kept now will be due under the rules in force, if nothing is read, changed or held "
        "meanwhile.", ("When", "Items", "Size", "What"), tuple(rows), "",
    )  # fmt: skip
