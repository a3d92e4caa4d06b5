"""The Django application of the sharing layer."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Who else may read."""

    name = "hub.sharing"
    label = "sharing"
    default_auto_field = "django.db.models.BigAutoField"
