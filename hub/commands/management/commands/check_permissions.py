"""Compares django-guardian's object permissions with the memberships that they are derived from."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.workflows.onboarding import compare_permissions
from hub.workflows.outcomes import Refusal
from tenants.actors import operator_at_console
from tenants.scoping import acting_as


class Command(BaseCommand):
    """Exit 0: they agree. Exit 1: they differ, line by line on the output."""

    help = "Compare object permissions with memberships and the role table; exit 1 on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("--tenant", help="slug of one tenant (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each difference, with the tenant it is in."""
        actor = operator_at_console("check_permissions")
        with acting_as(actor, durable=True):
            answer = compare_permissions(actor, tenant_slug=options["tenant"])
        if isinstance(answer, Refusal):
            raise CommandError(f"Refused: {answer.basis}.", returncode=1)
        if options["tenant"] and not answer.differences:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2)
        for slug, differences in answer.differences.items():
            for difference in differences:
                self.stdout.write(f"{slug}: {difference}")
        if answer.count:
            raise CommandError(
                f"{answer.count} difference(s) between object permissions and memberships.", returncode=1
            )
        self.stdout.write(f"{len(answer.differences)} tenant(s) checked, no difference.")
