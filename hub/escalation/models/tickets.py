"""Remediation tickets: who does what until when about which cases, with a history that is only added to."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class TicketState(models.TextChoices):
    """Where the remediation is."""

    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING = "waiting", "Waiting"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"


class RemediationTicket(models.Model):
    """Follow-up work on a pattern of failures, opened by a rule or by a person; needs no other system.

    Its title is the rule's or a person's wording, never a case's text. The clocks: `respond_by` stops when somebody
    takes the ticket up, `due_at` when it is resolved; while it waits the second one stands still. That one has run out
    is written once for each, in `response_breached_at` and `breached_at`.

    Sensitivity: internal. Retention: as long as its cases, then its access events only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    severity_label = models.CharField(max_length=14, blank=True)
    state = models.CharField(max_length=12, choices=TicketState.choices, default=TicketState.OPEN)
    owner = models.CharField(max_length=60, blank=True)
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True)
    responded_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    response_breached_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    reopened_times = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)
    # Of a rule: which one, which pattern, and what rules know of the ticket at their place in the log of triggers.
    policy = models.ForeignKey(
        "lifecycle.Policy", on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    rule_version = models.ForeignKey(
        "lifecycle.PolicyVersion", on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    cluster = models.CharField(max_length=64, blank=True)
    acted_at = models.DateTimeField(null=True)
    seen_closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "number"], name="ticket_number"),
            # Exactly one, whatever runs twice.
            models.UniqueConstraint(
                fields=["policy", "cluster"],
                condition=models.Q(seen_closed_at__isnull=True, policy__isnull=False),
                name="ticket_one_open_per_cluster",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "state", "due_at"], name="ticket_due"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TicketCase(models.Model):
    """A case that a ticket is about. Sensitivity: internal. Retention: with the case."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(RemediationTicket, on_delete=models.CASCADE, related_name="links", db_constraint=False)
    case = models.ForeignKey("catalog.Case", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    linked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["ticket", "case"], name="ticket_case_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TicketEvent(models.Model):
    """One entry of a ticket's history; a trigger refuses to change or remove it.

    Sensitivity: internal (notes are people's words). Retention: with the ticket.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(RemediationTicket, on_delete=models.PROTECT, related_name="events", db_constraint=False)
    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    detail = models.JSONField(default=dict)
    note = models.CharField(max_length=2000, blank=True)

    def __str__(self) -> str:
        return str(self.pk)
