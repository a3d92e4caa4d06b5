"""Retention rules: drafted, proposed and let govern by two people, with the rule that counts where there is none."""

from typing import Any

from django import forms
from django.contrib import admin

from hub.lifecycle.models import PolicyKind
from hub.retention.rules import Clock, Ending, Track, parse_rule

from .documents import write_document
from .policy_forms import DocumentForm
from .policy_pages import PolicyAdmin, draft_steps
from .steps import text
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


class RetentionRuleAdmin(PolicyAdmin):
    """Rules by name, each with what its active version says."""

    section, icon, title = SECTION, "schedule", "Retention rules"
    explanation = (
        "A rule says how long something is kept and what happens then. Of several that match, the most specific "
        "counts; of equally specific ones, the one that keeps longest. A track without a rule falls under the default "
        "that comes with the hub. A new rule deletes nothing before somebody has confirmed a dry run of it."
    )
    policy_kind = PolicyKind.RETENTION_RULE
    list_display = ("name", "slug", "active", "says", "newest")
    fields = ("id", "name", "slug", "active", "says", "created_at")
    readonly_fields = fields
    steps = draft_steps(policy_kind, "rule", new=NewRuleForm, edit=RuleForm)

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
