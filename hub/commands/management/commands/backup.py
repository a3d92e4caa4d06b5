"""`manage.py backup FILE`: everything the hub holds, in one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from hub.commands import dumping
from hub.workflows.backing_up import record_backup


class Command(BaseCommand):
    """Runs pg_dump as caseward_backup, who may read everything and write nothing."""

    help = "Write a backup of the whole database to FILE. It holds raw text: keep it like the database itself."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--force", action="store_true", help="replace FILE when it is there already")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        """Dump, then say how large."""
        if file.exists() and not force:
            raise CommandError(f"{file} is there already; give another name, or --force to replace it.", returncode=2)
        if not file.parent.is_dir():
            raise CommandError(f"The folder {file.parent} is not there.", returncode=2)
        connection = dumping.connection_of("backup", "BACKUP_DATABASE_URL")
        try:
            record_backup()
        except DatabaseError:
            raise CommandError(
                "That a backup is made could not be recorded, so none is made. Is DATABASE_URL right, the database up?"
            ) from None
        try:
            dumping.dump(connection, file)
        except CommandError:
            record_backup(failed=True)
            raise
        self.stdout.write(f"Backed up to {file} ({file.stat().st_size / 1e6:.1f} MB).")
