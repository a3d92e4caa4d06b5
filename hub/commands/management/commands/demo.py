"""`manage.py demo`: listed beside the other commands; `hub.demo` runs it, before anything of Django is loaded."""

from __future__ import annotations

import sys
from typing import NoReturn

from django.core.management.base import BaseCommand

from hub.demo.running import main


class Command(BaseCommand):
    """Passes its arguments on untouched: the demo brings its own servers and settings."""

    help = "Show the whole hub on this machine, with real servers and planted secrets, and keep it running."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        sys.exit(main(argv[2:]))
