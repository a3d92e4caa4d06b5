"""Cases as officers see them: what state they are in, how sensitive they are, who gets them. Never what they say."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from hub.catalog.models import BreakGlass, Case, CaseKind, CaseStatus
from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.sharing.models import GrantCoverage, Projection, WorkState
from hub.sharing.reasons import explain
from hub.workflows import break_glass, sensitivity, submission
from tenants.actors import Actor
from tenants.models import Team
from tenants.roles import Role

from .base import GovernedAdmin
from .doors import OFFICERS, REVIEWERS, actor_of
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import NoteForm, Step, StepForm, choice, paragraph, text

SECTION = "Cases"
KEPT = [("", "Keep as it is")]


def teams_of_tenant(request: HttpRequest) -> list[tuple[str, str]]:
    """The tenant's teams."""
    teams = Team.objects.filter(tenant_id=actor_of(request).tenant_id).order_by("slug")
    return [(str(team.pk), team.name) for team in teams]


class LowerForm(StepForm):
    """New levels, not above the present ones."""

    data_class = choice("Data class", [*KEPT, *DATA_CLASSES], "What the case holds.", required=False)
    tlp = choice("TLP", [*KEPT, *TLP_LABELS], "Who may have it.", required=False)
    reason = paragraph("Reason", "Why the case is less sensitive than it was taken for. Kept on record.")


class WithdrawForm(NoteForm):
    """Why a case is taken back."""


class OpenForm(StepForm):
    """Which case, and why there is no time for another way."""

    case_id = text("Case id", "The id as its owner, an alarm or an API answer gave it to you.", max_length=36)
    purpose = paragraph("Purpose", "What you have to find out, and why it cannot wait. Officers read this.", max_length=300)


class CloseForm(StepForm):
    """What came of it."""

    finding = paragraph(
        "Finding", "Whether the emergency was one, and what follows from it. Do not quote the case.", max_length=1000
    )


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
            explanation="Findings raise the level of a case by themselves; only an officer lowers it. A lower level lets "
            "the case through the ceilings of more grants, from the next read on.",
            run=lower_levels,
            roles=OFFICERS,
            form=LowerForm,
            done="The levels are lowered.",
            is_offered=is_high,
        ),
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
        versions = row.versions.annotate(author_name=name_of("author")).only("number", "created_at", "author", "case_id")
        return {"panels": [
            Panel(
                "Who gets it", "One projection for each audience and profile: the redacted document, or why there is none.",
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
                tuple((link_to("sharing", "sharinggrant", found.grant.pk, found.grant.recipient_label), found.profile.name,
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


class ProjectionAdmin(GovernedAdmin):
    """Projections by state: what is built, what waits, what is withheld and why. Their content is not shown."""

    section, icon, title = SECTION, "visibility_off", "Projections"
    explanation = (
        "What each audience gets of each case: ready, still to be built, or withheld because it could not be redacted "
        "with certainty. A withheld case is shown to nobody under that profile."
    )
    viewed_by = OFFICERS
    searched_ids = ("pk", "case_id", "public_id")
    list_display = ("id", "audience_label", "profile_name", "case_link", "state_shown", "why", "in_force", "built_at")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", WorkState.choices),
        pick("in force", "in_force", [("yes", "In force"), ("no", "Not in force")],
             lambda value: Q(is_in_force=value == "yes")),
    ]  # fmt: skip
    fields = (
        "id", "case_link", "audience_label", "profile_name", "policy_number", "public_id", "state_shown", "why",
        "in_force", "attempts", "built_at", "recalled_at", "data_class", "tlp", "fingerprint", "digest",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Projection]:
        """Without the content."""
        rows: QuerySet[Projection] = (
            super()
            .get_queryset(request)
            .select_related("audience", "profile", "policy_version")
            .defer("document", "search_text", "search_vector", "counts", "title")
        )
        return rows

    @admin.display(description="Audience")
    def audience_label(self, row: Projection) -> str:
        """Whom it is made for."""
        return row.audience.label

    @admin.display(description="Profile")
    def profile_name(self, row: Projection) -> str:
        """Under which profile."""
        return row.profile.name

    @admin.display(description="Policy version")
    def policy_number(self, row: Projection) -> int:
        """Under which version of the profile's policy."""
        return row.policy_version.number

    @admin.display(description="Case")
    def case_link(self, row: Projection) -> Any:
        """The case it is made from."""
        return link_to("catalog", "case", row.case_id, str(row.case_id))

    @admin.display(description="State")
    def state_shown(self, row: Projection) -> str:
        """In words."""
        return row.get_state_display()

    @admin.display(description="Why")
    def why(self, row: Projection) -> str:
        """Why it is withheld."""
        return explain(row.reason) if row.state == WorkState.WITHHELD else "–"

    @admin.display(description="In force")
    def in_force(self, row: Projection) -> str:
        """Whether readers get this one."""
        return "yes" if row.is_in_force else "no"


class BreakGlassAdmin(GovernedAdmin):
    """Emergency looks at raw text: open ones first."""

    section, icon, title = SECTION, "emergency_home", "Break-glass"
    explanation = (
        "A reviewer's emergency look at the raw text of one case: purpose stated, an hour at most. Every one is closed "
        "by an officer with a finding, also when its time is over."
    )
    viewed_by = OFFICERS | REVIEWERS
    searched_ids = ("pk", "case_id", "user_id")
    list_display = ("opened_at", "standing", "who", "case_id", "purpose", "expires_at", "closed_at")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", [("open", "Not closed"), ("closed", "Closed")],
             lambda value: Q(closed_at__isnull=value == "open")),
    ]  # fmt: skip
    fields = (
        "id", "standing", "case_id", "who", "purpose", "opened_at", "expires_at", "closed_at", "closer", "finding",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[Any, ...]] = (F("closed_at").asc(nulls_first=True), "-opened_at")
    steps = (
        Step(
            name="open",
            label="Open break-glass",
            explanation="Opens the raw text of one case to you alone, for an hour at most, over the API. Officers are "
            "told at once, and one of them closes it with a finding.",
            run=lambda actor, row, given: break_glass.open_break_glass(
                actor, case_id=given["case_id"], purpose=given["purpose"]
            ),
            roles=REVIEWERS,
            form=OpenForm,
            done="The case is open to you. Every read of it is on record.",
            on_row=False,
            is_grave=True,
        ),
        Step(
            name="close",
            label="Close with a finding",
            explanation="Ends the right to read the raw text, if it still stands, and says what came of it.",
            run=lambda actor, row, given: break_glass.close_break_glass(
                actor, break_glass_id=row.pk, finding=given["finding"]
            ),
            roles=OFFICERS,
            form=CloseForm,
            done="Closed.",
            is_offered=lambda row, actor: row.closed_at is None and row.user_id != actor.user_id,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BreakGlass]:
        """All of the tenant for officers; one's own for reviewers."""
        rows: QuerySet[BreakGlass] = (
            super()
            .get_queryset(request)
            .select_related("user")
            .annotate(closed_by_name=name_of("closed_by"))
        )
        actor = actor_of(request)
        return rows if Role.OFFICER in actor.roles else rows.filter(user_id=actor.user_id)

    closer = person_column("closed_by", "Closed by")

    @admin.display(description="Who")
    def who(self, row: BreakGlass) -> str:
        """The reviewer."""
        return row.user.display_name

    @admin.display(description="State")
    def standing(self, row: BreakGlass) -> str:
        """Open, over but without a finding, or closed."""
        if row.closed_at is not None:
            return "Closed"
        return "Open now" if row.expires_at > timezone.now() else "Over, waits for a finding"


def _count(rows: QuerySet[Any]) -> Any:
    """A correlated count, apart from the row's own joins."""
    counted = rows.order_by().values("case_id").annotate(times=Count("pk")).values("times")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _state(row: Projection) -> str:
    state = row.get_state_display()
    return f"{state}, in force" if row.is_in_force else str(state)
