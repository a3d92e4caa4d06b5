"""The Django application of the lifecycle layer."""

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    """Drafts, proposals, two people, versions."""

    name = "hub.lifecycle"
    label = "lifecycle"
    default_auto_field = "django.db.models.BigAutoField"
