"""Prints the GraphQL schema, writes it to where it is checked in, or says whether the two differ."""

import difflib
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.api.schema import SCHEMA_FILE, schema_text


class Command(BaseCommand):
    """`manage.py print_schema [--write | --check]`."""

    help = "Print the GraphQL schema; --write puts it into the checked-in file, --check compares the two (exit 1)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """At most one of the two."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--write", action="store_true", help="write the checked-in file")
        what.add_argument("--check", action="store_true", help="exit 1 when the checked-in file differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, write or compare."""
        text = schema_text()
        if options["write"]:
            SCHEMA_FILE.write_text(text, encoding="utf-8")
            self.stdout.write(f"Wrote {SCHEMA_FILE.name}.")
        elif options["check"]:
            self._compare(text)
        else:
            self.stdout.write(text, ending="")

    def _compare(self, text: str) -> None:
        kept = SCHEMA_FILE.read_text(encoding="utf-8") if SCHEMA_FILE.exists() else ""
        if kept == text:
            self.stdout.write("The checked-in schema is up to date.")
            return
        changes = difflib.unified_diff(
            kept.splitlines(), text.splitlines(), "schema.graphql (checked in)", "schema.graphql (now)", lineterm=""
        )
        self.stdout.write("\n".join(changes))
        raise CommandError("The API has changed: look at the difference, then run `manage.py print_schema --write`.")
