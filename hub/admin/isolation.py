"""Proofs of isolation for auditors and the operator: what was tried, what was found, and whether one is overdue."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from hub.audit.models import IsolationOutcome, IsolationRun
from hub.audit.queries import newest_isolation_run

from .base import GovernedAdmin
from .doors import AUDITORS
from .filters import between, pick
from .panels import Panel, link_to, list_url, moment

# After so many intervals without a proof somebody should look why there is none.
OVERDUE = 3


class IsolationRunAdmin(GovernedAdmin):
    """Each proof with its evidence."""

    section, icon, title = "Access record", "verified_user", "Proofs of isolation"
    explanation = (
        "Two synthetic organisations, which no person belongs to, attack each other through every field of the API and "
        "look at every guard by itself. What one may not see of the other must not come back; what it may see must. "
        "Proofs are added only: nobody can change one."
    )
    viewed_by = AUDITORS
    viewed_by_operator = viewed_by_platform_auditor = True
    tenant_field = None
    list_display = ("ended_at", "outcome_shown", "checks", "failed", "requests", "places", "problem")
    list_filter: ClassVar[list[Any]] = [pick("outcome", "outcome", IsolationOutcome.choices), *between("ended_at")]
    fields = (
        "id", "started_at", "ended_at", "outcome_shown", "problem", "checks", "failed", "requests", "places",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    related_template = "hub_admin/panels.html"

    @admin.display(description="Outcome")
    def outcome_shown(self, row: IsolationRun) -> str:
        """In words."""
        return str(IsolationOutcome(row.outcome).label)

    def get_related(self, request: HttpRequest, row: IsolationRun) -> dict[str, Any]:
        """The evidence."""
        rows = tuple(
            (found["guard"], found["attacker"], found["place"], found["what"], found["request_id"] or "–")
            for found in row.findings
        )
        return {"panels": [Panel(
            "Findings", "The first of what failed. A request id leads to the event and to the logs; no text is kept.",
            ("Guard", "Who came", "Where", "What", "Request"), rows, "Nothing: every check held.",
        )]}  # fmt: skip


def isolation_panel() -> Panel:
    """What auditors should know of the last proof, for the start page."""
    newest = newest_isolation_run()
    rows: tuple[tuple[Any, ...], ...] = ()
    if newest is not None:
        outcome = str(IsolationOutcome(newest.outcome).label)
        late = timezone.now() - newest.ended_at > timedelta(minutes=OVERDUE * settings.CASEWARD_PROOF_MINUTES)
        rows = ((
            link_to("audit", "isolationrun", newest.pk, outcome), moment(newest.ended_at), newest.checks, newest.failed,
            "overdue: no newer proof has ended" if late else newest.problem or "–",
        ),)  # fmt: skip
    is_set_up = bool(settings.CASEWARD_PROOF_URL)
    return Panel(
        "Organisations are kept apart",
        "Synthetic organisations attack the hub again and again; this is the last proof.",
        ("Outcome", "When", "Checks", "Failed", "Note"),
        rows,
        "No proof has ended yet." if is_set_up else "No proof is made: the setting CASEWARD_PROOF_URL is empty.",
        list_url("audit", "isolationrun"),
    )
