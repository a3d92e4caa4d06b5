"""The Django application of the dashboards layer."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Pages for people."""

    name = "hub.dashboards"
    label = "dashboards"
