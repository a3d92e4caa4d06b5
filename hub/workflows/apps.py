"""The Django application of the workflows layer."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Workflows and their background steps."""

    name = "hub.workflows"
    label = "workflows"
