"""The Django application of the tenants package."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Tenants, teams, people and tokens."""

    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from . import checks  # noqa: F401
