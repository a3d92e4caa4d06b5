"""The Django application of the officers' site."""

from django.apps import AppConfig


class AdminConfig(AppConfig):
    """Templates and static files of the site; Django's own admin keeps the label `admin`."""

    name = "hub.admin"
    label = "hub_admin"
    verbose_name = "Officers' site"
