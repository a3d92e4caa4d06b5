"""Retention rules: drafted, proposed and let govern by two people, with the rule that counts where there is none."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from hub.lifecycle.models import PolicyKind, PolicyVersion, VersionState
from hub.retention.models import RetentionRule
from hub.retention.rules import Clock, Ending, Track, parse_rule

from .base import GovernedAdmin
from .documents import write_document
from .doors import AUDITORS, OFFICERS
from .policies import DRAFT_EXPLANATION, draft_from, draft_new
from .policy_forms import DocumentForm
from .policy_versions import versions_panel
from .steps import Step, text
from .wording import TRACKS

SECTION = "Retention"
CLOCKS = {
    Clock.OCCURRED: "it occurred",
    Clock.RECORDED: "it was recorded",
    Clock.CLOSED: "its case was closed",
    Clock.LAST_READ: "it was last read",
}
ENDINGS: dict[str, str] = {
    Ending.PURGE: "purged",
    Ending.KEEP_SUMMARY: "purged, the redacted summary kept",
    Ending.ARCHIVE: "archived, then purged",
}
HELP = (
    f"track: one of {', '.join(Track)}. clock, where the time starts: one of {', '.join(Clock)}. keep: an ISO 8601 "
    f"duration such as P90D, P18M or P2Y. then: one of {', '.join(Ending)}; keep_summary is for raw_text, which "
    "goes once something redacted tells what it said, and for projection, of which title and summary remain. "
    "select: lists of data_classes, kinds and tags; an item has to have one of each list that is not empty. delivery "
    "and access_event take no selection, and recorded as their clock. YAML or JSON."
)
EXAMPLE: dict[str, Any] = {
    "track": "raw_evidence",
    "select": {"data_classes": ["restricted"], "kinds": [], "tags": []},
    "clock": "recorded",
    "keep": "P1Y",
    "then": "purge",
}


class RuleForm(DocumentForm):
    """A rule's document; what a rule may say stands below the field."""

    def prepare(self) -> None:
        """Begin with the rule as it is."""
        super().prepare()
        self.fields["document"].help_text = HELP
        self.fields["document"].widget.attrs["rows"] = 14


class NewRuleForm(RuleForm):
    """A rule that is not there yet."""

    slug = forms.SlugField(label="Short name", max_length=60, help_text="Dry runs and certificates name it so.")
    name = text("Name", max_length=120)
    field_order = ("name", "slug", "document", "note")

    def prepare(self) -> None:
        """Begin with an example of every entry."""
        super().prepare()
        self.fields["slug"].widget = self.fields["name"].widget.__class__()
        self.fields["document"].initial = write_document(EXAMPLE)


class RetentionRuleAdmin(GovernedAdmin):
    """Rules by name, each with what its active version says."""

    section, icon, title = SECTION, "schedule", "Retention rules"
    explanation = (
        "A rule says how long something is kept and what happens then. Of several that match, the most specific "
        "counts; of equally specific ones, the one that keeps longest. A track without a rule falls under the default "
        "that comes with the hub. A new rule deletes nothing before somebody has confirmed a dry run of it."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "slug", "active", "says", "newest")
    fields = ("id", "name", "slug", "active", "says", "created_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="new",
            label="New rule",
            explanation=DRAFT_EXPLANATION,
            run=draft_new(PolicyKind.RETENTION_RULE),
            roles=OFFICERS,
            form=NewRuleForm,
            done="The draft is kept under Policy versions. Propose it when it is ready.",
            on_row=False,
        ),
        Step(
            name="draft",
            label="Draft a new version",
            explanation=DRAFT_EXPLANATION,
            run=lambda actor, row, given: draft_from(row)(actor, given),
            roles=OFFICERS,
            form=RuleForm,
            done="The draft is kept below. Propose it when it is ready.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RetentionRule]:
        """Rules only, with what governs and what is newest."""
        versions = PolicyVersion.objects.filter(policy_id=OuterRef("pk"))
        active = versions.filter(state=VersionState.ACTIVE)
        rows: QuerySet[RetentionRule] = (
            super()
            .get_queryset(request)
            .filter(kind=PolicyKind.RETENTION_RULE)
            .annotate(
                active_number=Subquery(active.values("number")[:1]),
                active_document=Subquery(active.values("document")[:1]),
                newest_state=Subquery(versions.order_by("-number").values("state")[:1]),
                newest_number=Subquery(versions.order_by("-number").values("number")[:1]),
            )
        )
        return rows

    @admin.display(description="Active version")
    def active(self, row: Any) -> Any:
        """What two people have decided."""
        return row.active_number or "none yet"

    @admin.display(description="Newest version")
    def newest(self, row: Any) -> str:
        """The newest, and where it is."""
        return f"{row.newest_number}, {row.newest_state}" if row.newest_number else "–"

    @admin.display(description="What governs")
    def says(self, row: Any) -> str:
        """The active version in a sentence."""
        if not row.active_document:
            return "nothing yet"
        spec = parse_rule(row.active_document)
        selected = "; ".join(", ".join(words) for words in (spec.data_classes, spec.kinds, spec.tags) if words)
        return (
            f"{TRACKS[spec.track]}{f' ({selected})' if selected else ''}: {spec.keep} after {CLOCKS[spec.clock]}, "
            f"then {ENDINGS[spec.then]}"
        )

    def get_related(self, request: HttpRequest, row: RetentionRule) -> dict[str, Any]:
        """Its versions."""
        return {"panels": [versions_panel(row.pk)]}
