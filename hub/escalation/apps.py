"""The Django application of the escalation layer."""

from django.apps import AppConfig


class EscalationConfig(AppConfig):
    """Triggers, rules, remediation tickets, and what pauses a release."""

    name = "hub.escalation"
    label = "escalation"
    default_auto_field = "django.db.models.BigAutoField"
