"""What is shared with whom: grants, groups, requests for access, and who has received what."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from hub.sharing.models import (
    AccessRequest,
    Receipt,
    SharingGrant,
    SharingGroup,
)
from hub.sharing.models.requests import RequestState
from hub.workflows import granting, requests
from hub.workflows.outcomes import Invalid, Problem
from tenants.actors import Actor

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS
from .filters import pick
from .grants import GrantForm, standing_of
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import Step, StepForm, paragraph, text

SECTION = "Sharing"


class AddressForm(StepForm):
    """A recipient by its address."""

    address = text("Address", "organisation/team, or a whole organisation, exactly.", max_length=81)


class NewGroupForm(StepForm):
    """A group's names."""

    slug = text("Short name", "Lower-case letters, digits and hyphens.", max_length=40)
    name = text("Name", max_length=120)


class SharingGroupAdmin(GovernedAdmin):
    """Several recipients that receive the same."""

    section, icon, title = SECTION, "groups", "Sharing groups"
    explanation = (
        "Several teams or organisations that receive the same, under one key. Who is taken out gets nothing from the "
        "next read on."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "slug", "size")
    fields = ("id", "name", "slug", "size")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="new",
            label="New group",
            explanation="Makes a group without members. Nothing is shared with it before a grant names it.",
            run=lambda actor, row, given: granting.create_group(actor, slug=given["slug"], name=given["name"]),
            roles=OFFICERS,
            form=NewGroupForm,
            done="The group is made.",
            on_row=False,
        ),
        Step(
            name="add",
            label="Add a member",
            explanation="The member reads what grants to this group cover, from its next read on. Where such grants "
            "stand, only a recipient that a grant template admits can be added.",
            run=lambda actor, row, given: granting.add_group_member(actor, group_id=row.pk, address=given["address"]),
            roles=OFFICERS,
            form=AddressForm,
            done="The member is added.",
        ),
        Step(
            name="remove",
            label="Take a member out",
            explanation="The member's next read comes back without what this group receives.",
            run=lambda actor, row, given: granting.remove_group_member(
                actor, group_id=row.pk, address=given["address"]
            ),
            roles=OFFICERS,
            form=AddressForm,
            done="The member is taken out.",
            is_grave=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SharingGroup]:
        """With the number of members."""
        rows: QuerySet[SharingGroup] = super().get_queryset(request).annotate(member_count=Count("members"))
        return rows

    @admin.display(description="Members")
    def size(self, row: Any) -> int:
        """How many."""
        return int(row.member_count)

    def get_related(self, request: HttpRequest, row: SharingGroup) -> dict[str, Any]:
        """Members, and grants to the group."""
        grants = SharingGrant.objects.filter(group_id=row.pk, tenant_id=row.tenant_id).select_related("profile")
        return {"panels": [
            Panel("Members", "Recipients by their addresses.", ("Address",),
                  tuple((member.label,) for member in row.members.order_by("label")), "Nobody yet."),
            Panel("Grants to this group", "What the members receive.", ("Grant", "Profile", "State", "Ends"),
                  tuple((link_to("sharing", "sharinggrant", grant.pk, grant.purpose), grant.profile.name,
                         standing_of(grant), moment(grant.expires_at)) for grant in grants), "None."),
        ]}  # fmt: skip


class AnswerForm(StepForm):
    """Yes, with the grant that was issued for it; or no."""

    answer = paragraph("Answer", "The requester reads this. Do not say what there is or is not.", required=False)


class GrantAnswerForm(AnswerForm, GrantForm):
    """A grant for the requester, and an answer."""


def grant_request(actor: Actor, row: AccessRequest, given: Mapping[str, Any]) -> Any:
    """Issue the grant, then answer with it; both or neither."""
    issued = granting.issue_grant(actor, team_id=given["team"], terms=given["terms"])
    if not hasattr(issued, "grant_id"):
        return issued
    answer = requests.answer_access(
        actor, request_id=row.pk, is_granted=True, answer=given["answer"], grant_id=issued.grant_id
    )
    if isinstance(answer, Invalid):
        return Invalid(tuple(Problem("", problem.message) for problem in answer.problems))
    return answer


class AccessRequestAdmin(GovernedAdmin):
    """What other teams would like to read."""

    section, icon, title = SECTION, "contact_mail", "Access requests"
    explanation = (
        "What other teams would like to read, and for what. They asked without learning whether there is anything; "
        "your answer should not tell them either."
    )
    viewed_by = OFFICERS
    list_display = ("created_at", "requester_label", "purpose", "until", "state_shown", "answerer")
    list_filter: ClassVar[list[Any]] = [pick("state", "state", RequestState.choices)]
    fields = (
        "id", "requester_label", "wish", "purpose", "until", "created_at", "state_shown", "answerer", "answered_at",
        "answer", "grant_id",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-created_at",)
    steps = (
        Step(
            name="grant",
            label="Grant",
            explanation="Issues a grant to the requester and answers with it. Outside every grant template the grant "
            "waits for a second officer; the requester reads nothing before that.",
            run=grant_request,
            roles=OFFICERS,
            form=GrantAnswerForm,
            done="Answered, and the grant is on record.",
            is_offered=lambda row, actor: row.state == RequestState.OPEN,
        ),
        Step(
            name="decline",
            label="Decline",
            explanation="Says no. The requester learns that, and your answer, and nothing else.",
            run=lambda actor, row, given: requests.answer_access(
                actor, request_id=row.pk, is_granted=False, answer=given["answer"]
            ),
            roles=OFFICERS,
            form=AnswerForm,
            done="Declined.",
            is_grave=True,
            is_offered=lambda row, actor: row.state == RequestState.OPEN,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessRequest]:
        """With the answerer's name."""
        rows: QuerySet[AccessRequest] = super().get_queryset(request).annotate(answered_by_name=name_of("answered_by"))
        return rows

    answerer = person_column("answered_by", "Answered by")

    @admin.display(description="State")
    def state_shown(self, row: AccessRequest) -> str:
        """In words."""
        return row.get_state_display()


class ReceiptAdmin(GovernedAdmin):
    """Who has received which case."""

    section, icon, title = SECTION, "receipt_long", "Receipts"
    explanation = (
        "Who has received which case, at the first read. When a case is recalled, these are the teams to talk to."
    )
    viewed_by = OFFICERS | AUDITORS
    searched_ids = ("pk", "case_id", "grant_id", "public_id")
    list_display = ("first_read_at", "recipient", "case_id", "public_id", "grant_id")
    fields = ("id", "first_read_at", "recipient", "case_id", "public_id", "projection_id", "grant_id")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-first_read_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        """With the recipient as its grant names it."""
        grant = SharingGrant.objects.filter(pk=OuterRef("grant_id"))
        rows: QuerySet[Receipt] = (
            super().get_queryset(request).annotate(recipient_label=Subquery(grant.values("recipient_label")[:1]))
        )
        return rows

    @admin.display(description="Recipient")
    def recipient(self, row: Any) -> str:
        """By its address."""
        return row.recipient_label or "–"
