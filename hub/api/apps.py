"""The Django application of the API layer."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The GraphQL door."""

    name = "hub.api"
    label = "api"
