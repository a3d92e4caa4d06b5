"""Makes a service token and prints it once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.tokens import issue_token
from tenants import queries
from tenants.actors import operator_at_console, system_actor
from tenants.roles import Scope
from tenants.scoping import acting_as


class Command(BaseCommand):
    """`manage.py issue_token --tenant acme --user alice@acme.example --name nightly --scopes read`"""

    help = "Make a service token for a member of a tenant. The token is printed once and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("--tenant", required=True, help="slug of the tenant")
        parser.add_argument("--user", required=True, help="e-mail of the member or service account")
        parser.add_argument("--name", required=True, help="what the token is for, as its owner will see it in the list")
        parser.add_argument("--scopes", required=True, help=f"comma-separated, of: {', '.join(Scope)}")
        parser.add_argument("--team", default="", help="slug of the one team that the token is narrowed to")
        parser.add_argument("--purpose", default="", help="W3C DPV purpose of its reads")
        parser.add_argument("--days", type=int, help="days until it expires (default: the longest the tenant allows)")
        parser.add_argument(
            "--network", action="append", default=[], help="address range it may be used from; repeatable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Find tenant and member by name, then issue."""
        with acting_as(operator_at_console("issue_token")):
            tenant = queries.find_tenant(options["tenant"])
            user = queries.find_user(options["user"])
            team = queries.find_team_by_slug(tenant.pk, options["team"]) if tenant and options["team"] else None
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2)
        if user is None:
            raise CommandError(f"There is no account {options['user']!r}.", returncode=2)
        if options["team"] and team is None:
            raise CommandError(f"The tenant has no team {options['team']!r}.", returncode=2)
        actor = system_actor(tenant.pk, "issue_token")
        with acting_as(actor, durable=True):
            answer = issue_token(
                actor,
                name=options["name"],
                scopes=[scope.strip() for scope in options["scopes"].split(",") if scope.strip()],
                purpose=options["purpose"],
                days=options["days"],
                user_id=user.pk,
                team_id=team.pk if team else None,
                networks=options["network"],
            )
        match answer:
            case Refusal(basis):
                raise CommandError(f"Refused: {basis}.", returncode=1)
            case Invalid(problems):
                raise CommandError(" ".join(f"{problem.path}: {problem.message}" for problem in problems), returncode=2)
            case _:
                self.stdout.write(answer.secret)
                self.stderr.write(f"Expires {answer.expires_at:%Y-%m-%d %H:%M} UTC. It is not shown again.")
