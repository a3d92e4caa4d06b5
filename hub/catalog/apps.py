"""The Django application of the catalog layer."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """What failed."""

    name = "hub.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
