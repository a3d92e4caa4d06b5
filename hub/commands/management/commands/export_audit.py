"""`manage.py export_audit`: the access record of a tenant, as its auditor may pull it."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime
from rich.console import Console
from rich.progress import Progress

from hub.audit.actions import AuditAction, Outcome
from hub.audit.queries import DisclosureFilter, EventFilter
from hub.workflows.bundling import Bundle, bundle_lines, open_bundle, reopen_bundle
from hub.workflows.exporting import ExportFormat, ExportSubject, export_pages
from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.signing_in import actor_for_command, platform_auditor_for_command
from tenants.actors import Actor
from tenants.scoping import acting_as

REFUSED = "This person may not export the access record of this tenant."


class Command(BaseCommand):
    """Each page is recorded before it is written; an interrupted export tells what it has given out."""

    help = "Export access events or disclosures of one tenant as JSONL, CSV or OCSF, or as a bundle with its proofs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose record, as whom, in which form, where to."""
        parser.add_argument("--tenant", metavar="SLUG", help="Left out by a platform auditor: the record of all.")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="An auditor of the tenant.")
        parser.add_argument("--subject", choices=[item.value for item in ExportSubject], default="events")
        parser.add_argument("--format", choices=[item.value for item in ExportFormat], default="jsonl")
        parser.add_argument("--actor", metavar="KEY", help="Who acted, or read: `user:<uuid>`, `token:<uuid>`.")
        parser.add_argument("--action", action="append", choices=[item.value for item in AuditAction], default=[],
                            metavar="ACTION", help="Events of this action; may be given several times.")  # fmt: skip
        parser.add_argument("--outcome", action="append", choices=[item.value for item in Outcome], default=[])
        parser.add_argument("--purpose", metavar="PURPOSE")
        parser.add_argument("--case", metavar="ID")
        parser.add_argument("--grant", type=UUID, metavar="ID")
        parser.add_argument("--policy-version", type=UUID, metavar="ID")
        parser.add_argument(
            "--from", dest="begin", type=_moment, metavar="TIME", help="Not before this time, ISO 8601."
        )
        parser.add_argument("--until", type=_moment, metavar="TIME", help="Before this time, in ISO 8601.")
        parser.add_argument("--output", type=Path, metavar="FILE", help="Default: standard output.")
        parser.add_argument("--after", type=UUID, metavar="ID", help="Go on after this row, the last one received.")
        parser.add_argument(
            "--bundle",
            type=Path,
            metavar="FILE",
            help="Write rows with their proofs, for deploy/verify_export.py; an interrupted FILE is continued.",
        )
        parser.add_argument(
            "--since",
            type=Path,
            metavar="FILE",
            help="With --bundle: a checkpoint that you hold; only later rows, and the proof that the log only grew.",
        )
        parser.add_argument(
            "--personal", action="store_true", help="With --bundle: names and addresses, as far as they are kept."
        )

    def handle(self, **options: Any) -> None:
        """Write page after page, with progress on standard error."""
        actor = (
            actor_for_command(tenant_slug=options["tenant"], email=options["email"])
            if options["tenant"]
            else platform_auditor_for_command(email=options["email"])
        )
        if isinstance(actor, Refusal):
            raise CommandError(
                "There is no such person in such a tenant; without --tenant, no such platform auditor.", returncode=2
            )
        if options["bundle"]:
            self._write_bundle(actor, options)
            return
        pages = export_pages(
            actor,
            subject=ExportSubject(options["subject"]),
            form=ExportFormat(options["format"]),
            after=options["after"],
            **_conditions(options),
        )
        _write(pages, options["output"].open("wb") if options["output"] else sys.stdout.buffer)

    def _write_bundle(self, actor: Actor, options: dict[str, Any]) -> None:
        path: Path = options["bundle"]
        bundle = self._continued(path) if path.exists() else _opened(actor, options)
        if bundle.is_whole:
            self.stdout.write(f"{path} is complete: {bundle.rows} rows.")
            return
        _write(bundle_lines(actor, bundle=bundle, with_personal=options["personal"]), path.open("ab"))
        self.stdout.write(f"{path}: {bundle.rows} rows under the checkpoint of {bundle.size} rows.")

    def _continued(self, path: Path) -> Bundle:
        with path.open("r+b") as file:
            complete = 0
            for line in file:
                if line.endswith(b"\n"):
                    complete += len(line)
            file.truncate(complete)
            file.seek(0)
            bundle = reopen_bundle(iter(file))
        if isinstance(bundle, Invalid):
            raise CommandError(bundle.problems[0].message, returncode=1)
        return bundle


def _opened(actor: Actor, options: dict[str, Any]) -> Bundle:
    since: Path | None = options["since"]
    with acting_as(actor, durable=True):
        bundle = open_bundle(
            actor, subject=ExportSubject(options["subject"]), since=_last_note(since) if since else None
        )
    if isinstance(bundle, Refusal):
        raise CommandError(REFUSED, returncode=1)
    if isinstance(bundle, Invalid):
        raise CommandError(bundle.problems[0].message, returncode=1)
    bundle.after = options["after"] or bundle.after
    return bundle


def _conditions(options: dict[str, Any]) -> dict[str, Any]:
    """What the options ask for, for the subject that is exported."""
    shared = {
        "purpose": options["purpose"],
        "grant_id": options["grant"],
        "policy_version_id": options["policy_version"],
        "since": options["begin"],
        "until": options["until"],
    }
    if options["subject"] == ExportSubject.EVENTS:
        return {"events": EventFilter(
            actor_key=options["actor"], actions=tuple(options["action"]), outcomes=tuple(options["outcome"]),
            case=options["case"], **shared,
        )}  # fmt: skip
    if options["action"] or options["outcome"]:
        raise CommandError("--action and --outcome are for --subject events.", returncode=2)
    try:
        case_id = UUID(options["case"]) if options["case"] else None
    except ValueError:
        raise CommandError("--case is the id of one of your own cases.", returncode=2) from None
    return {"disclosures": DisclosureFilter(reader_key=options["actor"], case_id=case_id, **shared)}


def _moment(text: str) -> datetime:
    moment = parse_datetime(text) or datetime.combine(date.fromisoformat(text), time.min)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _last_note(file: Path) -> str:
    blocks = [block.strip("\n") for block in file.read_text("utf-8").split("\n\n") if block.strip()]
    if len(blocks) < 2:
        raise CommandError(f"{file} holds no checkpoint.", returncode=2)
    return f"{blocks[-2]}\n\n{blocks[-1]}\n"


def _write(pages: Iterator[bytes | Refusal], target: BinaryIO) -> None:
    with Progress(console=Console(stderr=True), transient=True) as progress, target:
        task = progress.add_task("Exporting", total=None)
        for page in pages:
            if isinstance(page, Refusal):
                raise CommandError(REFUSED, returncode=1)
            target.write(page)
            progress.advance(task, page.count(b"\n"))
