"""What stands below a ticket: its cases, its history, where it is mirrored, and what was told about it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from hub.catalog.models import CaseKind, CaseStatus
from hub.escalation.models import ReleasePause, RemediationTicket, TicketState
from hub.escalation.outbox.models import Delivery, DeliveryKind, DeliveryState, TicketMirror
from tenants.models import User

from .panels import Panel, link_to, moment
from .people import name_of

LISTED = 100
# What an entry of the history says about itself.
ENTRIES = {
    "opened": "Opened",
    "changed": "Changed",
    "commented": "Commented",
    "recurred": "It happened again",
    "reopened": "Re-opened: it happened again",
    "folded": "Another pattern was folded into it",
    "overdue": "A clock ran out",
    "not_told": "A destination was not told",
    "conflict": "Changed on both sides",
}


def ticket_panels(ticket: RemediationTicket, *, shows_deliveries: bool) -> list[Panel]:
    """All of them; deliveries for those who see destinations."""
    panels = [_cases(ticket), _history(ticket), _pauses(ticket)]
    return [*panels, _mirrors(ticket), _told(ticket)] if shows_deliveries else panels


def _cases(ticket: RemediationTicket) -> Panel:
    links = (
        ticket.links.annotate(
            kind=F("case__current_version__kind"),
            severity=F("case__current_version__severity_label"),
            status=F("case__status"),
        )
        .order_by("-linked_at", "-pk")
        .values_list("case_id", "kind", "severity", "status", "linked_at")
    )
    return Panel(
        "Cases", "What the ticket is about. What a case says, its team reads.",
        ("Case", "Kind", "Severity", "State", "Linked"),
        tuple((link_to("catalog", "case", case_id, str(case_id)), CaseKind(kind).label if kind else "–",
               (severity or "").capitalize() or "–", CaseStatus(status).label, moment(linked_at))
              for case_id, kind, severity, status, linked_at in links[:LISTED]),
        "It is about no case.",
    )  # fmt: skip


def _history(ticket: RemediationTicket) -> Panel:
    entries = list(ticket.events.annotate(actor_name=name_of("actor")).order_by("-occurred_at", "-pk")[:LISTED])
    owners = {str(entry.detail.get("owner", "")).removeprefix("user:") for entry in entries} - {""}
    names = {f"user:{user.pk}": user.display_name for user in User.objects.filter(pk__in=owners)}
    return Panel(
        "History", "The newest first. Entries are only added, whoever they come from.",
        ("When", "What", "By", "Note"),
        tuple((moment(entry.occurred_at), describe_entry(entry.kind, entry.detail, names), entry.actor_name,
               entry.note or "–") for entry in entries),
        "Nothing has happened yet.",
    )  # fmt: skip


def describe_entry(kind: str, detail: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """An entry in words; ids of cases and names of systems are all that it may quote."""
    said = [ENTRIES.get(kind, kind.replace("_", " ").capitalize())]
    if "to" in detail:
        said = [f"{_state(detail.get('from'))} → {_state(detail['to'])}"]
    elif kind == "changed":
        said = []
    if "owner" in detail:
        said.append(f"owner: {names.get(detail['owner'], detail['owner'])}")
    if "due_at" in detail:
        said.append(f"due {str(detail['due_at'])[:10]}")
    if "clock" in detail:
        said.append(str(detail["clock"]))
    if "destination" in detail:
        said.append(f"no active destination “{detail['destination']}”")
    if "external" in detail:
        said.append(f"from {detail['external']}")
    if "case" in detail:
        said.append(f"case {detail['case']}")
    return "; ".join(said) or "Changed"


def _pauses(ticket: RemediationTicket) -> Panel:
    pauses = ReleasePause.objects.filter(ticket=ticket).order_by("-paused_at", "-pk")
    return Panel(
        "Paused releases", "What waits for this ticket. A pause lifts by itself when the ticket is done.",
        ("Model", "Version", "Channel", "Since"),
        tuple((pause.model_name, pause.model_version or "every", pause.channel or "every", moment(pause.paused_at))
              for pause in pauses[:LISTED]),
        "It pauses no release.",
    )  # fmt: skip


def _mirrors(ticket: RemediationTicket) -> Panel:
    mirrors = TicketMirror.objects.filter(ticket_id=ticket.pk).select_related("destination").order_by("pk")
    return Panel(
        "In other systems", "Where the ticket is kept equal, and the state that both sides agreed on last.",
        ("Destination", "There", "State there", "Compared"),
        tuple((link_to("outbox", "destination", mirror.destination_id, mirror.destination.name), mirror.external_id,
               _state(mirror.agreed_state), moment(mirror.compared_at)) for mirror in mirrors),
        "It stands here alone, and needs nothing else.",
    )  # fmt: skip


def _told(ticket: RemediationTicket) -> Panel:
    found = Delivery.objects.filter(ticket_id=ticket.pk).select_related("destination").order_by("-created_at", "-pk")
    return Panel(
        "What was told", "Messages about this ticket, the newest first.",
        ("Message", "Destination", "State", "Attempts", "Not before"),
        tuple((link_to("outbox", "delivery", one.pk, str(DeliveryKind(one.kind).label)), one.destination.name,
               str(DeliveryState(one.state).label), str(one.attempts),
               moment(one.next_attempt_at) if one.state == DeliveryState.PENDING else "–") for one in found[:LISTED]),
        "Nobody outside was told.",
    )  # fmt: skip


def _state(value: Any) -> str:
    return str(TicketState(value).label) if value in TicketState.values else str(value or "–")
