"""Legal holds: officers place them at once and release them two by two; auditors read them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from hub.catalog.models import CaseKind
from hub.catalog.models.cases import DATA_CLASSES
from hub.retention.models import HoldState, LegalHold
from hub.workflows import holding
from tenants.actors import Actor
from tenants.models import Team

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS, tenant_of
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import ReasonForm, Step, StepForm, day, paragraph, text

SECTION = "Retention"
LISTED = 50


def several(label: str, choices: Any, help_text: str = "") -> forms.MultipleChoiceField:
    """Any number of a few."""
    return forms.MultipleChoiceField(
        label=label, choices=choices, help_text=help_text, required=False, widget=UnfoldAdminSelectMultipleWidget()
    )


class HoldForm(StepForm):
    """Who ordered it, why, and until when at the latest somebody looks again."""

    authority = text("Authority", "Who ordered it: a court, a regulator, counsel.", max_length=200)
    reason = paragraph("Reason", "Why the cases have to be kept. Kept with the hold; do not quote a case.")
    review_on = day("Review on", "Within a year. The hold does not end by itself; somebody looks at it again.")

    def accept(self, problem_path: str, message: str) -> None:
        """Workflows name fields as the API does."""
        super().accept({"reviewOn": "review_on", "selection": ""}.get(problem_path, problem_path), message)


class NamedHoldForm(HoldForm):
    """The cases, one by one."""

    cases = paragraph("Cases", "Their ids, one a line.", max_length=40_000, rows=6)


class QueryHoldForm(HoldForm):
    """What the cases have in common."""

    tags = paragraph("Tags", "Machine tags, one a line; a case has one of them.", required=False, rows=3)
    models = paragraph("Models", "Names of models, one a line.", required=False, rows=3)
    kinds = several("Kinds", CaseKind.choices)
    data_classes = several("Data classes", DATA_CLASSES)
    teams = several("Teams", ())

    def prepare(self) -> None:
        """The teams of the organisation."""
        teams = Team.objects.filter(tenant_id=tenant_of(self.actor)).order_by("slug")
        self.offer("teams", [(str(team.pk), team.name) for team in teams])


def place_by_name(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
    """Hold the named cases."""
    return _place(actor, given, {"cases": given["cases"].split()}, is_by_query=False)


def place_by_query(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
    """Hold what matches now and what comes to match."""
    selection = {
        "tags": [line.strip() for line in given["tags"].splitlines() if line.strip()],
        "models": [line.strip() for line in given["models"].splitlines() if line.strip()],
        **{key: list(given[key]) for key in ("kinds", "data_classes", "teams")},
    }
    return _place(actor, given, selection, is_by_query=True)


def _place(actor: Actor, given: Mapping[str, Any], selection: dict[str, list[str]], *, is_by_query: bool) -> Any:
    return holding.place_hold(
        actor, authority=given["authority"], reason=given["reason"], review_on=given["review_on"],
        selection=selection, is_by_query=is_by_query,
    )  # fmt: skip


class LegalHoldAdmin(GovernedAdmin):
    """Holds, those that protect first."""

    section, icon, title = SECTION, "gavel", "Legal holds"
    explanation = (
        "While a hold stands on a case, nothing of it is deleted: no rule, no erasure and no person gets past it. "
        "Placing one works at once; releasing takes two officers."
    )
    viewed_by = OFFICERS | AUDITORS
    searched_ids = ("pk", "held_cases__case_id")
    list_display = ("authority", "standing", "covers", "case_count_shown", "review_on", "placed_at", "placer")
    list_filter: ClassVar[list[Any]] = [pick("state", "state", HoldState.choices)]
    fields = (
        "id", "standing", "authority", "reason", "covers", "case_count_shown", "review_on", "placer", "placed_at",
        "proposer", "release_proposed_at", "release_reason", "releaser", "released_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[Any, ...]] = (F("released_at").desc(nulls_first=True), "review_on", "pk")
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="place",
            label="Hold cases by name",
            explanation="From the next moment on nothing of these cases is deleted, until two officers release them.",
            run=place_by_name,
            roles=OFFICERS,
            form=NamedHoldForm,
            done="The cases are held.",
            on_row=False,
        ),
        Step(
            name="place_query",
            label="Hold cases by query",
            explanation="Holds every case that matches now, and each one that comes to match while the hold stands. "
            "Each field that is filled in must hold by one of its values; a case once held stays held.",
            run=place_by_query,
            roles=OFFICERS,
            form=QueryHoldForm,
            done="What matches is held.",
            on_row=False,
        ),
        Step(
            name="propose_release",
            label="Propose release",
            explanation="Asks for the end of this hold. It protects until another officer has agreed.",
            run=lambda actor, row, given: holding.propose_release(actor, hold_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=ReasonForm,
            done="Proposed; a colleague decides.",
            is_offered=lambda row, actor: row.state == HoldState.STANDING,
        ),
        Step(
            name="release",
            label="Release",
            explanation="Ends this hold. What no other hold keeps goes when its rule says so, and that cannot be "
            "undone.",
            run=lambda actor, row, given: holding.release_hold(actor, hold_id=row.pk),
            roles=OFFICERS,
            done="Released.",
            is_grave=True,
            is_offered=lambda row, actor: (
                row.state == HoldState.RELEASE_PROPOSED and row.release_proposed_by != actor.person_key
            ),
        ),
        Step(
            name="keep",
            label="Keep the hold",
            explanation="Turns the proposed release down; the hold goes on.",
            run=lambda actor, row, given: holding.keep_hold(actor, hold_id=row.pk),
            roles=OFFICERS,
            done="The hold goes on.",
            is_offered=lambda row, actor: row.state == HoldState.RELEASE_PROPOSED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalHold]:
        """With the number of cases and the names of people."""
        rows: QuerySet[LegalHold] = super().get_queryset(request)
        names = {f"{field}_name": name_of(field) for field in ("placed_by", "release_proposed_by", "released_by")}
        return rows.annotate(case_count=Count("held_cases", distinct=True), **names)

    placer = person_column("placed_by", "Placed by")
    proposer = person_column("release_proposed_by", "Release proposed by")
    releaser = person_column("released_by", "Released by")

    @admin.display(description="State")
    def standing(self, row: LegalHold) -> str:
        """Whether it protects."""
        waits = "stands; a release waits for a second person"
        return waits if row.state == HoldState.RELEASE_PROPOSED else str(row.get_state_display())

    @admin.display(description="Cases now")
    def case_count_shown(self, row: Any) -> int:
        """How many cases it holds."""
        return int(row.case_count)

    @admin.display(description="Holds")
    def covers(self, row: LegalHold) -> str:
        """By name, or what the query asks."""
        if not row.is_by_query:
            return "named cases"
        names = {str(team.pk): team.slug for team in Team.objects.filter(tenant_id=row.tenant_id)}
        return "; ".join(
            f"{key.replace('_', ' ')}: {', '.join(names.get(value, value) for value in values)}"
            for key, values in row.selection.items()
        )

    def get_related(self, request: HttpRequest, row: LegalHold) -> dict[str, Any]:
        """The cases it holds, the newest first."""
        held = row.held_cases.order_by("-pk")[:LISTED]
        return {"panels": [Panel(
            "Held cases", f"The last {LISTED} that came under this hold.", ("Case", "Since"),
            tuple((link_to("catalog", "case", found.case_id, str(found.case_id)), moment(found.held_at))
                  for found in held),
            "It holds no case yet.",
        )]}  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the hold's id, or by a case's: every hold that stands or stood on it."""
        if not search_term:
            return queryset, False
        condition = self._id_condition(search_term.strip())
        if condition is None:
            return queryset.none(), False
        found = LegalHold.objects.filter(condition).values("pk")
        return queryset.filter(Q(pk__in=found)), False
