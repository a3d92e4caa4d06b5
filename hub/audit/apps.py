"""The Django application of the audit layer."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """What happened."""

    name = "hub.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
