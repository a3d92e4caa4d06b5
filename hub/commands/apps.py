"""The Django application of the commands."""

from django.apps import AppConfig


class CommandsConfig(AppConfig):
    """The command line: it translates, and never decides."""

    name = "hub.commands"
    label = "commands"
