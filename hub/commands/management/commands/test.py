"""`manage.py test [pytest's arguments]`: all checks, then the tests."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from hub.commands import checking


class Command(BaseCommand):
    """Takes the place of Django's own test runner."""

    help = "Check style, types, layers, migrations and schema, then run pytest with the arguments given."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Everything behind `test` belongs to pytest, apart from --only-pytest."""
        if "--help" in argv[2:] or "-h" in argv[2:]:
            self.print_help(argv[0], argv[1])
            return
        sys.exit(checking.main(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        """When called by code: everything, without arguments."""
        sys.exit(checking.main([]))
