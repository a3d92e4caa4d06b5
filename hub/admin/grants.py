"""Sharing grants: what is shared with whom, for what, until when; issued, approved and revoked."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from hub.catalog.models import CaseKind
from hub.catalog.models.cases import DATA_CLASSES, TLP_LABELS
from hub.sharing.access import served_coverage
from hub.sharing.models import (
    AccessRequest,
    GrantCoverage,
    GrantState,
    Receipt,
    RedactionProfile,
    SharingGrant,
)
from hub.sharing.purposes import known_purposes
from hub.sharing.terms import GrantTerms
from hub.workflows import granting
from tenants.actors import Actor
from tenants.models import Team

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS, actor_of, tenant_of
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import ReasonForm, Step, StepForm, choice, day, paragraph, text

SECTION = "Sharing"
STANDING = [
    ("running", "Running"), ("proposed", "Waits for a second person"), ("future", "Not begun yet"),
    ("expired", "Expired"), ("revoked", "Revoked"), ("rejected", "Rejected"),
]  # fmt: skip


def standing_condition(value: str) -> Q:
    """Grants by what they let through now; state and dates together."""
    now = timezone.now()
    active = Q(state=GrantState.ACTIVE, revoked_at=None)
    return {
        "running": active & Q(starts_at__lte=now, expires_at__gt=now),
        "future": active & Q(starts_at__gt=now),
        "expired": active & Q(expires_at__lte=now),
    }.get(value, Q(state=value))


def standing_of(grant: SharingGrant) -> str:
    """The same for one grant, in words."""
    now = timezone.now()
    if grant.state != GrantState.ACTIVE:
        return str(GrantState(grant.state).label)
    if grant.expires_at <= now:
        return "Expired"
    return "Running" if grant.starts_at <= now else "Not begun yet"


class GrantForm(StepForm):
    """The terms of a grant."""

    team = choice("Whose cases", (), "The team whose cases are shared.")
    recipient = text(
        "Recipient", "The exact address as the recipient gave it to you: organisation/team, a whole organisation, or "
        "group: and the short name of a sharing group.", max_length=81,
    )  # fmt: skip
    profile = choice("Redaction profile", (), "How the cases are redacted for this recipient.")
    purpose = choice("Purpose", (), "Reads for this purpose, or for a part of it, count.")
    ceiling_class = choice("Highest data class", DATA_CLASSES, "Cases above it are not shared.", initial="confidential")
    ceiling_tlp = choice("Highest TLP", TLP_LABELS, "Cases above it are not shared.", initial="AMBER")
    starts = day("First day", "Empty: at once.", required=False)
    ends = day("Last day", "The grant ends at the end of this day without anybody doing anything.")
    kinds = forms.MultipleChoiceField(label="Kinds", choices=CaseKind.choices, required=False)
    tags = paragraph("Tags", "One machine tag a line, e.g. avid:sep=\"P0204\". Empty: all.", required=False, rows=2,
                     max_length=4000)  # fmt: skip
    models = paragraph("Models", "One model name a line. Empty: all.", required=False, rows=2, max_length=4000)
    cases = paragraph("Cases", "One case id a line, to share just these. Empty: all.", required=False, rows=2,
                      max_length=20_000)  # fmt: skip

    def prepare(self) -> None:
        """Offer the tenant's teams and profiles."""
        teams = Team.objects.filter(tenant_id=tenant_of(self.actor)).order_by("slug")
        profiles = RedactionProfile.objects.filter(tenant_id=tenant_of(self.actor)).order_by("-protection")
        self.offer("team", [(str(team.pk), team.name) for team in teams])
        self.offer("profile", [(profile.slug, profile.name) for profile in profiles])
        self.offer("purpose", [(purpose, purpose) for purpose in known_purposes()])
        self.fields["kinds"].widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=CaseKind.choices)
        self.fields["kinds"].help_text = "None ticked: all."
        if isinstance(self.row, AccessRequest):
            self.fields["recipient"].initial = self.row.requester_label
            self.fields["purpose"].initial = self.row.purpose
            self.fields["ends"].initial = self.row.until.date()

    def terms(self) -> GrantTerms:
        """What the form says, as terms."""
        given = self.cleaned_data
        starts = _midnight(given["starts"]) if given["starts"] else timezone.now()
        return GrantTerms(
            recipient=given["recipient"].strip(),
            profile=given["profile"],
            purpose=given["purpose"],
            ceiling_class=given["ceiling_class"],
            ceiling_tlp=given["ceiling_tlp"],
            starts_at=max(starts, timezone.now()),
            expires_at=_midnight(given["ends"]) + timedelta(days=1),
            selection={
                "tags": _lines(given["tags"]), "models": _lines(given["models"]), "kinds": list(given["kinds"]),
                "cases": _lines(given["cases"]),
            },
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The terms beside the fields, so that a workflow gets a value and no form."""
        given = super().clean() or {}
        if not self.errors:
            given["terms"] = self.terms()
        return given

    def accept(self, problem_path: str, message: str) -> None:
        """Problems of the term are shown at its last day."""
        names = {"expires_at": "ends", "starts_at": "starts", "expiresAt": "ends", "startsAt": "starts"}
        super().accept(names.get(problem_path, problem_path), message)


def issue(actor: Actor, row: Any, given: Mapping[str, Any]) -> Any:
    """Ask for the grant."""
    return granting.issue_grant(actor, team_id=given["team"], terms=given["terms"])


class SharingGrantAdmin(GovernedAdmin):
    """What is shared with whom, for what, until when."""

    section, icon, title = SECTION, "handshake", "Sharing grants"
    explanation = (
        "What is shared with whom. A recipient reads redacted projections of the selected cases up to the ceiling, for "
        "the purpose, until the end. Cases: how many of those selected are redacted and within the ceiling now. "
        "Revoking takes effect at the recipient's next read."
    )
    viewed_by = OFFICERS | AUDITORS
    searched_ids = ("pk",)
    list_display = (
        "recipient_label", "owner_label", "profile_name", "purpose", "ceiling", "covered", "starts_at", "expires_at",
        "standing",
    )  # fmt: skip
    list_filter: ClassVar[list[Any]] = [
        pick("state", "standing", STANDING, standing_condition),
        pick("purpose", "purpose", lambda request: [(purpose, purpose) for purpose in known_purposes()]),
    ]
    fields = (
        "id", "recipient_label", "owner_label", "standing", "profile_name", "purpose", "ceiling", "selected", "covered",
        "starts_at", "expires_at", "issuer", "issued_at", "rests_on", "approver", "approved_at", "revoker",
        "revoked_at", "reason",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="issue",
            label="Issue a grant",
            explanation="Lets a recipient read a selection of a team's cases, redacted. Inside an active grant "
            "template it takes effect at once; outside every template it is a proposal that a second officer approves.",
            run=issue,
            roles=OFFICERS,
            form=GrantForm,
            done="The grant is on record. Its state says whether it runs or waits for a second person.",
            on_row=False,
        ),
        Step(
            name="approve",
            label="Approve",
            explanation="Lets the grant take effect, as the second person. You answer for it as its proposer does.",
            run=lambda actor, row, given: granting.approve_grant(actor, grant_id=row.pk),
            roles=OFFICERS,
            done="The grant is approved.",
            is_offered=lambda row, actor: row.state == GrantState.PROPOSED and row.issued_by != actor.person_key,
        ),
        Step(
            name="reject",
            label="Reject",
            explanation="Turns the proposal down. It stays on record with your reason.",
            run=lambda actor, row, given: granting.reject_grant(actor, grant_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=ReasonForm,
            done="The grant is rejected.",
            is_grave=True,
            is_offered=lambda row, actor: row.state == GrantState.PROPOSED,
        ),
        Step(
            name="revoke",
            label="Revoke",
            explanation="Ends the grant now. The recipient's next read comes back without these cases. It cannot be "
            "undone; to share again, issue a new grant.",
            run=lambda actor, row, given: granting.revoke_grant(actor, grant_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=ReasonForm,
            done="The grant is revoked.",
            is_grave=True,
            is_offered=lambda row, actor: row.state == GrantState.ACTIVE and row.expires_at > timezone.now(),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SharingGrant]:
        """With profiles, names of people and the number of covered cases."""
        covered = GrantCoverage.objects.filter(grant_id=OuterRef("pk")).order_by().values("grant_id")
        served = served_coverage().filter(grant_id=OuterRef("pk")).order_by().values("grant_id")
        # Projections are the officers' business; an auditor is shown how many cases are selected.
        is_officer = bool(OFFICERS & actor_of(request).roles)
        rows: QuerySet[SharingGrant] = (
            super()
            .get_queryset(request)
            .select_related("profile", "template_version__policy")
            .annotate(
                covered_cases=Subquery(covered.annotate(times=Count("pk")).values("times")),
                served_cases=Coalesce(Subquery(served.annotate(times=Count("pk")).values("times")), 0)
                if is_officer
                else Value(None, IntegerField(null=True)),
                issued_by_name=name_of("issued_by"),
                approved_by_name=name_of("approved_by"),
                revoked_by_name=name_of("revoked_by"),
            )
        )
        return rows

    issuer = person_column("issued_by", "Issued by")
    approver = person_column("approved_by", "Approved by")
    revoker = person_column("revoked_by", "Ended by")

    @admin.display(description="Profile")
    def profile_name(self, row: SharingGrant) -> str:
        """How the cases are redacted."""
        return row.profile.name

    @admin.display(description="Ceiling")
    def ceiling(self, row: SharingGrant) -> str:
        """The highest class and TLP that leave."""
        return f"{row.ceiling_class}, TLP:{row.ceiling_tlp}"

    @admin.display(description="Cases")
    def covered(self, row: Any) -> str:
        """How many cases it selects now, and how many of them are ready and within its ceiling."""
        selected = row.covered_cases or 0
        return str(selected) if row.served_cases is None else f"{row.served_cases} of {selected}"

    @admin.display(description="State")
    def standing(self, row: SharingGrant) -> str:
        """What it lets through now."""
        return standing_of(row)

    @admin.display(description="Selection")
    def selected(self, row: SharingGrant) -> str:
        """Which cases it selects, in words."""
        parts = [f"{name}: {', '.join(map(str, values))}" for name, values in sorted(row.selection.items()) if values]
        return "; ".join(parts) or "all cases of the team up to the ceiling"

    @admin.display(description="Rests on")
    def rests_on(self, row: SharingGrant) -> str:
        """The template that one officer issued it inside, or two people."""
        version = row.template_version
        if version is None and row.state == GrantState.PROPOSED:
            return "no template admits it, so a second person decides"
        return f"template {version.policy.name}, version {version.number}" if version else "two people's decision"

    def get_related(self, request: HttpRequest, row: SharingGrant) -> dict[str, Any]:
        """Who has read under it."""
        receipts = Receipt.objects.filter(grant_id=row.pk, tenant_id=row.tenant_id).order_by("-first_read_at")
        return {"panels": [Panel(
            "Received", "Cases read under this grant, at their first read. Every read is on the access record.",
            ("Receipt", "Case", "First read"),
            tuple((link_to("sharing", "receipt", found.pk, found.public_id), str(found.case_id),
                   moment(found.first_read_at)) for found in receipts[:50]),
            "Nothing has been read under it yet.",
        )]}  # fmt: skip


def _midnight(date: Any) -> datetime:
    return timezone.make_aware(datetime.combine(date, time.min))


def _lines(given: str) -> list[str]:
    return [line.strip() for line in given.splitlines() if line.strip()]
