"""Pulling the access record from the site: what an auditor chooses, and the file he gets, on record like every pull."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from hub.audit.actions import AuditAction, Outcome
from hub.audit.queries import DisclosureFilter, EventFilter
from hub.workflows.exporting import CONTENT_TYPES, ExportFormat, ExportSubject, decide_export, export_pages, stream
from hub.workflows.outcomes import Refusal
from tenants.actors import Actor
from tenants.queries import members_of

from .doors import AUDITORS
from .filters import start_of
from .steps import Download, Step, StepForm, choice, day, identifier, tick
from .wording import action_in_words

EVERY = ("", "All")
OUTCOMES = [(outcome.value, outcome.value.capitalize()) for outcome in Outcome]
ACTIONS = sorted(((action.value, action_in_words(action.value)) for action in AuditAction), key=lambda entry: entry[1])


class PullForm(StepForm):
    """How the pull is written, and which days it holds."""

    format = choice(
        "Format",
        [
            (ExportFormat.CSV.value, "CSV, for a spreadsheet"),
            (ExportFormat.JSONL.value, "JSON lines, for a program"),
            (ExportFormat.OCSF.value, "OCSF 1.3, for a system that collects security events"),
        ],
        "In CSV, values that a spreadsheet would run as a formula are marked with an apostrophe.",
    )
    since = day("First day", "Empty: from the beginning.", required=False)
    until = day("Last day", "Empty: until now.", required=False)

    def begins_at(self) -> datetime | None:
        """The beginning of the first day."""
        first = self.cleaned_data.get("since")
        return start_of(first.isoformat()) if first else None

    def ends_at(self) -> datetime | None:
        """The end of the last day."""
        last = self.cleaned_data.get("until")
        return start_of((last + timedelta(days=1)).isoformat()) if last else None


class PullEventsForm(PullForm):
    """Which events."""

    person = choice("Person", (), required=False)
    action = choice("Action", (), required=False)
    outcome = choice("Outcome", (), required=False)
    field_order = ("person", "action", "outcome", "since", "until", "format")

    def prepare(self) -> None:
        """Offer the tenant's people and the closed lists."""
        self.offer("person", [EVERY, *people_of_tenant(self.actor)])
        self.offer("action", [EVERY, *ACTIONS])
        self.offer("outcome", [EVERY, *OUTCOMES])

    def clean(self) -> dict[str, Any]:
        """The filter beside the fields."""
        given = super().clean() or {}
        if not self.errors:
            given["events"] = EventFilter(
                actor_key=given["person"] or None,
                actions=(given["action"],) if given["action"] else (),
                outcomes=(given["outcome"],) if given["outcome"] else (),
                since=self.begins_at(),
                until=self.ends_at(),
            )
        return given


class PullDisclosuresForm(PullForm):
    """Which disclosures."""

    case_id = identifier("Case", "The id of one case. Empty: all.")
    grant_id = identifier("Grant", "The id of one grant. Empty: all.")
    raw_only = tick("Raw text only")
    field_order = ("case_id", "grant_id", "raw_only", "since", "until", "format")

    def clean(self) -> dict[str, Any]:
        """The filter beside the fields."""
        given = super().clean() or {}
        if not self.errors:
            given["disclosures"] = DisclosureFilter(
                case_id=given["case_id"],
                grant_id=given["grant_id"],
                raw_only=given["raw_only"],
                since=self.begins_at(),
                until=self.ends_at(),
            )
        return given


def pull(subject: ExportSubject, form: type[PullForm]) -> Step:
    """The button that downloads the record."""

    def run(actor: Actor, row: None, given: Mapping[str, Any]) -> Download | Refusal:
        written = ExportFormat(given["format"])
        conditions = {name: given[name] for name in ("events", "disclosures") if name in given}
        refusal = decide_export(actor, subject, written.value)
        return refusal or download(actor, subject, written, **conditions)

    return Step(
        name="pull",
        label="Download",
        explanation="Downloads what you choose here, newest first. Each thousand rows are on record before they leave, "
        "with the digest of what left. For rows with their proofs, use the command export_audit --bundle.",
        run=run,
        roles=AUDITORS,
        to_auditor=True,
        form=form,
        on_row=False,
    )


def download(actor: Actor, subject: ExportSubject, form: ExportFormat, **conditions: Any) -> Download:
    """The file of a pull; page after page as it leaves, however long the record is."""
    moment = timezone.now().strftime("%Y%m%dT%H%M%SZ")
    ending = "ocsf.jsonl" if form is ExportFormat.OCSF else form.value
    pages = export_pages(actor, subject=subject, form=form, **conditions)
    return Download(f"{subject.value}-{moment}.{ending}", CONTENT_TYPES[form], stream(pages))


def people_of_tenant(actor: Actor) -> Iterable[tuple[str, str]]:
    """Everybody in the tenant, by name, as keys of actors."""
    tenant_id = actor.tenant_id
    named = {
        f"user:{user_id}": name
        for user_id, name in (members_of(tenant_id).values_list("user_id", "user__display_name") if tenant_id else [])
    }
    return sorted(named.items(), key=lambda entry: entry[1].lower())
