"""Every verdict of the release gate, with what it was made from, judged anew."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.escalation.models import GateVerdict, ReleasePause
from hub.workflows import gating
from hub.workflows.outcomes import Done
from hub.workflows.release_pauses import evidence_of, present_key
from tenants.actors import Actor

from .base import GovernedAdmin
from .documents import write_document
from .doors import OFFICERS
from .filters import pick
from .panels import Panel, link_to
from .people import name_of, person_column
from .releases import SECTION, describe_release
from .steps import Download, Step, StepForm, text

VERDICTS = [("allow", "Allow"), ("pause", "Pause")]


class AskForm(StepForm):
    """Which release."""

    model = text("Model", "Its name, as cases give it.", max_length=200)
    version = text("Version", max_length=100)
    channel = text(
        "Channel", "Where it goes, e.g. production; empty: none in particular.", required=False, max_length=60
    )


def ask(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
    """Ask the gate; the answer is a verdict of its own."""
    answer = gating.ask_gate(
        actor, model=given["model"].strip(), version=given["version"].strip(), channel=given["channel"].strip()
    )
    return Done(answer.verdict_id) if isinstance(answer, gating.GateAnswer) else answer


def download_verdict(actor: Actor, row: GateVerdict, given: Mapping[str, Any]) -> Download:
    """The verdict as `manage.py gate --verify` and other tools read it."""
    kept = {"statement": row.statement, "signature": row.signature, "key": present_key()}
    content = orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return Download(f"verdict-{row.pk}.json", "application/json", content)


class GateVerdictAdmin(GovernedAdmin):
    """Verdicts, the newest first."""

    section, icon, title = SECTION, "verified", "Gate verdicts"
    explanation = (
        "Every answer of the release gate, signed, with all that it was made from. A pipeline verifies the signature "
        "without the hub; here each verdict is judged anew from its inputs."
    )
    viewed_by = OFFICERS
    list_display = ("asked_at", "release", "verdict_shown", "asker", "id")
    list_filter: ClassVar[list[Any]] = [pick("verdict", "verdict", VERDICTS)]
    fields = (
        "id", "release", "verdict_shown", "asked_at", "asker", "signed", "reproduced", "signature", "key",
        "statement_shown", "inputs_shown",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-asked_at", "-pk")
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="ask",
            label="Ask the gate",
            explanation="May this version go out? The answer is signed and kept, like every other.",
            run=ask,
            roles=OFFICERS,
            form=AskForm,
            done="The gate has answered.",
            on_row=False,
        ),
        Step(
            name="download",
            label="Download",
            explanation="The signed statement as JSON, to be verified offline.",
            run=download_verdict,
            roles=OFFICERS,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[GateVerdict]:
        """With who asked."""
        rows: QuerySet[GateVerdict] = super().get_queryset(request)
        return rows.annotate(asked_by_name=name_of("asked_by"))

    asker = person_column("asked_by", "Asked by")

    @admin.display(description="Release")
    def release(self, row: GateVerdict) -> str:
        """What it is about."""
        return describe_release(row.model_name, row.model_version, row.channel)

    @admin.display(description="Verdict")
    def verdict_shown(self, row: GateVerdict) -> str:
        """In words."""
        return dict(VERDICTS).get(row.verdict, row.verdict)

    @admin.display(description="Signature of this hub")
    def signed(self, row: GateVerdict) -> str:
        """Whether the present key has signed it."""
        return "holds" if evidence_of(row).is_signed_by_present_key else "not by the present key of this hub"

    @admin.display(description="Judged anew")
    def reproduced(self, row: GateVerdict) -> str:
        """Whether it follows from its inputs."""
        return "the same verdict" if evidence_of(row).is_reproduced else "it does not follow from these inputs"

    @admin.display(description="Public key")
    def key(self, row: GateVerdict) -> str:
        """What pipelines verify with; not a secret."""
        return present_key() or "none"

    @admin.display(description="Signed statement")
    def statement_shown(self, row: GateVerdict) -> SafeString:
        """As YAML."""
        return format_html('<pre class="cw-document">{}</pre>', write_document(row.statement))

    @admin.display(description="Made from")
    def inputs_shown(self, row: GateVerdict) -> SafeString:
        """As YAML: ids and typed facts, no text of a case."""
        return format_html('<pre class="cw-document">{}</pre>', write_document(row.inputs))

    def get_related(self, request: HttpRequest, row: GateVerdict) -> dict[str, Any]:
        """The pauses it was made from, each with a link to ask for a waiver."""
        found = ReleasePause.objects.in_bulk([pause["id"] for pause in row.inputs.get("pauses", ())])
        return {"panels": [Panel(
            "Pauses it was made from", "Open one to ask for a waiver.", ("Pause", "Ticket then", "Cases", "Waiver"),
            tuple((link_to("escalation", "releasepause", pause["id"], pause["id"])
                   if any(str(pk) == pause["id"] for pk in found) else pause["id"],
                   pause["ticket_state"], len(pause["cases"]), pause["waiver"] or "–")
                  for pause in row.inputs.get("pauses", ())),
            "Nothing paused this release.",
        )]}  # fmt: skip
