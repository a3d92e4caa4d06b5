"""The Django application of feeds."""

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    """Receivers of the access record, and how far each of them is."""

    name = "hub.audit.feeds"
    label = "feeds"
    default_auto_field = "django.db.models.BigAutoField"
