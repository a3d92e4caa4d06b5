"""`manage.py export_audit`: the access record of a tenant, as its auditor may pull it."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from hub.workflows.exporting import ExportFormat, ExportSubject, export_pages
from hub.workflows.outcomes import Refusal
from hub.workflows.signing_in import actor_for_command


class Command(BaseCommand):
    """Each page is recorded before it is written; an interrupted export tells what it has given out."""

    help = "Export access events or disclosures of one tenant as JSONL or CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose record, as whom, in which form, where to."""
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="An auditor of the tenant.")
        parser.add_argument("--subject", choices=[item.value for item in ExportSubject], default="events")
        parser.add_argument("--format", choices=[item.value for item in ExportFormat], default="jsonl")
        parser.add_argument("--output", type=Path, metavar="FILE", help="Default: standard output.")

    def handle(self, **options: Any) -> None:
        """Write page after page, with progress on standard error."""
        actor = actor_for_command(tenant_slug=options["tenant"], email=options["email"])
        if isinstance(actor, Refusal):
            raise CommandError("There is no such person in such a tenant.", returncode=1)
        pages = export_pages(actor, subject=ExportSubject(options["subject"]), form=ExportFormat(options["format"]))
        target = options["output"].open("wb") if options["output"] else sys.stdout.buffer
        with Progress(console=Console(stderr=True), transient=True) as progress, target:
            task = progress.add_task("Exporting", total=None)
            for page in pages:
                if isinstance(page, Refusal):
                    raise CommandError("This person may not export the access record of this tenant.", returncode=1)
                target.write(page)
                progress.advance(task, page.count(b"\n"))
