"""`manage.py platform_auditor EMAIL`: lets somebody read the whole access record, or ends that; on record."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.platform_auditors import end_platform_auditor, find_account, name_platform_auditor
from tenants.actors import operator_at_console
from tenants.scoping import acting_as


class Command(BaseCommand):
    """Exit 0: done. Exit 1: refused, or the account cannot be named. Exit 2: there is no such account."""

    help = "Let the person with this e-mail address read the access record of every organisation, or end that."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom, and whether it ends."""
        parser.add_argument("email")
        parser.add_argument("--end", action="store_true", help="Take the right away.")

    def handle(self, *, email: str, end: bool, **options: Any) -> None:
        """As the operator at the console."""
        actor = operator_at_console("platform_auditor")
        with acting_as(actor, durable=True):
            user = find_account(email)
            if user is None:
                raise CommandError("There is no account with this e-mail address.", returncode=2)
            change = end_platform_auditor if end else name_platform_auditor
            outcome = change(actor, user_id=user.pk)
        if isinstance(outcome, Refusal):
            raise CommandError(f"Refused: {outcome.basis}.", returncode=1)
        if isinstance(outcome, Invalid):
            raise CommandError(outcome.problems[0].message, returncode=1)
        self.stdout.write("Ended." if end else "This person reads the whole access record from the next request on.")
