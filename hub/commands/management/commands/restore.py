"""`manage.py restore FILE --ledger LEDGER`: a backup back into an empty database, and everything that ended since."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.commands import dumping
from hub.retention.ledger_lines import LedgerFault
from hub.workflows.ledger import replay


class Command(BaseCommand):
    """Runs pg_restore as caseward_owner, and as caseward_keeper for the access record.

    From its first step until the ledger is played again, the hub's own login cannot connect: nobody is answered out
    of rows that were deleted since the backup was made.
    """

    help = "Restore a backup into an empty database that deploy/postgres/roles.sql has prepared."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from."""
        parser.add_argument("file", type=Path, metavar="FILE")
        since = parser.add_mutually_exclusive_group(required=True)
        since.add_argument("--ledger", type=Path, metavar="LEDGER", help="the file that CASEWARD_LEDGER_FILE named")
        since.add_argument(
            "--without-ledger", action="store_true", help="nothing was disposed of, erased or held since the backup"
        )

    def handle(self, *args: Any, file: Path, ledger: Path | None, **options: Any) -> None:
        """Refuse a database that holds anything, then restore."""
        if not file.is_file():
            raise CommandError(f"{file} is not there.", returncode=2)
        if ledger is not None and not ledger.is_file():
            raise CommandError(f"{ledger} is not there.", returncode=2)
        connection = dumping.connection_of("owner", "OWNER_DATABASE_URL")
        tables = dumping.find_tables(connection)
        if tables:
            raise CommandError(
                f"The database {connection['NAME']} holds {tables} tables already, and a restore never overwrites. "
                "Make an empty one with deploy/postgres/roles.sql (CASEWARD_DATABASE names it), and restore into that.",
                returncode=2,
            )
        dumping.let_connect(connection, is_let=False)
        with tempfile.TemporaryDirectory() as folder:
            lists = {}
            for role, lines in dumping.contents(file, connection).items():
                lists[role] = Path(folder) / role
                lists[role].write_text("\n".join(lines) + "\n")
            dumping.restore(file, connection, lists)
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(f"Restored {file} into {connection['NAME']}.")
        if ledger is not None:
            self._replay(ledger)
        dumping.let_connect(connection, is_let=True)

    def _replay(self, ledger: Path) -> None:
        try:
            done = replay(ledger)
        except (LedgerFault, ValueError, KeyError) as error:
            reason = str(error) if isinstance(error, LedgerFault) else f"{ledger} is no ledger of this hub."
            raise CommandError(
                f"{reason} The hub still cannot connect to the restored database. Drop it, mend this, restore again."
            ) from None
        self.stdout.write(
            f"Played the ledger again: {done.get('dispositions', 0)} items disposed of, {done.get('erasures', 0)} "
            f"places erased, {done.get('holds', 0)} holds stand, {done.get('releases', 0)} released."
        )
