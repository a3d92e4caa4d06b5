"""The form of an escalation rule: its condition with names to choose from, and every entry in a field of its own."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from hub.escalation.conditions import CONSTANTS, FACTS, LONGEST_CONDITION, SEVERITIES
from hub.escalation.models import TriggerKind
from hub.escalation.outbox.models import Destination, DestinationState
from hub.escalation.rules import ACTIONS, CLUSTER_FACTS

from .doors import tenant_of
from .holds import several
from .policy_forms import DocumentForm
from .steps import choice, paragraph, text

SEVERITY_CHOICES = [(label, label.capitalize()) for label in SEVERITIES if label]
DURATIONS = {
    "window": ("Window of recurrence", "How far back recurrence counts, e.g. P30D.", "P30D"),
    "respond_within": ("Taken up within", "The first clock of its tickets, e.g. P2D or PT8H.", "P2D"),
    "due_within": ("Done within", "The second clock of its tickets.", "P14D"),
    "cool_down": ("Cool-down", "So long after it has acted on a pattern, the rule leaves the pattern alone.", "PT1H"),
    "reopen_within": ("Re-open within", "So soon a done ticket is re-opened; later, a new one is opened.", "P30D"),
    "storm_window": ("Storm window", "The time in which the storm limit counts.", "PT1H"),
}  # fmt: skip
SIMPLE = ("title", "condition", "severity", "storm_limit", *DURATIONS)
ORDER = (
    "name", "slug", "title", "condition", "triggers", "cluster", "window", "severity", "respond_within", "due_within",
    "actions", "cool_down", "reopen_within", "storm_limit", "storm_window", "quiet_from", "quiet_to", "quiet_zone",
    "quiet_up_to", "note",
)  # fmt: skip
DEFAULT_TRIGGERS, DEFAULT_CLUSTER = ["case_submitted", "case_changed"], ["model", "failure_mode"]


def names_for_completion() -> str:
    """Every name that a condition may use, with its type and what it says, as JSON for the page's script."""
    words = [{"name": fact.name, "type": fact.type_name, "says": fact.description} for fact in FACTS]
    words += [{"name": name, "type": "int", "says": f"the number {value}"} for name, value in CONSTANTS.items()]
    words += [
        {"name": name, "type": "list", "says": says}
        for name, says in (("exists", "one entry holds: tags.exists(t, …)"), ("all", "every entry holds"),
                           ("startsWith", "a text begins so"), ("contains", "a text has this in it"))
    ]  # fmt: skip
    return json.dumps(words)


class RuleForm(DocumentForm):
    """An escalation rule. What the rule as a whole must be, its reader says; each problem stands at its field."""

    document = None  # type: ignore[assignment]
    title = text("Title of its tickets", "What is to be done. Do not quote a case.", max_length=200)
    condition = forms.CharField(
        label="Condition", max_length=LONGEST_CONDITION,
        help_text="CEL over the facts of a case, e.g. severity >= HIGH && recurrence >= 3. Names are offered as you "
        "type (Tab takes one); below stands what is wrong, or the cases for which it holds now.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )  # fmt: skip
    triggers = several("Looks when", TriggerKind.choices, "What has to happen for the rule to look at a case.")
    cluster = several(
        "One pattern is",
        [(name, name.replace("_", " ")) for name in CLUSTER_FACTS],
        "Cases that are alike in these belong together: one ticket for each pattern and team.",
    )
    severity = choice("Severity of its tickets", [("", "The case's own"), *SEVERITY_CHOICES], required=False)
    actions = paragraph("Actions", "", max_length=2_000, rows=4)
    storm_limit = forms.IntegerField(
        label="Storm limit", min_value=1, max_value=1000, initial=10,
        help_text="Beyond so many new tickets in the storm window, further patterns are folded into the last one.",
    )  # fmt: skip
    quiet_from = text("Quiet from", "HH:MM; in this time nobody is notified of low severities.", required=False,
                      max_length=5)  # fmt: skip
    quiet_to = text("Quiet to", "HH:MM; what was held back is told then.", required=False, max_length=5)
    quiet_zone = text("Time zone", "e.g. Europe/Berlin; empty: UTC.", required=False, max_length=60)
    quiet_up_to = choice("Quiet up to severity", SEVERITY_CHOICES, required=False, initial="medium")

    class Media:
        """Names and checks while typing; the site works without."""

        js = ("hub_admin/condition.js",)

    def prepare(self) -> None:
        """Begin with the rule as it is, and tell the page's script where to ask."""
        self.fields |= {name: text(label, says, max_length=20) for name, (label, says, _) in DURATIONS.items()}
        self.order_fields(ORDER)
        self.fields["storm_limit"].widget = self.fields["title"].widget.__class__(attrs={"type": "number"})
        self.fields["condition"].widget.attrs |= {
            "spellcheck": "false", "autocomplete": "off", "data-names": names_for_completion(),
            "data-check": str(reverse_lazy("admin:escalation_escalationrule_check")),
        }  # fmt: skip
        self.fields["condition"].widget.attrs["class"] += " cw-wide"
        active = Destination.objects.filter(tenant_id=tenant_of(self.actor), state=DestinationState.ACTIVE)
        slugs = ", ".join(active.order_by("slug").values_list("slug", flat=True)) or "none yet"
        self.fields["actions"].help_text = (
            f"One a line: {ACTIONS[0]} always; pause_release CHANNEL (without one: every channel); request_retraining "
            f"DESTINATION; notify DESTINATION. Active destinations: {slugs}."
        )
        self._fill(self.find_source() or {})

    def _fill(self, document: Mapping[str, Any]) -> None:
        for name in SIMPLE:
            default = DURATIONS[name][2] if name in DURATIONS else self.fields[name].initial
            self.fields[name].initial = document.get(name, default)
        self.fields["triggers"].initial = document.get("triggers", DEFAULT_TRIGGERS)
        self.fields["cluster"].initial = document.get("cluster", DEFAULT_CLUSTER)
        self.fields["actions"].initial = "\n".join(
            " ".join(filter(None, (action["do"], action.get("destination") or action.get("channel"))))
            for action in document.get("actions", [{"do": "open_ticket"}])
        )
        for name, value in (document.get("quiet_hours") or {}).items():
            self.fields[f"quiet_{name}"].initial = value

    def clean(self) -> dict[str, Any]:
        """The rule's document, from the fields."""
        given = forms.Form.clean(self) or {}
        if self.errors:
            return given
        document: dict[str, Any] = {name: given[name] for name in SIMPLE if given[name] != ""}
        document |= {name: given[name] for name in ("triggers", "cluster")}
        document["condition"] = given["condition"].strip()
        document["actions"] = [_action(line) for line in given["actions"].splitlines() if line.strip()]
        quiet = {"from": given["quiet_from"], "to": given["quiet_to"]}
        if any(quiet.values()):
            document["quiet_hours"] = quiet | {
                name: given[f"quiet_{name}"] for name in ("zone", "up_to") if given[f"quiet_{name}"]
            }
        given["document"] = document
        return given

    def accept(self, problem_path: str, message: str) -> None:
        """Show what the rule's reader says at the entry that it names."""
        entry, _, says = message.partition(": ")
        name = {"quiet_hours": "quiet_from"}.get(entry, entry.partition("[")[0])
        if problem_path == "document" and name in self.fields:
            place = entry.partition("[")[2]
            self.add_error(name, f"Line {int(place.partition(']')[0]) + 1}: {says}" if place else says)
        else:
            super().accept(problem_path, message)


class NewRuleForm(RuleForm):
    """A rule that is not there yet."""

    slug = forms.SlugField(label="Short name", max_length=40, help_text="The access record names it so.")
    name = text("Name", max_length=120)

    def prepare(self) -> None:
        """An empty rule with its defaults."""
        super().prepare()
        self.fields["slug"].widget = self.fields["name"].widget.__class__()


def _action(line: str) -> dict[str, str]:
    do, _, target = line.strip().partition(" ")
    entry = {"do": do}
    if target.strip():
        entry["channel" if do == "pause_release" else "destination"] = target.strip()
    return entry
