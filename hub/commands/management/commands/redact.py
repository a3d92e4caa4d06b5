"""manage.py redact: the redaction library's own command, reachable beside the others."""

from __future__ import annotations

import sys
from typing import NoReturn

from django.core.management.base import BaseCommand

from redaction.command_line import main


class Command(BaseCommand):
    """Passes its arguments on untouched, so that help and errors are those of the library's command."""

    help = "Redact JSON lines from standard input, or score detection on a labelled file."
    requires_system_checks: list[str] = []  # it works without a database and without settings of a hub

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        sys.exit(main(argv[2:]))
