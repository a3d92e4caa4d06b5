"""Members, invitations and tokens for administrators; organisations, teams and accounts for the platform's operator."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hub.workflows import onboarding
from tenants.actors import ActorKind
from tenants.models import User

from .base import GovernedAdmin
from .doors import ADMINISTRATORS, actor_of, tenant_of
from .filters import pick
from .members import InviteForm, invite
from .steps import Step, StepForm, text

PEOPLE_SECTION = "People"
PLATFORM_SECTION = "Platform"


class PlaceForm(StepForm):
    """A name, and a short one for addresses."""

    slug = text("Short name", "Lower-case letters, digits and hyphens; it is part of addresses and never changes.",
                max_length=40)  # fmt: skip
    name = text("Name", max_length=120)


class TenantAdmin(GovernedAdmin):
    """Organisations, for the operator."""

    section, icon, title = PLATFORM_SECTION, "domain", "Organisations"
    explanation = "Organisations on the hub. The operator lets them and their first people in, and reads no case."
    viewed_by_operator = True
    tenant_field = None
    list_display = ("slug", "name", "token_max_days", "grant_max_days", "created_at")
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
    list_display = ("email", "display_name", "is_active", "is_service", "is_operator")
    list_filter: ClassVar[list[Any]] = [
        pick("kind", "kind", [("person", "People"), ("service", "Service accounts"), ("operator", "Operators")],
             lambda value: {"person": Q(is_service=False, is_operator=False), "service": Q(is_service=True),
                            "operator": Q(is_operator=True)}[value]),
    ]  # fmt: skip
    fields = ("id", "email", "display_name", "is_active", "is_service", "is_operator")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("email",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """For an operator's session only, and without password hashes."""
        rows: QuerySet[User] = super().get_queryset(request).defer("password")
        return rows if actor_of(request).kind is ActorKind.OPERATOR else rows.none()
