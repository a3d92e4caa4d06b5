"""Versions of all policies: what they say, how they differ, who wrote them, and the second person's decision."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hub.lifecycle.models import PolicyKind, PolicyVersion, VersionState
from hub.lifecycle.queries import is_stale
from hub.workflows import policy as policies
from hub.workflows import storage
from tenants.actors import Actor

from .backtest_panels import backtest_panels
from .base import GovernedAdmin
from .documents import differing_lines, write_document
from .doors import AUDITORS, OFFICERS, actor_of
from .filters import pick
from .panels import Panel, link_to, moment
from .people import name_of, person_column
from .policy_forms import DocumentForm
from .rule_forms import RuleForm
from .steps import NoteForm, ReasonForm, Step
from .wording import TRACKS

SECTION = "Policy"
KEPT_HERE = (
    PolicyKind.REDACTION_PROFILE, PolicyKind.GRANT_TEMPLATE, PolicyKind.RETENTION_RULE, PolicyKind.ESCALATION_RULE,
)  # fmt: skip
KINDS = [(kind.value, kind.label) for kind in KEPT_HERE]


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
            explanation="From now on this version governs. Of a redaction profile new projections are built first; "
            "readers get the former ones until all are there, and never a mix.",
            run=lambda actor, row, given: policies.activate_policy(actor, version_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=NoteForm,
            done="The version is active.",
            is_offered=lambda row, actor: row.state == VersionState.PROPOSED and not _wrote(row, actor),
        ),
        Step(
            name="propose",
            label="Propose",
            explanation="Hands the draft over for a decision. It cannot be changed any more, and you cannot activate "
            "it: a colleague does.",
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
            is_offered=lambda row, actor: row.state == VersionState.DRAFT and not _escalates(row),
        ),
        Step(
            name="edit_rule",
            label="Edit the draft",
            explanation="Whoever edits a draft cannot activate it later.",
            run=lambda actor, row, given: policies.edit_policy(
                actor, version_id=row.pk, document=given["document"], note=given["note"]
            ),
            roles=OFFICERS,
            form=RuleForm,
            done="The draft is changed.",
            is_offered=lambda row, actor: row.state == VersionState.DRAFT and _escalates(row),
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
        shown = ((marks.get(sign, ""), sign, line) for sign, line in lines)
        return format_html(
            '<div class="cw-diff">{}</div>', format_html_join("", '<span class="{}">{} {}</span>', shown)
        )

    @admin.display(description="Document")
    def whole(self, row: PolicyVersion) -> SafeString:
        """The document as YAML."""
        return format_html('<pre class="cw-document">{}</pre>', write_document(row.document))

    def get_related(self, request: HttpRequest, row: PolicyVersion) -> dict[str, Any]:
        """What activating it would change."""
        if row.state not in {VersionState.DRAFT, VersionState.PROPOSED}:
            return {}
        if _escalates(row):
            return {"panels": backtest_panels(request, row)}
        if row.policy.kind == PolicyKind.RETENTION_RULE:
            return {"panels": _rule_preview(actor_of(request), row)}
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


def _rule_preview(actor: Actor, row: PolicyVersion) -> list[Panel]:
    found = storage.preview_rule(actor, version_id=row.pk)
    if not isinstance(found, storage.RulePreview):
        return []
    what = TRACKS[found.track].lower()
    rows = (
        (f"Items of {what} that are due by the rules in force", found.due_before),
        ("Due with this version in force", found.due_after),
        ("For which this version would be the rule that counts", found.decided),
        ("Of these, due at once", found.decided_and_due),
    )
    return [Panel(
        "What activating it would change",
        f"Counted now, over all {what} of this organisation. Activating deletes nothing: somebody confirms a dry run "
        "of the rule first, and a legal hold keeps what it holds.",
        ("What", "How many"),
        tuple((words, "too many to count here: make a dry run" if count is None else count) for words, count in rows),
        "",
    )]  # fmt: skip


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


def _escalates(row: PolicyVersion) -> bool:
    return row.policy.kind == PolicyKind.ESCALATION_RULE


def _wrote(row: PolicyVersion, actor: Actor) -> bool:
    return actor.person_key == row.author or actor.person_key in row.editors
