"""`manage.py verify_audit`: proves that nobody changed, removed, reordered or cut off the access record."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.audit.checkpoints import split_notes
from hub.workflows.keeping import record_verification, verify_record


class Command(BaseCommand):
    """Exit 0: the record is whole. Exit 1: there are findings, each in words."""

    help = "Hash every row of the access record again and hold it against the log and its signed checkpoints."

    def add_arguments(self, parser: CommandParser) -> None:
        """An outside checkpoint is what shows a rewrite by somebody who owns the database."""
        parser.add_argument(
            "--checkpoint",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="A file of checkpoints kept outside the database (the witness file); may be given several times.",
        )
        parser.add_argument("--verifier", help="The verifier key of the log, when it is not this hub's own.")

    def handle(self, *, checkpoint: list[Path], verifier: str | None, **options: Any) -> None:
        """Print what was checked and what was found."""
        notes = [note for file in checkpoint for note in _notes(file)]
        result = verify_record(verifier=verifier, outside_notes=notes)
        self.stdout.write(
            f"{result.sealed_rows} rows sealed, {result.checkpoints} checkpoints hold, "
            f"{result.waiting_rows} rows wait for the keeper."
        )
        if result.expired_rows:
            self.stdout.write(f"{result.expired_rows} of them have expired, as announced; their hashes still fit.")
        if not record_verification(result, outside=len(notes)):
            self.stderr.write("That it was verified is not on record: the application's login cannot write here.")
        for finding in result.findings:
            self.stdout.write(self.style.ERROR(f"FINDING {finding}"))
        if result.findings:
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS("The access record is whole."))


def _notes(file: Path) -> list[str]:
    """Single notes of a witness file: a body, a blank line, signature lines."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CommandError(f"The checkpoints in {file} cannot be read: {why}.", returncode=2) from None
    try:
        return split_notes(text)
    except ValueError as error:
        raise CommandError(f"{file} holds {error}.", returncode=2) from None
