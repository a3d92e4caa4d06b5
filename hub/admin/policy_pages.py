"""What the pages of policies have in common: rows of one kind by name, what governs, and drafts on top of it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from hub.lifecycle.models import Policy, PolicyKind, PolicyVersion, VersionState
from hub.workflows import policy as policies
from tenants.actors import Actor

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS
from .policy_forms import DocumentForm
from .policy_versions import versions_panel
from .steps import Step

DRAFT_EXPLANATION = (
    "Begins a new version. It changes nothing yet: you propose it, and somebody who did not write or edit it decides."
)
DRAFT_KEPT = "The draft is kept. Below stands what it would change; propose it when it is ready."


def draft_steps(kind: PolicyKind, noun: str, *, new: type[DocumentForm], edit: type[DocumentForm]) -> tuple[Step, Step]:
    """The two ways to begin a draft: of a policy that is not there yet, and on top of an active version."""
    return (
        Step(
            name="new",
            label=f"New {noun}",
            explanation=DRAFT_EXPLANATION,
            run=lambda actor, row, given: _draft(actor, kind, given["slug"], given),
            roles=OFFICERS,
            form=new,
            done=DRAFT_KEPT,
            on_row=False,
        ),
        Step(
            name="draft",
            label="Draft a new version",
            explanation=DRAFT_EXPLANATION,
            run=lambda actor, row, given: _draft(actor, kind, row.slug, given),
            roles=OFFICERS,
            form=edit,
            done=DRAFT_KEPT,
        ),
    )


def _draft(actor: Actor, kind: PolicyKind, slug: str, given: Mapping[str, Any]) -> Any:
    more = {name: given[name] for name in ("name", "protection") if name in given}
    return policies.draft_policy(actor, kind=kind, slug=slug, document=given["document"], note=given["note"], **more)


class PolicyAdmin(GovernedAdmin):
    """Policies of one kind by name, each with the number of what governs and where its newest version is."""

    policy_kind: ClassVar[PolicyKind]

    viewed_by = OFFICERS | AUDITORS
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """This kind only, with what governs and what is newest."""
        versions = PolicyVersion.objects.filter(policy_id=OuterRef("pk"))
        active, newest = versions.filter(state=VersionState.ACTIVE), versions.order_by("-number")
        return (
            super()
            .get_queryset(request)
            .filter(kind=self.policy_kind)
            .annotate(
                active_number=Subquery(active.values("number")[:1]),
                active_document=Subquery(active.values("document")[:1]),
                newest_state=Subquery(newest.values("state")[:1]),
                newest_number=Subquery(newest.values("number")[:1]),
            )
        )

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


def count_by(rows: QuerySet[Any], grouped_by: str) -> Subquery:
    """How many of these belong to a row, apart from the row's own joins; none where there are none."""
    return Subquery(rows.order_by().values(grouped_by).annotate(times=Count("pk")).values("times"))
