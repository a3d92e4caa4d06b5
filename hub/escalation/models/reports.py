"""Reports that something sensitive shows in a shared case, without repeating what it is."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class LeakWhat(models.TextChoices):
    """What shows."""

    PERSON = "person", "A person's name or likeness"
    CONTACT = "contact", "An address, number or account"
    SECRET = "secret", "A key or password"
    CUSTOMER = "customer", "A customer or partner"
    OTHER = "other", "Something else"


class LeakWhere(models.TextChoices):
    """Where it shows."""

    TITLE = "title", "Title"
    SUMMARY = "summary", "Summary"
    WRITE_UP = "write_up", "Write-up"
    FACTS = "facts", "Facts"
    EVIDENCE = "evidence", "Evidence"
    ELSEWHERE = "elsewhere", "Elsewhere"


class ReportState(models.TextChoices):
    """What the owner has found."""

    OPEN = "open", "Open"
    CONFIRMED = "confirmed", "Confirmed"
    DISMISSED = "dismissed", "Dismissed"


class LeakReport(models.Model):
    """Somebody who received a case says that something shows in it. There is no free text: it would leak again.

    Sensitivity: internal. Retention: with the case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey("catalog.Case", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    # The reporter's ids are plain, since they may belong to another tenant.
    reporter_tenant_id = models.UUIDField()
    reporter_label = models.CharField(max_length=81)
    reported_by = models.CharField(max_length=60)
    what = models.CharField(max_length=10, choices=LeakWhat.choices)
    where = models.CharField(max_length=10, choices=LeakWhere.choices)
    state = models.CharField(max_length=10, choices=ReportState.choices, default=ReportState.OPEN)
    reported_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Saying the same again is not news, as long as nobody has answered.
            models.UniqueConstraint(
                fields=["case", "reporter_tenant_id", "reporter_label", "what", "where"],
                condition=models.Q(state="open"),
                name="leak_report_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
