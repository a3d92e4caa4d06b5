"""Django's `migrate`, as the role that owns the tables."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections


class Command(DjangoCommand):
    """Runs on the connection `owner`: the application's own role can create nothing."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The same as Django's, with another default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Migrate, unless there is no owner's connection to do it on; Django's checks would already want it."""
        if options["database"] not in connections:
            raise CommandError(
                "Set OWNER_DATABASE_URL: migrations run as caseward_owner, not as the application.", returncode=2
            )
        return super().execute(*args, **options)
