"""The log of what rules look at, and what each rule version made of each entry, once."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id


class TriggerKind(models.TextChoices):
    """What has happened."""

    CASE_SUBMITTED = "case_submitted", "Case submitted"
    CASE_CHANGED = "case_changed", "Case changed"
    CASE_REVIEWED = "case_reviewed", "Case reviewed"
    CASE_AGED = "case_aged", "Case has waited"
    TICKET_CHANGED = "ticket_changed", "Ticket changed"
    SLA_BREACHED = "sla_breached", "Ticket overdue"
    LEAK_REPORTED = "leak_reported", "Leak reported"
    RECALL_OVERDUE = "recall_overdue", "Recall overdue"
    UNUSUAL_VOLUME = "unusual_volume", "Unusual volume"


class Trigger(models.Model):
    """One thing that happened to a case, with its typed facts at that moment, written in the transaction of its cause.

    The row is the to-do: rules look at rows without a position, in the order of their ids, and give each the next
    position. A back-test reads the same rows in the same order, so it comes to the same result.

    Sensitivity: confidential (facts may name customers); no free text. Retention: with the case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey("catalog.Case", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=20, choices=TriggerKind.choices)
    occurred_at = models.DateTimeField()
    # How many rules' own effects lie before it: a rule that triggers itself comes to an end.
    depth = models.PositiveSmallIntegerField(default=0)
    facts = models.JSONField(default=dict)
    # Where only one such entry may be, e.g. that a case has waited seven days.
    once = models.CharField(max_length=80, blank=True)
    position = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "position"], name="trigger_position"),
            models.UniqueConstraint(fields=["tenant", "once"], condition=~models.Q(once=""), name="trigger_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "id"], name="trigger_work", condition=models.Q(position__isnull=True)),
            models.Index(fields=["tenant", "team", "occurred_at"], name="trigger_window"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MatchOutcome(models.TextChoices):
    """What a rule's match came to."""

    OPENED = "opened", "Opened a ticket"
    RECURRED = "recurred", "Commented on the open ticket"
    REOPENED = "reopened", "Re-opened the ticket"
    FOLDED = "folded", "Folded into one ticket: storm limit"
    COOLED_DOWN = "cooled_down", "Suppressed: cool-down"
    CAPPED = "capped", "Suppressed: cascade depth"
    ERROR = "error", "The rule could not be evaluated"


class RuleMatch(models.Model):
    """What one rule version made of one trigger: at most one row, whoever runs how often.

    Sensitivity: internal. Retention: with the case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="matches", db_constraint=False)
    rule_version = models.ForeignKey(
        "lifecycle.PolicyVersion", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    case = models.ForeignKey("catalog.Case", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    ticket = models.ForeignKey(
        "RemediationTicket", on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    outcome = models.CharField(max_length=12, choices=MatchOutcome.choices)
    cluster = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "rule matches"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rule_version", "trigger"], name="rule_match_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
