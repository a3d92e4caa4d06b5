"""Lets an organisation onto the hub: the tenant, its teams, and an invitation for its first administrator."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.workflows import onboarding
from hub.workflows.outcomes import Invalid, Refusal
from tenants.actors import operator_at_console
from tenants.roles import Role
from tenants.scoping import acting_as


class Command(BaseCommand):
    """`manage.py create_tenant acme --name "Acme Assist" --team atlas --admin ada@acme.example`"""

    help = "Create a tenant with its teams, and invite its first administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("slug", help="short name, as it stands in addresses: lower case, digits, hyphens")
        parser.add_argument("--name", required=True, help="name of the organisation")
        parser.add_argument("--team", action="append", default=[], metavar="SLUG", help="a team to create; repeatable")
        parser.add_argument("--admin", metavar="EMAIL", help="whom to invite as the first administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        """All of it or, on a mistake, nothing."""
        actor = operator_at_console("create_tenant")
        secret = ""
        with acting_as(actor, durable=True):
            tenant_id = self._done(
                onboarding.create_tenant(actor, slug=options["slug"], name=options["name"])
            ).object_id
            assert tenant_id is not None
            for slug in options["team"]:
                self._done(onboarding.create_team(actor, tenant_id=tenant_id, slug=slug, name=slug.capitalize()))
            if options["admin"]:
                answer = onboarding.invite_member(
                    actor, tenant_id=tenant_id, email=options["admin"], role=Role.ADMINISTRATOR
                )
                secret = self._done(answer).secret
        self.stdout.write(f"Created tenant {options['slug']} with {len(options['team'])} team(s).")
        if secret:
            self.stdout.write(f"Invitation for {options['admin']}, shown once, for the page /join: {secret}")

    def _done(self, answer: Any) -> Any:
        """The answer, where it is no refusal; an error otherwise, which takes everything back."""
        match answer:
            case Refusal(basis):
                raise CommandError(f"Refused: {basis}.", returncode=1)
            case Invalid(problems):
                raise CommandError(" ".join(f"{problem.path}: {problem.message}" for problem in problems), returncode=2)
        return answer
