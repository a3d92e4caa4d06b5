"""Disposition runs: what is due item by item, who has seen it, how far its end is, and what certifies it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from hub.retention import queries
from hub.retention.models import DispositionRun, ListedItem, RunState
from hub.retention.reasons import explain
from hub.workflows import disposition
from tenants.actors import Actor

from .base import GovernedAdmin
from .disposed import DIFFERENCE, DUE, KEPT, item_rows, items_url, rules_panel
from .doors import AUDITORS, OFFICERS, tenant_of
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .retention_rules import SECTION
from .steps import ReasonForm, Step
from .wording import TRACKS

SHOWN = 50
RULES = "Those in force when the list was made; confirming it confirms them."


class PaceForm(ReasonForm):
    """How fast dispositions go."""

    rate_per_second = forms.IntegerField(
        label="Items a second at most", min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget()
    )
    field_order = ("rate_per_second", "reason")

    def prepare(self) -> None:
        """Begin with the pace as it is."""
        self.fields["rate_per_second"].initial = queries.control_of(tenant_of(self.actor)).rate_per_second


def control(*, is_paused: bool | None) -> Any:
    """Change the switch or the pace, and leave the other as it is."""

    def run(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
        now = queries.control_of(tenant_of(actor))
        return disposition.control_dispositions(
            actor, is_paused=now.is_paused if is_paused is None else is_paused,
            rate_per_second=given.get("rate_per_second", now.rate_per_second), reason=given["reason"],
        )  # fmt: skip

    return run


def is_paused(actor: Actor) -> bool:
    """Whether the actor's organisation has paused its dispositions."""
    return queries.control_of(tenant_of(actor)).is_paused


class DispositionRunAdmin(GovernedAdmin):
    """Runs, the newest first; one that is only listed is a dry run."""

    section, icon, title = SECTION, "auto_delete", "Disposition runs"
    explanation = (
        "A dry run lists everything that is kept, with the rule and the date of each item, and deletes nothing. "
        "Confirming it says that you have seen it: what it lists as due goes, and its rules run by themselves from "
        "then on."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = (
        "run",
        "standing",
        "due_count",
        "kept_count",
        "disposed_count",
        "difference_count",
        "lister",
        "seer",
    )
    list_filter: ClassVar[list[Any]] = [pick("state", "state", RunState.choices)]
    fields = (
        "id", "standing", "switch", "warnings", "lister", "listed_at", "due_count", "kept_count", "seer", "seen_at",
        "started_at", "disposed_count", "difference_count", "finished_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="list",
            label="Make a dry run",
            explanation="Lists every item with its rule, its date, and why it is kept. Deletes nothing.",
            run=lambda actor, row, given: disposition.make_dry_run(actor),
            roles=OFFICERS,
            done="Listed. Nothing was deleted.",
            on_row=False,
        ),
        Step(
            name="confirm",
            label="Confirm",
            explanation="You have seen this list. What it lists as due is deleted now and cannot be brought back; "
            "what a hold keeps until then stays, with the reason. Its rules run by themselves from now on.",
            run=lambda actor, row, given: disposition.confirm_dry_run(actor, run_id=row.pk),
            roles=OFFICERS,
            done="Confirmed. The run begins.",
            is_grave=True,
            is_offered=lambda row, actor: row.state == RunState.LISTED,
        ),
        Step(
            name="pause",
            label="Pause dispositions",
            explanation="Stops every run of this organisation after the batch it is at, until you let it go on.",
            run=control(is_paused=True),
            roles=OFFICERS,
            form=ReasonForm,
            done="Paused.",
            on_row=False,
            is_offered=lambda row, actor: not is_paused(actor),
        ),
        Step(
            name="resume",
            label="Resume dispositions",
            explanation="Lets runs go on where they stopped.",
            run=control(is_paused=False),
            roles=OFFICERS,
            form=ReasonForm,
            done="Dispositions go on.",
            on_row=False,
            is_offered=lambda row, actor: is_paused(actor),
        ),
        Step(
            name="pace",
            label="Change the pace",
            explanation="How many items a second are deleted at most. Counts from the next batch.",
            run=control(is_paused=None),
            roles=OFFICERS,
            form=PaceForm,
            done="The pace is changed.",
            on_row=False,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DispositionRun]:
        """With the names of people."""
        rows: QuerySet[DispositionRun] = super().get_queryset(request)
        return rows.annotate(listed_by_name=name_of("listed_by"), seen_by_name=name_of("seen_by"))

    lister = person_column("listed_by", "Listed by")
    seer = person_column("seen_by", "Confirmed by")

    @admin.display(description="Run of")
    def run(self, row: DispositionRun) -> str:
        """The run by its time."""
        return moment(row.listed_at, to_the_second=True)

    @admin.display(description="State")
    def standing(self, row: DispositionRun) -> str:
        """Where it stands, and how far it is."""
        if row.state != RunState.RUNNING:
            return str(row.get_state_display())
        return f"Running: {row.disposed_count + row.difference_count} of {row.due_count}"

    @admin.display(description="Dispositions")
    def switch(self, row: DispositionRun) -> str:
        """The pause switch and the pace."""
        now = queries.control_of(row.tenant_id)
        if now.is_paused:
            return f"paused: {now.reason}"
        return f"go on, at most {now.rate_per_second} items a second"

    @admin.display(description="Warnings")
    def warnings(self, row: DispositionRun) -> str:
        """The tracks for which nobody here has decided anything."""
        shipped = [TRACKS[rule["track"]].lower() for rule in row.rules if not rule["version"]]
        if not shipped:
            return "–"
        return f"No rule of this organisation covers {', '.join(shipped)}; the default that comes with the hub counts."

    def get_related(self, request: HttpRequest, row: DispositionRun) -> dict[str, Any]:
        """Its rules, its items, what was kept and why, and its certificates."""
        return {"panels": [rules_panel(row.rules, RULES), *_items(request, row), _kept(row), _certificates(row)]}


def _items(request: HttpRequest, row: DispositionRun) -> list[Panel]:
    headers = ("What", "Item", "Case", "Rule", "Date", "Why")
    due = row.items.filter(kept_because="").order_by("due_at", "item_id")[:SHOWN]
    differing = row.items.filter(is_difference=True).order_by("case_id", "item_id")[:SHOWN]
    panels = [Panel(
        "Due", f"The first {SHOWN} by their date. An item that was disposed of leaves this list for a certificate.",
        headers, item_rows(request, row, due), "Nothing is due.", items_url(row, DUE),
    )]  # fmt: skip
    if row.difference_count:
        panels.append(Panel(
            "Kept against the list", "They were listed as due, and the run found a reason to keep them.",
            headers, item_rows(request, row, differing), "", items_url(row, DIFFERENCE),
        ))  # fmt: skip
    return panels


def _kept(row: DispositionRun) -> Panel:
    counted = (
        ListedItem.objects.filter(run=row)
        .exclude(kept_because="")
        .values("kept_because", "track")
        .annotate(times=Count("pk"))
        .order_by("track", "kept_because")
    )
    return Panel(
        "Kept", "How many, and why.", ("What", "How many", "Kept because"),
        tuple((TRACKS[found["track"]], found["times"], explain(found["kept_because"])) for found in counted),
        "Nothing is kept.", items_url(row, KEPT),
    )  # fmt: skip


def _certificates(row: DispositionRun) -> Panel:
    batches = row.batches.order_by("-pk")[:SHOWN]
    return Panel(
        "Certificates", f"The last {SHOWN}: one for each deleting transaction.", ("Certificate", "What", "How many"),
        tuple((link_to("retention", "dispositionbatch", batch.pk, moment(batch.disposed_at, to_the_second=True)),
               TRACKS[batch.track], batch.count) for batch in batches),
        "Nothing was disposed of yet.",
    )  # fmt: skip
