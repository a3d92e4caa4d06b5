"""Redaction profiles and grant templates: drafts, what they would change, and a second person's decision."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from hub.lifecycle.models import PolicyKind, PolicyVersion, VersionState
from hub.sharing.models import Projection, RedactionProfile, WorkState

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS
from .policy_forms import DocumentForm, NewProfileForm, NewTemplateForm
from .policy_pages import PolicyAdmin, count_by, draft_steps
from .policy_versions import versions_panel

SECTION = "Policy"


class RedactionProfileAdmin(GovernedAdmin):
    """The names under which cases are shared, and which version of their policies serves."""

    section, icon, title = SECTION, "masked_transitions", "Redaction profiles"
    explanation = (
        "A profile says how cases are redacted for one sort of reader. Grants name a profile, never a version: a "
        "stricter version reaches every grant as soon as it is activated and built."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "slug", "protection", "active", "serving", "waiting", "ready", "withheld")
    fields = ("id", "name", "slug", "protection", "active", "serving", "ready", "withheld")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("protection",)
    related_template = "hub_admin/panels.html"
    steps = draft_steps(PolicyKind.REDACTION_PROFILE, "profile", new=NewProfileForm, edit=DocumentForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RedactionProfile]:
        """With the active version, and how much is built."""
        versions = PolicyVersion.objects.filter(policy_id=OuterRef("policy_id"))
        built = Projection.objects.filter(profile_id=OuterRef("pk"), version=F("case__current_version")).order_by()
        rows: QuerySet[RedactionProfile] = (
            super()
            .get_queryset(request)
            .select_related("policy", "serving_version")
            .annotate(
                active_number=Subquery(versions.filter(state=VersionState.ACTIVE).values("number")[:1]),
                proposed_count=count_by(versions.filter(state=VersionState.PROPOSED), "policy_id"),
                ready_count=count_by(built.filter(state=WorkState.READY, is_in_force=True), "profile_id"),
                withheld_count=count_by(built.filter(state=WorkState.WITHHELD), "profile_id"),
            )
        )
        return rows

    @admin.display(description="Active version")
    def active(self, row: Any) -> Any:
        """What two people have decided."""
        return row.active_number or "none yet"

    @admin.display(description="Serving version")
    def serving(self, row: RedactionProfile) -> str:
        """What readers get; behind the active one only while projections are built."""
        return str(row.serving_version.number) if row.serving_version else "none yet"

    @admin.display(description="Waits")
    def waiting(self, row: Any) -> str:
        """Proposals to decide."""
        return f"{row.proposed_count} proposed" if row.proposed_count else "–"

    @admin.display(description="Served")
    def ready(self, row: Any) -> int:
        """Projections that readers get."""
        return row.ready_count or 0

    @admin.display(description="Withheld")
    def withheld(self, row: Any) -> int:
        """Projections that could not be made with certainty."""
        return row.withheld_count or 0

    def get_related(self, request: HttpRequest, row: RedactionProfile) -> dict[str, Any]:
        """The versions of its policy."""
        return {"panels": [versions_panel(row.policy_id)]}


class GrantTemplateAdmin(PolicyAdmin):
    """Grant templates: the limits inside which one officer may issue a grant alone."""

    section, icon, title = SECTION, "rule", "Grant templates"
    explanation = (
        "Inside an active template one officer issues a grant alone: these profiles, to these recipients, for these "
        "purposes, up to this level and this long. Everything else is a proposal that a second officer decides."
    )
    policy_kind = PolicyKind.GRANT_TEMPLATE
    list_display = ("name", "slug", "active", "newest")
    fields = ("id", "name", "slug", "active", "created_at")
    readonly_fields = fields
    steps = draft_steps(policy_kind, "template", new=NewTemplateForm, edit=DocumentForm)
