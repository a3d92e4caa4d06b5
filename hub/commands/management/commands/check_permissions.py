"""Compares django-guardian's object permissions with the memberships that they are derived from."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.actors import operator_at_console
from tenants.models import Tenant
from tenants.scoping import acting_as
from tenants.services import compare_permissions


class Command(BaseCommand):
    """Exit 0: they agree. Exit 1: they differ, line by line on the output."""

    help = "Compare object permissions with memberships and the role table; exit 1 on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("--tenant", help="slug of one tenant (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at one tenant per line, so that a difference names where it is."""
        found = 0
        with acting_as(operator_at_console("check_permissions")):
            tenants = Tenant.objects.order_by("slug")
            if options["tenant"]:
                tenants = tenants.filter(slug=options["tenant"])
                if not tenants:
                    raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2)
            for tenant in tenants:
                differences = compare_permissions(tenant)
                found += len(differences)
                for difference in differences:
                    self.stdout.write(f"{tenant.slug}: {difference}")
            checked = len(tenants)
        if found:
            raise CommandError(f"{found} difference(s) between object permissions and memberships.", returncode=1)
        self.stdout.write(f"{checked} tenant(s) checked, no difference.")
