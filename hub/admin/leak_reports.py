"""What recipients say shows in shared cases, and what the owner's side has found."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString

from hub.escalation.models.reports import LeakReport, LeakWhat, LeakWhere, ReportState
from hub.workflows.leak_reports import answer_leak_report, report_leak

from .base import GovernedAdmin
from .doors import OFFICERS
from .filters import pick
from .panels import link_to
from .steps import Step, StepForm, choice


class LeakForm(StepForm):
    """Codes only: words about a leak would be the next one."""

    what = choice("What shows", LeakWhat.choices)
    where = choice("Where", LeakWhere.choices)


REPORT_STEP = Step(
    name="report-leak",
    label="Report a leak",
    explanation="Says that something sensitive shows in what others read of this case. It is put on record, and "
    "escalation rules see it at once. To stop reading at once, withdraw the case as well.",
    run=lambda actor, row, given: report_leak(actor, public_id=str(row.pk), what=given["what"], where=given["where"]),
    roles=OFFICERS,
    form=LeakForm,
    done="The leak is reported.",
)


class LeakReportAdmin(GovernedAdmin):
    """Reports by recipients and by one's own people."""

    section, icon, title = "Cases", "report", "Reported leaks"
    explanation = (
        "Somebody who received a case says that something sensitive shows in it. A report holds codes and no words. "
        "Look at the case's projections; withdraw the case where it is true, then say here what you found."
    )
    viewed_by = OFFICERS
    list_display = ("reported_at", "what", "where", "case_link", "reporter_label", "state")
    list_filter: ClassVar[list[Any]] = [pick("state", "state", ReportState.choices)]
    fields = (
        "id", "reported_at", "what", "where", "case_link", "reporter_label", "reported_by", "state", "answered_by",
        "answered_at",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-reported_at", "-pk")
    steps = (
        Step(
            name="confirm",
            label="Confirm",
            explanation="Says that it was a leak. The case is not taken back by that: withdraw it on its own page.",
            run=lambda actor, row, given: answer_leak_report(actor, report_id=row.pk, is_confirmed=True),
            roles=OFFICERS,
            done="The leak is confirmed.",
            is_offered=lambda row, actor: row.state == ReportState.OPEN,
        ),
        Step(
            name="dismiss",
            label="Dismiss",
            explanation="Says that nothing shows that should not.",
            run=lambda actor, row, given: answer_leak_report(actor, report_id=row.pk, is_confirmed=False),
            roles=OFFICERS,
            done="The report is dismissed.",
            is_offered=lambda row, actor: row.state == ReportState.OPEN,
        ),
    )

    @admin.display(description="Case")
    def case_link(self, row: LeakReport) -> SafeString:
        """The case that it is about."""
        return link_to("catalog", "case", row.case_id, str(row.case_id))
