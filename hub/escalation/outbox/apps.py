"""The Django application of the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Destinations and deliveries."""

    name = "hub.escalation.outbox"
    label = "outbox"
    verbose_name = "Escalation"
    default_auto_field = "django.db.models.BigAutoField"
