"""`manage.py run_disposition`: what is due, item by item, and after somebody has seen it, its end."""

import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.retention.reasons import explain
from hub.workflows.disposition import (
    DryRunMade,
    Progress,
    confirm_dry_run,
    dispose_of_due,
    make_dry_run,
    read_run,
)
from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.signing_in import actor_for_command
from tenants.actors import Actor
from tenants.scoping import acting_as

REFUSED = "This person may not govern retention in this tenant, or there is no such run."


class Command(BaseCommand):
    """A dry run lists and deletes nothing; a run deletes what a confirmed dry run or a rule seen before has due."""

    help = "List what is due (--dry-run), confirm a list (--confirm RUN), or carry out what is confirmed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose cases, as whom, and which step."""
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="An officer of the tenant.")
        step = parser.add_mutually_exclusive_group()
        step.add_argument("--dry-run", action="store_true", help="List every item with rule, date and reason.")
        step.add_argument("--confirm", type=UUID, metavar="RUN", help="You have seen this dry run; carry it out.")

    def handle(self, **options: Any) -> None:
        """One step."""
        actor = actor_for_command(tenant_slug=options["tenant"], email=options["email"])
        if isinstance(actor, Refusal) or actor.tenant_id is None:
            raise CommandError("There is no such person in such a tenant.", returncode=2)
        if options["dry_run"]:
            self._list(actor)
            return
        if options["confirm"]:
            self._confirm(actor, options["confirm"])
        self._run(actor)

    def _list(self, actor: Actor) -> None:
        with acting_as(actor, durable=True):
            made = make_dry_run(actor)
            seen = read_run(actor, run_id=made.run_id) if isinstance(made, DryRunMade) else made
        if isinstance(made, Refusal) or isinstance(seen, Refusal):
            raise CommandError(REFUSED, returncode=1)
        for warning in made.warnings:
            self.stderr.write(f"Warning: {warning}")
        for item, rule in seen.items:
            date = f"{item.due_at:%Y-%m-%d}" if item.due_at else "no date"
            what = f"kept because {explain(item.kept_because)}" if item.kept_because else "due"
            self.stdout.write(f"{item.track:<13} {item.item_id}  {rule or 'no rule'}, {date}: {what}")
        if made.due + made.kept > len(seen.items):
            self.stdout.write(f"… and {made.due + made.kept - len(seen.items)} more.")
        self.stdout.write(f"Dry run {made.run_id}: {made.due} due, {made.kept} kept. Nothing was deleted.")

    def _confirm(self, actor: Actor, run_id: UUID) -> None:
        with acting_as(actor, durable=True):
            answer = confirm_dry_run(actor, run_id=run_id)
        if isinstance(answer, Refusal):
            raise CommandError(REFUSED, returncode=1)
        if isinstance(answer, Invalid):
            raise CommandError(answer.problems[0].message, returncode=1)

    def _run(self, actor: Actor) -> None:
        tenant_id = actor.tenant_id
        with acting_as(actor, durable=True):
            seen = read_run(actor)
        if (isinstance(seen, Refusal) and seen.basis != "unknown") or tenant_id is None:
            raise CommandError(REFUSED, returncode=1)
        disposed = differences = 0
        while True:
            step: Progress = dispose_of_due(tenant_id, now=True)
            disposed, differences = disposed + step.disposed, differences + step.differences
            self.stderr.write(f"{disposed} disposed of, {differences} kept against the list")
            if step.stopped_because:
                self.stdout.write(f"Stopped: {step.stopped_because}.")
            if step.stopped_because or not step.disposed:
                break
            time.sleep(0)
        with acting_as(actor, durable=True):
            seen = read_run(actor)
        if isinstance(seen, Refusal):
            self.stdout.write("No rule of this tenant has had a dry run confirmed; nothing was deleted.")
            return
        for item, _ in seen.items:
            if item.is_difference:
                self.stdout.write(f"{item.track:<13} {item.item_id}  kept because {explain(item.kept_because)}")
        self.stdout.write(f"{disposed} items disposed of, {differences} kept against the list.")
