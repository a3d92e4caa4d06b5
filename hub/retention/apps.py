"""The Django application of the retention layer."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Rules, dry runs, dispositions and their ledger."""

    name = "hub.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"
