"""`manage.py import_cases`: brings a file of cases in, with progress, and tells what was wrong with which record."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from hub.workflows.importing import COLUMNS, READERS, BatchImported, UnreadableSource, import_file
from hub.workflows.outcomes import Refusal
from hub.workflows.signing_in import actor_for_command
from tenants import queries
from tenants.actors import Actor, operator_at_console, system_actor
from tenants.models import Team
from tenants.scoping import acting_as

MOST_PROBLEMS_SHOWN = 200


class Command(BaseCommand):
    """`manage.py import_cases reports/ --tenant acme --team atlas --format avid`"""

    help = (
        "Import cases for one team. It can run twice: a record with a known source and source_id becomes a new version"
        " if it says something new, and nothing otherwise. Exit 0 all taken, 1 some records were not, 2 wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, for whom, in which format, as whom."""
        columns = ", ".join(f"{name} ({meaning})" for name, meaning in COLUMNS.items())
        parser.epilog = f"Columns of CSV: {columns}. Other columns are kept and redacted like the rest."
        parser.add_argument("path", type=Path, metavar="PATH", help="a file, plain or .gz; for avid also a folder")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--team", required=True, metavar="SLUG")
        parser.add_argument(
            "--format", choices=sorted(READERS), help="default: avid for a folder, csv for .csv, else jsonl"
        )
        parser.add_argument("--as", dest="email", default="", metavar="EMAIL", help="a contributor of the team")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import batch by batch."""
        path: Path = options["path"]
        if not path.exists():
            raise CommandError(f"There is nothing at {_printable(path)}.", returncode=2)
        actor, team = _who_and_where(options)
        console = Console(stderr=True)
        total = BatchImported()
        form = options["format"] or _format_of(path)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("Importing", total=_size(path))
            try:
                for answer in import_file(actor, team_id=team.pk, path=path, format=form):
                    if isinstance(answer, Refusal):
                        raise CommandError(f"Refused: {answer.basis}.", returncode=1)
                    self._show_problems(answer, shown=len(total.problems))
                    _add(total, answer)
                    progress.update(task, completed=answer.position, description=_counts(total))
            except UnreadableSource as error:
                raise CommandError(str(error), returncode=2) from None
        self.stdout.write(_counts(total))
        if total.problems:
            sys.exit(1)

    def _show_problems(self, answer: BatchImported, shown: int) -> None:
        for index, problem in enumerate(answer.problems, start=shown):
            if index < MOST_PROBLEMS_SHOWN:
                self.stderr.write(f"{problem.place}: {problem.message}")
            elif index == MOST_PROBLEMS_SHOWN:
                self.stderr.write("More records were not taken; only their number is told below.")


def _who_and_where(options: dict[str, Any]) -> tuple[Actor, Team]:
    with acting_as(operator_at_console("import_cases")):
        tenant = queries.find_tenant(options["tenant"])
        team = queries.find_team_by_slug(tenant.pk, options["team"]) if tenant else None
    if tenant is None:
        raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2)
    if team is None:
        raise CommandError(f"The tenant has no team {options['team']!r}.", returncode=2)
    if not options["email"]:
        return system_actor(tenant.pk, "import_cases"), team
    actor = actor_for_command(tenant_slug=options["tenant"], email=options["email"])
    if isinstance(actor, Refusal):
        raise CommandError("There is no such person in such a tenant.", returncode=2)
    return actor, team


def _add(total: BatchImported, answer: BatchImported) -> None:
    total.created += answer.created
    total.changed += answer.changed
    total.unchanged += answer.unchanged
    total.problems += answer.problems


def _counts(total: BatchImported) -> str:
    return (
        f"{len(total.created)} new, {len(total.changed)} changed, {total.unchanged} unchanged,"
        f" {len(total.problems)} not taken"
    )


def _format_of(path: Path) -> str:
    return "avid" if path.is_dir() else "csv" if path.name.endswith((".csv", ".csv.gz")) else "jsonl"


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*.json")) if path.is_dir() else path.stat().st_size


def _printable(path: Path) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()
