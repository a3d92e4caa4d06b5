"""The Django application of the workflows layer."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class WorkflowsConfig(AppConfig):
    """Workflows and their background steps."""

    name = "hub.workflows"
    label = "workflows"

    def ready(self) -> None:
        """After every migration, what the walls are is written down."""
        # Sent for applications with models alone, of which this is none.
        post_migrate.connect(_note_walls, sender=apps.get_app_config("audit"))


def _note_walls(using: str, **_: Any) -> None:
    from .proving.walls import note_walls  # its models are loaded by now

    note_walls(using)
