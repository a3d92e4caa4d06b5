"""Redaction profiles and grant templates: drafts, what they would change, and a second person's decision."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from hub.lifecycle.models import Policy, PolicyKind, PolicyVersion, VersionState
from hub.sharing.models import Projection, RedactionProfile, WorkState
from hub.workflows import policy as policies
from tenants.actors import Actor

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS
from .policy_forms import DocumentForm, NewProfileForm, NewTemplateForm
from .policy_versions import versions_panel
from .steps import Step

SECTION = "Policy"


def draft_from(policy: Policy) -> Any:
    """A new draft on top of a policy's active version."""

    def run(actor: Actor, given: Mapping[str, Any]) -> Any:
        return policies.draft_policy(
            actor, kind=PolicyKind(policy.kind), slug=policy.slug, document=given["document"], note=given["note"]
        )

    return run


def draft_new(kind: PolicyKind) -> Any:
    """A policy that is not there yet."""

    def run(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
        more = {"protection": given["protection"]} if "protection" in given else {}
        return policies.draft_policy(
            actor, kind=kind, slug=given["slug"], name=given["name"], document=given["document"], note=given["note"],
            **more,
        )  # fmt: skip

    return run


DRAFT_EXPLANATION = (
    "Begins a new version. It changes nothing yet: you propose it, and somebody who did not write or edit it decides."
)


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
    steps = (
        Step(
            name="new",
            label="New profile",
            explanation=DRAFT_EXPLANATION,
            run=draft_new(PolicyKind.REDACTION_PROFILE),
            roles=OFFICERS,
            form=NewProfileForm,
            done="The draft is kept under Policy versions. Propose it when it is ready.",
            on_row=False,
        ),
        Step(
            name="draft",
            label="Draft a new version",
            explanation=DRAFT_EXPLANATION,
            run=lambda actor, row, given: draft_from(row.policy)(actor, given),
            roles=OFFICERS,
            form=DocumentForm,
            done="The draft is kept below. Propose it when it is ready.",
        ),
    )

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
                proposed_count=_count(versions.filter(state=VersionState.PROPOSED), "policy_id"),
                ready_count=_count(built.filter(state=WorkState.READY, is_in_force=True), "profile_id"),
                withheld_count=_count(built.filter(state=WorkState.WITHHELD), "profile_id"),
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


class GrantTemplateAdmin(GovernedAdmin):
    """Grant templates: the limits inside which one officer may issue a grant alone."""

    section, icon, title = SECTION, "rule", "Grant templates"
    explanation = (
        "Inside an active template one officer issues a grant alone: these profiles, to these recipients, for these "
        "purposes, up to this level and this long. Everything else is a proposal that a second officer decides."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "slug", "active", "newest")
    fields = ("id", "name", "slug", "active", "created_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="new",
            label="New template",
            explanation=DRAFT_EXPLANATION,
            run=draft_new(PolicyKind.GRANT_TEMPLATE),
            roles=OFFICERS,
            form=NewTemplateForm,
            done="The draft is kept under Policy versions. Propose it when it is ready.",
            on_row=False,
        ),
        Step(
            name="draft",
            label="Draft a new version",
            explanation=DRAFT_EXPLANATION,
            run=lambda actor, row, given: draft_from(row)(actor, given),
            roles=OFFICERS,
            form=DocumentForm,
            done="The draft is kept below. Propose it when it is ready.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        """Templates only, with their versions' numbers."""
        versions = PolicyVersion.objects.filter(policy_id=OuterRef("pk"))
        rows: QuerySet[Policy] = (
            super()
            .get_queryset(request)
            .filter(kind=PolicyKind.GRANT_TEMPLATE)
            .annotate(
                active_number=Subquery(versions.filter(state=VersionState.ACTIVE).values("number")[:1]),
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

    def get_related(self, request: HttpRequest, row: Policy) -> dict[str, Any]:
        """Its versions."""
        return {"panels": [versions_panel(row.pk)]}


def _count(rows: QuerySet[Any], grouped_by: str) -> Any:
    return Subquery(rows.order_by().values(grouped_by).annotate(times=Count("pk")).values("times"))
