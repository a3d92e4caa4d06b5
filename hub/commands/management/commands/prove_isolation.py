"""`manage.py prove_isolation`: attacks the running hub as two synthetic tenants, and reports like the sweep does."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.workflows.proving.proving import prove_isolation


class Command(BaseCommand):
    """Exit 0: every guard held. Exit 1: something got through, or it could not be tried. Exit 2: no address."""

    help = "Attack the hub's own API as two synthetic tenants, look at every guard by itself, and record the outcome."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the hub answers, and where in its API to ask."""
        parser.add_argument("--url", help="Where the hub answers over HTTP (default: CASEWARD_PROOF_URL).")

        parser.add_argument("--field", action="append", default=[], help="Only this root field; may be given again.")

    def handle(self, *, url: str | None, field: list[str], **options: Any) -> None:
        """One line of figures, and one for each finding."""
        address = (url or settings.CASEWARD_PROOF_URL).rstrip("/")
        if not address:
            raise CommandError("Give --url, or set CASEWARD_PROOF_URL: the attack comes over HTTP.", returncode=2)
        run = prove_isolation(address, roots=field)
        seconds = (run.ended_at - run.started_at).total_seconds()
        self.stdout.write(
            f"{run.checks} checks in {seconds:.0f} s, {run.failed} failed;"
            f" {run.requests} requests at {run.places} places of the API."
        )
        for found in run.findings:
            self.stdout.write(self.style.ERROR("FINDING {guard}: {attacker}, {place}: {what}".format(**found)))
        if run.problem:
            raise CommandError(f"It could not be tried: {run.problem}", returncode=1)
        if run.failed:
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS("Every guard held: the two organisations are kept apart."))
