"""Emergency looks at raw text: reviewers open them, officers close them with a finding."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from hub.catalog.models import BreakGlass
from hub.workflows import break_glass
from tenants.roles import Role

from .base import GovernedAdmin
from .doors import OFFICERS, REVIEWERS, actor_of
from .filters import pick
from .people import name_of, person_column
from .steps import Step, StepForm, paragraph, text

SECTION = "Cases"


class OpenForm(StepForm):
    """Which case, and why there is no time for another way."""

    case_id = text("Case id", "The id as its owner, an alarm or an API answer gave it to you.", max_length=36)
    purpose = paragraph(
        "Purpose", "What you have to find out, and why it cannot wait. Officers read this.", max_length=300
    )


class CloseForm(StepForm):
    """What came of it."""

    finding = paragraph(
        "Finding", "Whether the emergency was one, and what follows from it. Do not quote the case.", max_length=1000
    )


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
            super().get_queryset(request).select_related("user").annotate(closed_by_name=name_of("closed_by"))
        )
        actor = actor_of(request)
        return rows if Role.OFFICER in actor.roles else rows.filter(user_id=actor.user_id or UUID(int=0))

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
