"""`manage.py restore FILE`: a backup back into an empty database."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.commands import dumping


class Command(BaseCommand):
    """Runs pg_restore as caseward_owner, and as caseward_keeper for the access record."""

    help = "Restore a backup into an empty database that deploy/postgres/roles.sql has prepared."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from."""
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Refuse a database that holds anything, then restore."""
        if not file.is_file():
            raise CommandError(f"{file} is not there.", returncode=2)
        connection = dumping.connection_of("owner", "OWNER_DATABASE_URL")
        tables = dumping.find_tables(connection)
        if tables:
            raise CommandError(
                f"The database {connection['NAME']} holds {tables} tables already, and a restore never overwrites. "
                "Make an empty one with deploy/postgres/roles.sql (CASEWARD_DATABASE names it), and restore into that."
            )
        with tempfile.TemporaryDirectory() as folder:
            lists = {}
            for role, lines in dumping.contents(file, connection).items():
                lists[role] = Path(folder) / role
                lists[role].write_text("\n".join(lines) + "\n")
            dumping.restore(file, connection, lists)
        self.stdout.write(
            f"Restored {file} into {connection['NAME']}. Run `manage.py migrate` before starting the hub."
        )
