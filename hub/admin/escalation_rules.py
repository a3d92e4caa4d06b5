"""Escalation rules: written with help, played over history, proposed, and let govern by two people."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse

from hub.escalation.models import MatchOutcome, RemediationTicket, RuleMatch
from hub.escalation.queries import UNDER_WAY
from hub.lifecycle.models import Policy, PolicyKind, VersionState
from hub.workflows.outcomes import Refusal
from hub.workflows.rule_preview import preview_condition

from .doors import OFFICERS, actor_of, decide_page, turn_away
from .panels import Panel, link_to, moment
from .policy_pages import PolicyAdmin, count_by, draft_steps
from .rule_forms import NewRuleForm, RuleForm

SECTION = "Escalation"
LISTED = 20


class EscalationRuleAdmin(PolicyAdmin):
    """Rules by name, each with what its active version says and has done."""

    section, icon, title = SECTION, "notification_important", "Escalation rules"
    explanation = (
        "A rule looks at what happens to cases and opens one remediation ticket for each pattern of failures; it may "
        "also pause a release, ask for a retraining and notify somebody. Before a version is activated, its page shows "
        "what it would have done on the history there is."
    )
    policy_kind = PolicyKind.ESCALATION_RULE
    list_display = ("name", "slug", "active", "says", "newest", "open_tickets", "faults")
    fields = ("id", "name", "slug", "active", "says", "open_tickets", "faults", "created_at")
    readonly_fields = fields
    steps = draft_steps(policy_kind, "rule", new=NewRuleForm, edit=RuleForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what each rule has done."""
        under_way = RemediationTicket.objects.filter(policy_id=OuterRef("pk"), state__in=UNDER_WAY)
        faults = RuleMatch.objects.filter(
            rule_version__policy_id=OuterRef("pk"), rule_version__state=VersionState.ACTIVE, outcome=MatchOutcome.ERROR
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                open_count=count_by(under_way, "policy_id"),
                fault_count=count_by(faults, "rule_version__policy_id"),
            )
        )

    @admin.display(description="Condition")
    def says(self, row: Any) -> str:
        """The active version's condition."""
        return str(row.active_document["condition"]) if row.active_document else "nothing yet"

    @admin.display(description="Open tickets")
    def open_tickets(self, row: Any) -> int:
        """Of its own."""
        return row.open_count or 0

    @admin.display(description="Faults")
    def faults(self, row: Any) -> str:
        """How often the active version could not be evaluated."""
        return f"{row.fault_count} times, see below" if row.fault_count else "none"

    def get_related(self, request: HttpRequest, row: Policy) -> dict[str, Any]:
        """Its versions, and what they made of what has happened."""
        return {"panels": [*super().get_related(request, row)["panels"], _matches(row)]}

    # Checking while typing -------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Django's pages, the steps, and the door that a condition is checked at."""
        check = path("check/", self.admin_site.admin_view(self.check_condition), name="escalation_escalationrule_check")
        return [check, *super().get_urls()]

    def check_condition(self, request: HttpRequest) -> HttpResponse:
        """What is wrong with a condition, or the newest cases for which it holds; POSTed, so no address carries it."""
        decision = decide_page(request, OFFICERS)
        if not decision.allowed or request.method != "POST":
            turn_away(request, self.opts.label_lower, decision, step="check")
        preview = preview_condition(
            actor_of(request),
            condition=request.POST.get("condition", ""),
            triggers=request.POST.getlist("triggers"),
            cluster=request.POST.getlist("cluster"),
            window=request.POST.get("window", ""),
        )
        if isinstance(preview, Refusal):
            return JsonResponse({"problem": "Not available."}, status=403)
        cases = [
            {"id": str(case_id), "url": reverse("admin:catalog_case_change", args=[case_id])}
            for case_id in preview.case_ids
        ]
        return JsonResponse(
            {"problem": preview.problem, "looked_at": preview.looked_at, "count": preview.count, "cases": cases,
             "faults": preview.faults}
        )  # fmt: skip


def _matches(row: Policy) -> Panel:
    matches = (
        RuleMatch.objects.filter(rule_version__policy_id=row.pk)
        .select_related("rule_version", "ticket", "trigger")
        .order_by("-created_at", "-pk")
    )
    return Panel(
        "What it has done", f"The newest {LISTED}: what each version made of what has happened.",
        ("When", "Version", "Case", "Outcome", "Ticket"),
        tuple((moment(match.trigger.occurred_at), match.rule_version.number,
               link_to("catalog", "case", match.case_id, str(match.case_id)),
               f"{match.get_outcome_display()}: {match.reason}" if match.reason else match.get_outcome_display(),
               link_to("escalation", "remediationticket", match.ticket_id, f"No. {match.ticket.number}")
               if match.ticket else "–") for match in matches[:LISTED]),
        "Nothing has happened that it looks at.",
    )  # fmt: skip
