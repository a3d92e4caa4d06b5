"""Who is what in an organisation: members, invitations and service tokens, for its administrators."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from hub.workflows import onboarding, tokens
from hub.workflows.onboarding import Invited
from tenants.actors import Actor
from tenants.models import Invitation, Membership, ServiceToken, Team, Tenant
from tenants.models.people import ROLE_CHOICES
from tenants.roles import Role

from .base import GovernedAdmin
from .doors import ADMINISTRATORS, tenant_of
from .filters import pick
from .panels import moment
from .steps import ShownOnce, Step, StepForm, choice, text

PEOPLE_SECTION = "People"


class InviteForm(StepForm):
    """Whom, as what, where."""

    email = text(
        "E-mail address", "The person joins with it. You do not learn whether it has an account.", max_length=254
    )
    role = choice("Role", ROLE_CHOICES, "Officers, auditors and administrators belong to the whole organisation.")
    team = choice("Team", (), "For readers, contributors and reviewers of one team.", required=False)

    def prepare(self) -> None:
        """Offer the tenant's teams."""
        teams = Team.objects.filter(tenant_id=self.tenant_id()).order_by("slug")
        self.fields["team"].choices = [("", "The whole organisation"), *((str(team.pk), team.name) for team in teams)]  # type: ignore[attr-defined]

    def tenant_id(self) -> Any:
        """The organisation that is joined: the operator's chosen row, or the administrator's own."""
        return self.row.pk if isinstance(self.row, Tenant) else tenant_of(self.actor)


def invite(actor: Actor, row: Any, given: Mapping[str, Any]) -> Any:
    """Ask for an invitation, and show its secret once."""
    tenant_id = row.pk if isinstance(row, Tenant) else tenant_of(actor)
    answer = onboarding.invite_member(
        actor, tenant_id=tenant_id, email=given["email"], role=Role(given["role"]), team_id=given["team"] or None
    )
    if isinstance(answer, Invited):
        until = moment(answer.expires_at)
        return ShownOnce(f"Give this to the person invited; it works once, until {until}, and is not shown again.",
                         answer.secret)  # fmt: skip
    return answer


class MembershipAdmin(GovernedAdmin):
    """Who is what in which team."""

    section, icon, title = PEOPLE_SECTION, "group", "Members"
    explanation = (
        "Who is what, in which team or in the whole organisation. A role that is taken away is gone with the person's "
        "next request. Nobody can give a role to himself here: roles come by invitation from an administrator."
    )
    viewed_by = ADMINISTRATORS
    searched_ids = ("pk", "user_id")
    list_display = ("person", "email", "role", "place", "created_at")
    list_filter: ClassVar[list[Any]] = [pick("role", "role", ROLE_CHOICES)]
    fields = ("id", "person", "email", "role", "place", "created_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("user__display_name", "role")
    steps = (
        Step(
            name="invite",
            label="Invite",
            explanation=(
                "Offers a role to an e-mail address. The person joins at /join with the secret that you will be shown."
            ),
            run=invite,
            roles=ADMINISTRATORS,
            form=InviteForm,
            on_row=False,
        ),
        Step(
            name="remove",
            label="Take the role away",
            explanation="Ends this role with the person's next request. With the last role the tokens end too.",
            run=lambda actor, row, given: onboarding.remove_member(actor, membership_id=row.pk),
            roles=ADMINISTRATORS,
            done="The role is taken away.",
            is_grave=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With people and teams."""
        rows: QuerySet[Membership] = super().get_queryset(request).select_related("user", "team", "tenant")
        return rows

    @admin.display(description="Name")
    def person(self, row: Membership) -> str:
        """Who."""
        return row.user.display_name

    @admin.display(description="E-mail")
    def email(self, row: Membership) -> str:
        """Where he signs in."""
        return row.user.email

    @admin.display(description="Where")
    def place(self, row: Membership) -> str:
        """The team, or the whole organisation."""
        return row.team.name if row.team else "whole organisation"


class InvitationAdmin(GovernedAdmin):
    """Offers to join."""

    section, icon, title = PEOPLE_SECTION, "mail", "Invitations"
    explanation = "Offers to join with one role. The secret is shown once, to whoever made the offer."
    viewed_by = ADMINISTRATORS
    list_display = ("email", "role", "place", "standing", "expires_at")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", [("open", "Open"), ("accepted", "Accepted"), ("over", "Over")], lambda value: {
            "open": Q(accepted_at=None, expires_at__gt=timezone.now()),
            "accepted": Q(accepted_at__isnull=False),
            "over": Q(accepted_at=None, expires_at__lte=timezone.now()),
        }[value]),
    ]  # fmt: skip
    fields = ("id", "email", "role", "place", "standing", "created_at", "expires_at", "accepted_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        """Without the digests of secrets."""
        rows: QuerySet[Invitation] = super().get_queryset(request).select_related("team").defer("digest")
        return rows

    @admin.display(description="Where")
    def place(self, row: Invitation) -> str:
        """The team, or the whole organisation."""
        return row.team.name if row.team else "whole organisation"

    @admin.display(description="State")
    def standing(self, row: Invitation) -> str:
        """Open, accepted or over."""
        if row.accepted_at:
            return "Accepted"
        return "Open" if row.expires_at > timezone.now() else "Over"


class ServiceTokenAdmin(GovernedAdmin):
    """Keys that machines and scripts come with; what they open is shown, the secret never."""

    section, icon, title = PEOPLE_SECTION, "key", "Service tokens"
    explanation = (
        "Keys that machines and people's scripts come with. A token never opens more than its owner's roles; its "
        "secret is not kept. People make and revoke their own over the API; here any can be revoked."
    )
    viewed_by = ADMINISTRATORS
    searched_ids = ("pk", "user_id")
    list_display = ("prefix", "name", "owner", "scopes_shown", "purpose", "standing", "expires_at", "last_used_at")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", [("usable", "Usable"), ("revoked", "Revoked"), ("expired", "Expired")], lambda value: {
            "usable": Q(revoked_at=None, expires_at__gt=timezone.now()),
            "revoked": Q(revoked_at__isnull=False),
            "expired": Q(revoked_at=None, expires_at__lte=timezone.now()),
        }[value]),
    ]  # fmt: skip
    fields = (
        "id", "prefix", "name", "owner", "place", "scopes_shown", "purpose", "networks_shown", "standing", "created_at",
        "expires_at", "revoked_at", "last_used_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-created_at",)
    steps = (
        Step(
            name="revoke",
            label="Revoke",
            explanation="The token opens nothing from now on. It cannot be brought back; its owner makes a new one.",
            run=lambda actor, row, given: tokens.revoke_token(actor, token_id=row.pk),
            roles=ADMINISTRATORS,
            done="The token is revoked.",
            is_grave=True,
            is_offered=lambda row, actor: row.revoked_at is None and row.expires_at > timezone.now(),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceToken]:
        """Without the digests of secrets."""
        rows: QuerySet[ServiceToken] = super().get_queryset(request).select_related("user", "team").defer("digest")
        return rows

    @admin.display(description="Owner")
    def owner(self, row: ServiceToken) -> str:
        """Whose roles it uses."""
        return row.user.display_name

    @admin.display(description="Team")
    def place(self, row: ServiceToken) -> str:
        """The one team it is narrowed to."""
        return row.team.name if row.team else "every team of its owner"

    @admin.display(description="Scopes")
    def scopes_shown(self, row: ServiceToken) -> str:
        """What it may be used for."""
        return ", ".join(row.scopes)

    @admin.display(description="Networks")
    def networks_shown(self, row: ServiceToken) -> str:
        """Where it may come from."""
        return ", ".join(row.networks) or "from anywhere"

    @admin.display(description="State")
    def standing(self, row: ServiceToken) -> str:
        """Usable, revoked or expired."""
        if row.revoked_at:
            return "Revoked"
        return "Usable" if row.expires_at > timezone.now() else "Expired"
