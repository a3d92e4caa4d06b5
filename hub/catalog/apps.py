"""The Django application of the catalog layer."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """What failed."""

    name = "hub.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Shipped taxonomies follow their files at every migration, by the role that migrates."""
        post_migrate.connect(_load_taxonomies, sender=self)


def _load_taxonomies(*, using: str, plan: Any = (), **_: Any) -> None:
    from .services.taxonomies import load_shipped_taxonomies  # models exist only now

    # A plan that goes backwards may have dropped the tables.
    if not any(backwards for _, backwards in plan):
        load_shipped_taxonomies(using)
