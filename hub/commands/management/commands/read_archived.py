"""`manage.py read_archived ITEM`: brings back one item that a rule has archived, for whoever may read its case raw."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.workflows.archive_reading import ArchivedDisclosure, disclose_archived
from hub.workflows.outcomes import Invalid
from hub.workflows.signing_in import actor_for_command
from tenants.actors import Actor
from tenants.scoping import acting_as


class Command(BaseCommand):
    """The certificate of an item says that it was archived; this reads it, and the access record says who did."""

    help = "Write an archived item to FILE. Takes a person who may read its case raw; the reading is on record."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which item, as whom, and where to."""
        parser.add_argument("item", type=UUID, metavar="ITEM", help="The item's id, as its certificate names it.")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="Who reads it.")
        parser.add_argument("--to", dest="file", type=Path, required=True, metavar="FILE", help="A file that is new.")

    def handle(self, *args: Any, item: UUID, file: Path, **options: Any) -> None:
        """Read, then write."""
        actor = actor_for_command(tenant_slug=options["tenant"], email=options["email"])
        if not isinstance(actor, Actor):
            raise CommandError("There is no such person in such a tenant.", returncode=2)
        if file.exists():
            raise CommandError(f"{file} is there already; give another name.", returncode=2)
        with acting_as(actor, durable=True):
            found = disclose_archived(actor, item_id=item)
        if isinstance(found, Invalid):
            raise CommandError(found.problems[0].message, returncode=1)
        if not isinstance(found, ArchivedDisclosure):
            raise CommandError("This person may not read this item, or there is no such item.", returncode=1)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(found.content)
        self.stdout.write(f"Wrote {len(found.content)} bytes of case {found.case_id} ({found.track}) to {file}.")
