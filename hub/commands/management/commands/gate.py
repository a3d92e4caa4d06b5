"""Asks the release gate, for pipelines; verifies a verdict with no hub; judges a kept one anew, for auditors."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from django.core.management.base import BaseCommand, CommandError

from hub.workflows.gating import GateAnswer, GateError, ask_gate, verify_verdict
from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.release_pauses import read_verdict
from tenants import queries
from tenants.actors import Actor, operator_at_console
from tenants.loading import NotIdentified, load_actor
from tenants.scoping import acting_as


class Command(BaseCommand):
    """`manage.py gate assist-chat 4.2 --channel production --tenant acme --as alice@acme.example`"""

    help = "May this version of a model be released? Exit code 0: allow, 1: pause, 2: it could not be told."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("model", nargs="?", default="", help="name of the model")
        parser.add_argument("version", nargs="?", default="", help="its version")
        parser.add_argument("--channel", default="", help="where it goes, e.g. production")
        parser.add_argument("--tenant", help="slug of the tenant")
        parser.add_argument(
            "--as", dest="email", metavar="EMAIL", help="who asks; cases are named as far as he may see"
        )
        parser.add_argument("--format", choices=("text", "json", "junit"), default="text")
        parser.add_argument(
            "--verify", type=Path, metavar="FILE", help="verify a verdict that was kept as JSON instead"
        )
        parser.add_argument(
            "--reproduce", type=UUID, metavar="ID", help="judge a verdict anew from its kept inputs instead"
        )
        parser.add_argument("--key", default="", help="the public key to verify with; keep it apart from the verdict")

    def handle(self, **options: Any) -> None:
        """Ask or verify."""
        if options["verify"] is not None:
            self._verify(options["verify"], options["key"])
            return
        if options["reproduce"] is not None:
            self._reproduce(options["reproduce"], options["tenant"], options["email"])
            return
        if not (options["model"] and options["version"] and options["tenant"] and options["email"]):
            raise CommandError("Give a model, its version, --tenant and --as.", returncode=2)
        answer = self._ask(**options)
        self.stdout.write(_WRITERS[options["format"]](answer))
        if not answer.is_allowed:
            raise SystemExit(1)

    def _ask(self, *, tenant: str, email: str, **options: Any) -> GateAnswer:
        actor = self._find_actor(tenant, email)
        with acting_as(actor, durable=True):
            answer = ask_gate(actor, model=options["model"], version=options["version"], channel=options["channel"])
        match answer:
            case Refusal(basis):
                raise CommandError(f"Refused: {basis}.", returncode=2)
            case Invalid(problems):
                raise CommandError(" ".join(f"{one.path}: {one.message}" for one in problems), returncode=2)
        return answer

    def _reproduce(self, verdict_id: UUID, tenant: str | None, email: str | None) -> None:
        if not (tenant and email):
            raise CommandError("Give --tenant and --as: an auditor or an officer.", returncode=2)
        actor = self._find_actor(tenant, email)
        with acting_as(actor, durable=True):
            evidence = read_verdict(actor, verdict_id=verdict_id)
        if isinstance(evidence, Refusal):
            raise CommandError(f"Refused: {evidence.basis}.", returncode=2)
        kept = {"statement": evidence.statement, "signature": evidence.signature, "inputs": evidence.inputs}
        self.stdout.write(json.dumps(kept, indent=2, sort_keys=True))
        said = evidence.statement["verdict"]
        signed = "the present key has signed it" if evidence.is_signed_by_present_key else "another key has signed it"
        if not evidence.is_reproduced:
            self.stderr.write(self.style.ERROR(f"The verdict {said} does not follow from its inputs; {signed}."))
            raise SystemExit(1)
        self.stderr.write(self.style.SUCCESS(f"The verdict {said} follows from its inputs; {signed}."))

    def _find_actor(self, tenant: str, email: str) -> Actor:
        with acting_as(operator_at_console("gate")):
            place, user = queries.find_tenant(tenant), queries.find_user(email)
        if place is None or user is None:
            raise CommandError("There is no such tenant, or no such account.", returncode=2)
        try:
            with acting_as(operator_at_console("gate")):
                return load_actor(user.pk, place.pk)
        except NotIdentified:
            raise CommandError("This account is not a member of the tenant.", returncode=2) from None

    def _verify(self, file: Path, key: str) -> None:
        if not key:
            raise CommandError(
                "Give --key: a verdict is not to be trusted by the key that comes with it.", returncode=2
            )
        try:
            kept = json.loads(file.read_text("utf-8"))
            verdict = verify_verdict(kept["statement"], kept["signature"], key)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, GateError):
                self.stdout.write(self.style.ERROR(str(error)))
                raise SystemExit(1) from None
            raise CommandError(f"{file} holds no verdict of a release gate.", returncode=2) from None
        self.stdout.write(self.style.SUCCESS(f"The signature holds. The verdict is: {verdict}."))
        if verdict != "allow":
            raise SystemExit(1)


def _as_json(answer: GateAnswer) -> str:
    kept = {"statement": answer.statement, "signature": answer.signature, "key": answer.key}
    return json.dumps(kept, indent=2, sort_keys=True)


def _as_text(answer: GateAnswer) -> str:
    said = answer.statement
    lines = [
        f"{said['model']} {said['version']}{' on ' + said['channel'] if said['channel'] else ''}: {said['verdict']}"
    ]
    lines += [f"  held back by case {case_id}" for case_id in said["blocking_cases"]]
    if not said["shows_all"]:
        lines.append("  held back by cases that are not shown to you")
    lines += [f"  pause {pause_id}: a waiver may be asked for it" for pause_id in said["pauses"]]
    lines += [f"  open ticket {ticket_id}" for ticket_id in said["tickets"]]
    lines += [f"  passed over by waiver {waiver_id}" for waiver_id in said["waivers"]]
    return "\n".join(lines)


def _as_junit(answer: GateAnswer) -> str:
    said = answer.statement
    failures = "0" if answer.is_allowed else "1"
    suite = Element("testsuite", name="caseward.gate", tests="1", failures=failures, timestamp=said["asked_at"])
    case = SubElement(
        suite, "testcase", classname=f"{said['model']}.{said['version']}", name=said["channel"] or "release"
    )
    if not answer.is_allowed:
        SubElement(case, "failure", message="The release is paused.").text = _as_text(answer)
    SubElement(suite, "system-out").text = _as_json(answer)
    return tostring(suite, encoding="unicode")


_WRITERS = {"text": _as_text, "json": _as_json, "junit": _as_junit}
