"""The organisation's own page of checkpoints: look at the log's history, and keep it outside the hub."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from hub.workflows import witnessing
from hub.workflows.exporting import stream
from hub.workflows.outcomes import Refusal

from .doors import AUDITORS, actor_of, decide_page, turn_away
from .panels import Panel, moment
from .steps import Download, send

MODEL = "audit.checkpoint"
LISTED = 50


def show_checkpoints(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """A page of the history; by POST all of it as a file."""
    decision = decide_page(request, AUDITORS)
    if not decision.allowed:
        turn_away(request, MODEL, decision)
    actor = actor_of(request)
    if request.method == "POST":
        if witnessing.decide_checkpoint_download(actor) is not None:
            turn_away(request, MODEL, step="download")
        name = f"checkpoints-{timezone.now():%Y%m%dT%H%M%SZ}.txt"
        return send(Download(name, "text/plain; charset=utf-8", stream(witnessing.checkpoint_pages(actor))))
    given = request.GET.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else None
    found = witnessing.read_checkpoints(actor, first=LISTED, before=before)
    if isinstance(found, Refusal):
        turn_away(request, MODEL)
    rows = tuple(
        (f"{row.size:,}", moment(row.created_at, to_the_second=True), format_html("<code>{}</code>", _root(row.note)),
         _short(row.verifier))
        for row in found.checkpoints
    )  # fmt: skip
    older = f"?{urlencode({'before': found.checkpoints[-1].size})}" if found.has_more else ""
    keys = tuple((format_html("<code>{}</code>", key),) for key in found.verifiers)
    panels = [
        Panel("Checkpoints", "Newest first. Each says how many rows the log had then, and the hash over all of them.",
              ("Rows", "Signed", "Root hash", "Key"), rows, "Nothing is sealed yet: is the keeper running?",
              older, "Older ones"),
        Panel("Verifier keys", "Keep these outside the hub as well, the newest first: they verify the signatures.",
              ("Key",), keys, "None yet."),
    ]  # fmt: skip
    return TemplateResponse(
        request,
        "hub_admin/checkpoints.html",
        {**context, "title": "Checkpoints", "panels": panels, "newest": found.checkpoints[0] if rows else None,
         "here": reverse("admin:checkpoints"), "is_first": before is None},
    )  # fmt: skip


def _root(note: str) -> str:
    return note.splitlines()[2]


def _short(verifier: str) -> str:
    return "+".join(verifier.split("+", 2)[:2])
