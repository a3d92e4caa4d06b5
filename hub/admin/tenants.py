"""Members, invitations and tokens for administrators; organisations, teams and accounts for the platform's operator."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hub.workflows import onboarding, platform_auditors
from tenants.actors import ActorKind
from tenants.models import User

from .base import GovernedAdmin
from .doors import ADMINISTRATORS, actor_of, tenant_of
from .filters import PickFilter, pick
from .members import InviteForm, invite
from .steps import Step, StepForm, text

PEOPLE_SECTION = "People"
PLATFORM_SECTION = "Platform"


class PlaceForm(StepForm):
    """A name, and a short one for addresses."""

    slug = text("Short name", "Lower-case letters, digits and hyphens; it is part of addresses and never changes.",
                max_length=40)  # fmt: skip
    name = text("Name", max_length=120)


def real_or_synthetic(column: str) -> type[PickFilter]:
    """Lists begin without what the hub has made for its proofs of isolation; this choice shows it."""
    offered = pick("made for", "synthetic", [("yes", "Proofs of isolation")], lambda value: Q(**{column: True}))

    class RealOrSynthetic(offered):  # type: ignore[misc, valid-type]
        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Without a choice, the real ones."""
            chosen: QuerySet[Any] = super().queryset(request, queryset)
            return chosen if self.value() else queryset.exclude(**{column: True})

        def choices(self, changelist: Any) -> Iterator[Any]:
            """The first choice says what it shows."""
            for choice in super().choices(changelist):
                yield choice if choice["value"] else {**choice, "display": "Real use"}

    return RealOrSynthetic


class TenantAdmin(GovernedAdmin):
    """Organisations, for the operator."""

    section, icon, title = PLATFORM_SECTION, "domain", "Organisations"
    explanation = "Organisations on the hub. The operator lets them and their first people in, and reads no case."
    viewed_by_operator = True
    tenant_field = None
    list_display = ("slug", "name", "token_max_days", "grant_max_days", "created_at")
    list_filter: ClassVar[list[Any]] = [real_or_synthetic("is_synthetic")]
    fields = ("id", "slug", "name", "token_max_days", "grant_max_days", "created_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("slug",)
    steps = (
        Step(
            name="new",
            label="New organisation",
            explanation="Makes an empty organisation. Then invite its first administrator.",
            run=lambda actor, row, given: onboarding.create_tenant(actor, slug=given["slug"], name=given["name"]),
            roles=frozenset(),
            to_operator=True,
            form=PlaceForm,
            on_row=False,
        ),
        Step(
            name="team",
            label="New team",
            explanation="Adds a team. Its address, organisation/team, is what grants name it by.",
            run=lambda actor, row, given: onboarding.create_team(
                actor, tenant_id=row.pk, slug=given["slug"], name=given["name"]
            ),
            roles=frozenset(),
            to_operator=True,
            form=PlaceForm,
        ),
        Step(
            name="invite",
            label="Invite somebody",
            explanation="Offers a role in this organisation to an e-mail address.",
            run=invite,
            roles=frozenset(),
            to_operator=True,
            form=InviteForm,
        ),
    )


class TeamAdmin(GovernedAdmin):
    """Teams, for administrators and the operator."""

    section, icon, title = PEOPLE_SECTION, "diversity_3", "Teams"
    explanation = "Teams own cases. Other organisations name a team by its address, organisation/team."
    viewed_by = ADMINISTRATORS
    viewed_by_operator = True
    list_display = ("address", "name", "created_at")
    list_filter: ClassVar[list[Any]] = [real_or_synthetic("tenant__is_synthetic")]
    fields = ("id", "address", "name", "created_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("address",)
    steps = (
        Step(
            name="new",
            label="New team",
            explanation="Adds a team to your organisation. Its short name never changes: grants name it.",
            run=lambda actor, row, given: onboarding.create_team(
                actor, tenant_id=tenant_of(actor), slug=given["slug"], name=given["name"]
            ),
            roles=ADMINISTRATORS,
            form=PlaceForm,
            on_row=False,
        ),
    )


class UserAdmin(GovernedAdmin):
    """Accounts, for the operator alone."""

    section, icon, title = PLATFORM_SECTION, "manage_accounts", "Accounts"
    explanation = "Everybody who can sign in. What somebody may do is not here: it follows from roles."
    viewed_by_operator = True
    tenant_field = None
    list_display = ("email", "display_name", "is_active", "is_service", "is_operator", "is_platform_auditor")
    steps = (
        Step(
            name="name_auditor",
            label="Make platform auditor",
            explanation="Lets this person read the access record of every organisation, and no case. He must have no "
            "role in an organisation, and nobody names himself.",
            run=lambda actor, row, given: platform_auditors.name_platform_auditor(actor, user_id=row.pk),
            roles=frozenset(),
            to_operator=True,
            is_offered=lambda row, actor: not row.is_platform_auditor and not row.is_operator and not row.is_service,
            is_grave=True,
        ),
        Step(
            name="end_auditor",
            label="End platform auditor",
            explanation="Takes the record of other organisations away from this person with the next request.",
            run=lambda actor, row, given: platform_auditors.end_platform_auditor(actor, user_id=row.pk),
            roles=frozenset(),
            to_operator=True,
            is_offered=lambda row, actor: row.is_platform_auditor,
        ),
    )
    list_filter: ClassVar[list[Any]] = [
        pick("kind", "kind", [("person", "People"), ("service", "Service accounts"), ("operator", "Operators")],
             lambda value: {"person": Q(is_service=False, is_operator=False), "service": Q(is_service=True),
                            "operator": Q(is_operator=True)}[value]),
        pick("right", "right", [("auditor", "Platform auditors")], lambda value: Q(is_platform_auditor=True)),
        real_or_synthetic("memberships__tenant__is_synthetic"),
    ]  # fmt: skip
    fields = ("id", "email", "display_name", "is_active", "is_service", "is_operator", "is_platform_auditor")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("email",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """For an operator's session only, and without password hashes."""
        rows: QuerySet[User] = super().get_queryset(request).defer("password")
        return rows if actor_of(request).kind is ActorKind.OPERATOR else rows.none()
