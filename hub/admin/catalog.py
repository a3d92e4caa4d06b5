"""Cases as officers see them: what state they are in, how sensitive they are, who gets them. Never what they say."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from hub.catalog.models import Case, CaseKind, CaseStatus
from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.retention.holds import holds_of_case
from hub.sharing.models import GrantCoverage, Projection, WorkState
from hub.sharing.reasons import explain
from hub.workflows import sensitivity, submission
from tenants.actors import Actor
from tenants.models import Team

from .base import GovernedAdmin
from .doors import OFFICERS, REVIEWERS, actor_of, tenant_of
from .filters import pick
from .leak_reports import REPORT_STEP
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import NoteForm, Step, StepForm, choice, paragraph

SECTION = "Cases"
KEPT = [("", "Keep as it is")]


def teams_of_tenant(request: HttpRequest) -> list[tuple[str, str]]:
    """The tenant's teams."""
    teams = Team.objects.filter(tenant_id=tenant_of(actor_of(request))).order_by("slug")
    return [(str(team.pk), team.name) for team in teams]


class LowerForm(StepForm):
    """New levels, not above the present ones."""

    data_class = choice("Data class", [*KEPT, *DATA_CLASSES], "What the case holds.", required=False)
    tlp = choice("TLP", [*KEPT, *TLP_LABELS], "Who may have it.", required=False)
    reason = paragraph("Reason", "Why the case is less sensitive than it was taken for. Kept on record.")


class WithdrawForm(NoteForm):
    """Why a case is taken back."""


def lower_levels(actor: Actor, row: Case, given: Mapping[str, Any]) -> Any:
    """Ask for lower levels; an empty choice keeps a level."""
    return sensitivity.lower_sensitivity(
        actor, case_id=row.pk, data_class=given["data_class"] or None, tlp=given["tlp"] or None, reason=given["reason"]
    )


def withdraw(actor: Actor, row: Case, given: Mapping[str, Any]) -> Any:
    """Ask for the withdrawal."""
    return submission.withdraw_case(actor, case_id=row.pk, reason=given["reason"])


def is_high(row: Case, actor: Actor) -> bool:
    """Whether there is a level to lower."""
    return row.withdrawn_at is None and (row.data_class != DATA_CLASSES[0][0] or row.tlp != TLP_LABELS[0][0])


class CaseAdmin(GovernedAdmin):
    """Cases by id, state and levels."""

    section, icon, title = SECTION, "description", "Cases"
    explanation = (
        "The cases of this organisation: their state, their sensitivity and who gets them. What a case says is not "
        "shown here; its team reads it, and other teams read a redacted projection under a grant."
    )
    viewed_by = OFFICERS | REVIEWERS
    list_display = ("id", "team_name", "kind", "status", "data_class", "tlp", "restricted", "shared_with", "withheld")
    list_filter: ClassVar[list[Any]] = [
        pick("status", "status", CaseStatus.choices),
        pick("kind", "kind", CaseKind.choices, lambda kind: Q(current_version__kind=kind)),
        pick("data class", "data_class", DATA_CLASSES),
        pick("TLP", "tlp", TLP_LABELS),
        pick("team", "team", teams_of_tenant, lambda team: Q(team_id=team)),
        pick("withheld", "withheld", [("yes", "Withheld from somebody")], lambda value: Q(withheld_count__gt=0)),
    ]
    fields = (
        "id", "team_name", "kind", "status", "data_class", "tlp", "restricted", "source", "author", "created_at",
        "withdrawn_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="lower",
            label="Lower sensitivity",
            explanation="Findings raise the level of a case by themselves; only an officer lowers it. A lower level "
            "lets the case through the ceilings of more grants, from the next read on.",
            run=lower_levels,
            roles=OFFICERS,
            form=LowerForm,
            done="The levels are lowered.",
            is_offered=is_high,
        ),
        REPORT_STEP,
        Step(
            name="withdraw",
            label="Withdraw",
            explanation="From the next read on nobody gets this case any more; those who have read it see that it was "
            "recalled. It cannot be undone; the owner submits the case anew.",
            run=withdraw,
            roles=OFFICERS,
            form=WithdrawForm,
            done="The case is withdrawn.",
            is_grave=True,
            is_offered=lambda row, actor: row.withdrawn_at is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """With the kind, the team's name, and how many get it or do not."""
        built = Projection.objects.filter(case_id=OuterRef("pk"), version_id=OuterRef("current_version_id"))
        coverage = GrantCoverage.objects.filter(case_id=OuterRef("pk"), grant__state="active", grant__revoked_at=None)
        rows: QuerySet[Case] = (
            super()
            .get_queryset(request)
            .annotate(
                case_kind=F("current_version__kind"),
                team_label=F("team__name"),
                created_by_name=name_of("created_by"),
                withheld_count=_count(built.filter(state=WorkState.WITHHELD)),
                grant_count=_count(coverage),
            )
        )
        return rows

    author = person_column("created_by", "Submitted by")

    @admin.display(description="Team")
    def team_name(self, row: Any) -> str:
        """The owner team's name."""
        return row.team_label or "–"

    @admin.display(description="Kind")
    def kind(self, row: Any) -> str:
        """What sort of failure it is."""
        return CaseKind(row.case_kind).label if row.case_kind else "–"

    @admin.display(description="Restricted")
    def restricted(self, row: Case) -> str:
        """Whether only named people and teams read it."""
        return "to named people" if row.is_restricted else "no"

    @admin.display(description="Shared under")
    def shared_with(self, row: Any) -> str:
        """How many grants cover it."""
        return f"{row.grant_count} grant{'' if row.grant_count == 1 else 's'}" if row.grant_count else "no grant"

    @admin.display(description="Withheld from")
    def withheld(self, row: Any) -> str:
        """How many audiences do not get it."""
        return f"{row.withheld_count} audience{'' if row.withheld_count == 1 else 's'}" if row.withheld_count else "–"

    def get_related(self, request: HttpRequest, row: Case) -> dict[str, Any]:
        """Tags, projections and why some are withheld, and the grants that cover it."""
        tags = row.tags.annotate(set_by_name=name_of("set_by")).order_by("tag")
        projections = (
            Projection.objects.filter(case_id=row.pk, version_id=row.current_version_id)
            .select_related("profile", "policy_version", "audience")
            .defer("document", "search_text", "search_vector", "counts")
            .order_by("audience__label", "profile__protection")
        )
        coverage = (
            GrantCoverage.objects.filter(case_id=row.pk, grant__isnull=False)
            .select_related("grant", "profile")
            .order_by("grant__expires_at")
        )
        versions = row.versions.annotate(author_name=name_of("author")).only("number", "created_at", "author", "case")
        return {"panels": [
            *_holds(row),
            Panel(
                "Who gets it", "One projection for each audience and profile: what they get, or why they get nothing.",
                ("Audience", "Profile", "Policy version", "State", "Why", "Built"),
                tuple((link_to("sharing", "projection", found.pk, found.audience.label), found.profile.name,
                       found.policy_version.number, _state(found),
                       explain(found.reason) if found.state == WorkState.WITHHELD else "–",
                       moment(found.built_at)) for found in projections),
                "No projection has been asked for.",
            ),
            Panel(
                "Grants that cover it", "Which grants select this case. Level and dates are checked at every read.",
                ("Recipient", "Profile", "Ceiling", "State", "Ends"),
                tuple((link_to("sharing", "sharinggrant", found.grant.pk, found.grant.recipient_label),
                       found.profile.name,
                       f"{found.grant.ceiling_class}, TLP:{found.grant.ceiling_tlp}", found.grant.get_state_display(),
                       moment(found.grant.expires_at)) for found in coverage if found.grant),
                "No grant covers it.",
            ),
            Panel(
                "Tags", "Machine tags, and who or what set them.", ("Tag", "Set by", "Reason", "Since"),
                tuple((found.tag, found.set_by_name, found.reason or "–", moment(found.set_at)) for found in tags),
                "It has no tags.",
            ),
            Panel(
                "Versions", "Every submit or edit makes a version that never changes.", ("Number", "By", "When"),
                tuple((found.number, found.author_name, moment(found.created_at))
                      for found in versions.order_by("-number")),
                "None visible to your role.",
            ),
        ]}  # fmt: skip


def _holds(row: Case) -> list[Panel]:
    """The legal holds that stand on a case, where any does: nothing of it is deleted meanwhile."""
    rows = holds_of_case(row.pk).annotate(placed_by_name=name_of("placed_by"))
    if not rows:
        return []
    return [Panel(
        "Legal hold", "While one of these stands, nothing of this case is deleted, whatever a rule or a request says.",
        ("Hold", "Authority", "State", "Placed by", "Since", "Review on"),
        tuple((link_to("retention", "legalhold", hold.pk, hold.reason), hold.authority, hold.get_state_display(),
               hold.placed_by_name, moment(hold.placed_at), f"{hold.review_on:%d %b %Y}") for hold in rows),
        "",
    )]  # fmt: skip


def _count(rows: QuerySet[Any]) -> Any:
    """A correlated count, apart from the row's own joins."""
    counted = rows.order_by().values("case_id").annotate(times=Count("pk")).values("times")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _state(row: Projection) -> str:
    state = row.get_state_display()
    return f"{state}, in force" if row.is_in_force else str(state)
