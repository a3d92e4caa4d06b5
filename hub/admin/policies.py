"""Redaction profiles and grant templates: drafts, what they would change, and a second person's decision."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hub.lifecycle.models import Policy, PolicyKind, PolicyVersion, VersionState
from hub.lifecycle.queries import is_stale
from hub.sharing.models import Projection, RedactionProfile, WorkState
from hub.workflows import policy as policies
from tenants.actors import Actor

from .base import GovernedAdmin
from .documents import UnreadableDocument, differing_lines, read_document, write_document
from .doors import AUDITORS, OFFICERS, actor_of
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .steps import NoteForm, ReasonForm, Step, StepForm, paragraph, text

SECTION = "Policy"
KINDS = [(kind.value, kind.label) for kind in (PolicyKind.REDACTION_PROFILE, PolicyKind.GRANT_TEMPLATE)]


class DocumentForm(StepForm):
    """A policy's document and why it changes."""

    document = paragraph(
        "Document", "YAML or JSON. What cannot be read is refused with the line; nothing changes before a second "
        "person activates it.", max_length=200_000, rows=28,
    )  # fmt: skip
    note = text("Why this change is made", "Shown to whoever decides.", required=False)

    def prepare(self) -> None:
        """Begin with the document as it is."""
        self.fields["document"].widget.attrs["class"] += " cw-wide"
        source = self.find_source()
        if source is not None:
            self.fields["document"].initial = write_document(source)

    def find_source(self) -> Mapping[str, Any] | None:
        """The document to start from: the version's own, or the active one of a policy."""
        if isinstance(self.row, PolicyVersion):
            return dict(self.row.document)
        policy_id = self.row.policy_id if isinstance(self.row, RedactionProfile) else self.row.pk if self.row else None
        versions = PolicyVersion.objects.filter(policy_id=policy_id)
        found = versions.filter(state=VersionState.ACTIVE).first() or versions.order_by("-number").first()
        return dict(found.document) if found else None

    def clean_document(self) -> dict[str, Any]:
        """The document as a mapping."""
        try:
            return read_document(self.cleaned_data["document"])
        except UnreadableDocument as problem:
            raise forms.ValidationError(problem.message) from None


class NewTemplateForm(DocumentForm):
    """A grant template that is not there yet."""

    slug = forms.SlugField(label="Short name", max_length=60)
    name = text("Name", max_length=120)
    field_order = ("name", "slug", "document", "note")

    def prepare(self) -> None:
        """Begin with an example that admits next to nothing."""
        super().prepare()
        self.fields["slug"].widget = self.fields["name"].widget.__class__()
        self.fields["document"].initial = write_document({
            "profiles": ["partner"], "ceiling_class": "internal", "ceiling_tlp": "GREEN", "max_days": 30,
            "recipients": [], "purposes": ["ResearchAndDevelopment"],
        })  # fmt: skip


class NewProfileForm(DocumentForm):
    """A redaction profile that is not there yet, begun from one that is."""

    slug = forms.SlugField(label="Short name", max_length=40)
    name = text("Name", max_length=120)
    protection = forms.IntegerField(
        label="Protection", min_value=1, max_value=99, initial=policies.DEFAULT_PROTECTION,
        help_text="Where several grants cover one case, the profile with the higher number counts. Shipped: internal "
        "10, partner 20, public 30.",
    )  # fmt: skip
    field_order = ("name", "slug", "protection", "document", "note")

    def prepare(self) -> None:
        """Begin with the document of the most protective profile."""
        super().prepare()
        plain = self.fields["name"].widget.__class__
        self.fields["slug"].widget, self.fields["protection"].widget = plain(), plain(attrs={"type": "number"})
        strictest = RedactionProfile.objects.filter(tenant_id=self.actor.tenant_id).order_by("-protection").first()
        if strictest is not None:
            version = strictest.policy.versions.filter(state=VersionState.ACTIVE).first()
            self.fields["document"].initial = write_document(version.document) if version else ""


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
    "Begins a new version. It changes nothing yet: you propose it, and somebody who neither wrote nor edited it decides."
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


class PolicyVersionAdmin(GovernedAdmin):
    """Versions of all policies: what they say, how they differ, who wrote and who decided them."""

    section, icon, title = SECTION, "history_edu", "Policy versions"
    explanation = (
        "Every version of every policy, with who wrote it and who decided it. A version that was proposed never "
        "changes again. What you wrote or edited yourself, a colleague decides."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("named", "number", "kind_shown", "state_shown", "writer", "proposed_at", "decider", "note")
    list_filter: ClassVar[list[Any]] = [
        pick("state", "state", VersionState.choices),
        pick("kind", "kind", KINDS, lambda kind: Q(policy__kind=kind)),
    ]
    fields = (
        "id", "named", "kind_shown", "number", "state_shown", "fresh", "note", "writer", "created_at", "proposed_at",
        "decider", "decided_at", "reason", "digest", "difference", "whole",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="activate",
            label="Activate",
            explanation="From now on this version governs. New projections are built first; readers get the former ones "
            "until all are there, and never a mix.",
            run=lambda actor, row, given: policies.activate_policy(actor, version_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=NoteForm,
            done="The version is active.",
            is_offered=lambda row, actor: row.state == VersionState.PROPOSED and not _wrote(row, actor),
        ),
        Step(
            name="propose",
            label="Propose",
            explanation="Hands the draft over for a decision. It cannot be changed any more, and you cannot activate it: "
            "a colleague does.",
            run=lambda actor, row, given: policies.propose_policy(actor, version_id=row.pk),
            roles=OFFICERS,
            done="Proposed. A colleague decides.",
            is_offered=lambda row, actor: row.state == VersionState.DRAFT,
        ),
        Step(
            name="edit",
            label="Edit the draft",
            explanation="Whoever edits a draft cannot activate it later.",
            run=lambda actor, row, given: policies.edit_policy(
                actor, version_id=row.pk, document=given["document"], note=given["note"]
            ),
            roles=OFFICERS,
            form=DocumentForm,
            done="The draft is changed.",
            is_offered=lambda row, actor: row.state == VersionState.DRAFT,
        ),
        Step(
            name="reject",
            label="Reject",
            explanation="Turns the proposal down. It stays on record with your reason.",
            run=lambda actor, row, given: policies.reject_policy(actor, version_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=ReasonForm,
            done="Rejected.",
            is_grave=True,
            is_offered=lambda row, actor: row.state == VersionState.PROPOSED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        """With names of policies and people."""
        rows: QuerySet[PolicyVersion] = (
            super()
            .get_queryset(request)
            .select_related("policy", "based_on")
            .annotate(author_name=name_of("author"), decided_by_name=name_of("decided_by"))
        )
        return rows

    writer = person_column("author", "Written by")
    decider = person_column("decided_by", "Decided by")

    @admin.display(description="Policy")
    def named(self, row: PolicyVersion) -> str:
        """The policy's name."""
        return row.policy.name

    @admin.display(description="Kind")
    def kind_shown(self, row: PolicyVersion) -> str:
        """In words."""
        return row.policy.get_kind_display()

    @admin.display(description="State")
    def state_shown(self, row: PolicyVersion) -> str:
        """In words."""
        return row.get_state_display()

    @admin.display(description="Up to date")
    def fresh(self, row: PolicyVersion) -> str:
        """Whether it can still be activated."""
        if row.state not in {VersionState.DRAFT, VersionState.PROPOSED}:
            return "–"
        if is_stale(row):
            return "No: another version became active meanwhile. Begin a new draft on top of that one."
        return "Yes"

    @admin.display(description="Changes")
    def difference(self, row: PolicyVersion) -> SafeString:
        """Against the version that it was begun from."""
        if row.based_on is None:
            return format_html("<span>{}</span>", "This is the first version.")
        lines = differing_lines(row.based_on.document, row.document)
        if not lines:
            return format_html("<span>{}</span>", f"None against version {row.based_on.number}.")
        marks = {"+": "cw-added", "-": "cw-removed"}
        return format_html(
            '<div class="cw-diff">{}</div>',
            format_html_join("", '<span class="{}">{} {}</span>', ((marks.get(sign, ""), sign, line) for sign, line in lines)),
        )  # fmt: skip

    @admin.display(description="Document")
    def whole(self, row: PolicyVersion) -> SafeString:
        """The document as YAML."""
        return format_html('<pre class="cw-document">{}</pre>', write_document(row.document))

    def get_related(self, request: HttpRequest, row: PolicyVersion) -> dict[str, Any]:
        """What activating it would change."""
        if row.state not in {VersionState.DRAFT, VersionState.PROPOSED}:
            return {}
        answer = policies.preview_policy(actor_of(request), version_id=row.pk)
        if not isinstance(answer, policies.PolicyPreview):
            return {}
        return {"panels": [Panel(
            "What activating it would change",
            "Counted now, over all cases and grants of this organisation.",
            ("What", "How many"),
            (
                ("Cases whose projections are built anew", answer.cases),
                ("Audiences that get them", answer.audiences),
                ("Active grants that rest on this policy", answer.grants),
                ("Of these, grants that this version would not admit any more", answer.grants_outside),
            ),
            "",
        )]}  # fmt: skip


def versions_panel(policy_id: Any) -> Panel:
    """The versions of a policy, newest first."""
    versions = (
        PolicyVersion.objects.filter(policy_id=policy_id)
        .annotate(author_name=name_of("author"), decided_by_name=name_of("decided_by"))
        .defer("document")
        .order_by("-number")
    )
    return Panel(
        "Versions", "At most one is active. A draft changes nothing; a proposal waits for a second person.",
        ("Version", "State", "Written by", "Decided by", "Decided", "Why"),
        tuple((link_to("lifecycle", "policyversion", version.pk, f"Version {version.number}"),
               version.get_state_display(), version.author_name, version.decided_by_name or "–",
               moment(version.decided_at), version.note or "–") for version in versions),
        "No version yet.",
    )  # fmt: skip


def _wrote(row: PolicyVersion, actor: Actor) -> bool:
    return actor.person_key == row.author or actor.person_key in row.editors


def _count(rows: QuerySet[Any], grouped_by: str) -> Any:
    return Subquery(rows.order_by().values(grouped_by).annotate(times=Count("pk")).values("times"))
