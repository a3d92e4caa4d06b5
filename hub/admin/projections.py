"""Projections as officers see them: which audience gets what, and why something is withheld. Never their content."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hub.sharing.models import Projection, WorkState
from hub.sharing.reasons import REASONS, explain, next_step

from .base import GovernedAdmin
from .doors import OFFICERS
from .filters import pick
from .panels import link_to

SECTION = "Cases"


class ProjectionAdmin(GovernedAdmin):
    """Projections by state: what is built, what waits, what is withheld and why. Their content is not shown."""

    section, icon, title = SECTION, "visibility_off", "Projections"
    explanation = (
        "What each audience gets of each case: ready, still to be built, or withheld because it could not be redacted "
        "with certainty. A withheld case is shown to nobody under that profile."
    )
    viewed_by = OFFICERS
    searched_ids = ("pk", "case_id", "public_id")
    list_display = (
        "id", "audience_label", "profile_name", "case_link", "state_shown", "why", "where", "in_force", "built_at",
    )  # fmt: skip
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", WorkState.choices),
        pick("in force", "in_force", [("yes", "In force"), ("no", "Not in force")],
             lambda value: Q(is_in_force=value == "yes")),
        pick("reason", "reason", sorted((code, words.partition(";")[0]) for code, words in REASONS.items())),
    ]  # fmt: skip
    fields = (
        "id", "case_link", "owner_label", "audience_label", "profile_name", "policy_number", "public_id",
        "state_shown", "why", "where", "what_now", "in_force", "attempts", "built_at", "recalled_at", "data_class",
        "tlp", "fingerprint", "digest",
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

    @admin.display(description="Where")
    def where(self, row: Projection) -> str:
        """In which parts of the case."""
        return ", ".join(row.places) or "–"

    @admin.display(description="What can be done")
    def what_now(self, row: Projection) -> str:
        """The next step of the officer who reads this."""
        return next_step(row.reason) if row.state == WorkState.WITHHELD else "–"

    @admin.display(description="In force")
    def in_force(self, row: Projection) -> str:
        """Whether readers get this one."""
        return "yes" if row.is_in_force else "no"
