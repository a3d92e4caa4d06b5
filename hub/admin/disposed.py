"""Items of disposition runs one by one, and the certificates of those that are gone."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hub.retention.models import DispositionBatch, DispositionRun, ListedItem
from hub.retention.queries import name_certified
from hub.retention.reasons import REASONS, explain
from hub.retention.rules import NO_CASE
from tenants.models import User

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS, decide_page
from .filters import pick
from .panels import Panel, link_to, list_url, moment
from .people import PREFIX
from .retention_rules import ENDINGS, SECTION
from .wording import TRACKS

SHOWN = 100
DUE, KEPT, DIFFERENCE = "due", "kept", "difference"
VERDICTS: dict[str, tuple[str, Q]] = {
    DUE: ("Due", Q(kept_because="")),
    KEPT: ("Kept", ~Q(kept_because="")),
    DIFFERENCE: ("Kept against the list", Q(is_difference=True)),
}

CHOICES = [(key, words) for key, (words, _) in VERDICTS.items()]


class ListedItemAdmin(GovernedAdmin):
    """Everything that runs have listed; the search takes a run's id, an item's or a case's."""

    section, icon, title = SECTION, "checklist", "Listed items"
    explanation = (
        "What dry runs and runs have listed, item by item: the rule that counts, when its time is over, and why it is "
        "kept. What was disposed of is not here any more but under its certificate. Find a run, an item or a case by "
        "its id."
    )
    viewed_by = OFFICERS | AUDITORS
    searched_ids = ("pk", "run_id", "item_id", "case_id")
    list_display = ("what", "item_id", "rule", "date", "why")
    list_filter: ClassVar[list[Any]] = [
        pick(
            "due or kept",
            "verdict",
            [(key, words) for key, (words, _) in VERDICTS.items()],
            lambda key: VERDICTS[key][1],
        ),
        pick("what", "track", TRACKS.items()),
        pick("kept because", "kept_because", REASONS.items()),
    ]
    fields = ("what", "item_id", "case_id", "run_shown", "digest", "rule", "started_at", "due_at", "why")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    # The order of the index, backwards.
    ordering = ("-run_id", "-case_id", "-item_id")
    list_select_related = ("run",)

    @admin.display(description="What")
    def what(self, row: ListedItem) -> str:
        """Its track."""
        return TRACKS[row.track]

    @admin.display(description="Rule")
    def rule(self, row: ListedItem) -> str:
        """The rule that counts for it."""
        return rule_names(row.run).get(str(row.rule_id), "–")

    @admin.display(description="Date")
    def date(self, row: ListedItem) -> str:
        """When its time is over."""
        return moment(row.due_at)

    @admin.display(description="Due, or kept because")
    def why(self, row: ListedItem) -> str:
        """What happens to it."""
        return verdict(row)

    @admin.display(description="Run")
    def run_shown(self, row: ListedItem) -> str:
        """The run that listed it."""
        return link_to("retention", "dispositionrun", row.run_id, moment(row.run.listed_at, to_the_second=True))


class DispositionBatchAdmin(GovernedAdmin):
    """Certificates, the newest first; the search finds the one of an item or a case that is gone."""

    section, icon, title = SECTION, "verified", "Disposition certificates"
    explanation = (
        "One for each deleting transaction: what by id and digest, under which rules, who approved them, when and how "
        "many. Its event in the access record carries the same count and digest. Find an item or a case by its id."
    )
    viewed_by = OFFICERS | AUDITORS
    searched_ids = ("pk", "run_id", "event_id", "entries__pk", "entries__case_id")
    list_display = ("disposed_at", "what", "count", "rules_shown", "items_digest")
    list_filter: ClassVar[list[Any]] = [
        pick("what", "track", TRACKS.items()),
    ]
    fields = ("id", "disposed_at", "what", "count", "items_digest", "rules_shown", "run_shown", "seer", "event_id")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    list_select_related = ("run",)
    related_template = "hub_admin/panels.html"

    @admin.display(description="What")
    def what(self, row: DispositionBatch) -> str:
        """Its track."""
        return TRACKS[row.track]

    @admin.display(description="Rules")
    def rules_shown(self, row: DispositionBatch) -> str:
        """By name and version."""
        return ", ".join(name_certified(rule) for rule in row.rules)

    @admin.display(description="Run")
    def run_shown(self, row: DispositionBatch) -> str:
        """The run it belongs to."""
        return link_to("retention", "dispositionrun", row.run_id, moment(row.run.listed_at, to_the_second=True))

    @admin.display(description="Confirmed by")
    def seer(self, row: DispositionBatch) -> str:
        """Who has seen the list; nobody where rules that were seen before ran by themselves."""
        return person(row.run.seen_by) if row.run.seen_by else "nobody: its rules were confirmed before"

    def get_related(self, request: HttpRequest, row: DispositionBatch) -> dict[str, Any]:
        """Who let its rules govern, and its items."""
        entries = row.entries.order_by("pk")[:SHOWN]
        return {"panels": [rules_panel(row.rules, "Those that decided an item of this certificate."), Panel(
            "Items", f"The first {SHOWN} in the order of their ids, which is the order of the certificate's digest.",
            ("Item", "Case", "Digest", "Was"),
            tuple((str(entry.pk), case_link(request, entry.case_id), entry.digest, ENDINGS[entry.ending])
                  for entry in entries),
            "",
        )]}  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each certificate once, however many items of a case it names."""
        if not search_term:
            return queryset, False
        condition = self._id_condition(search_term.strip())
        if condition is None:
            return queryset.none(), False
        return queryset.filter(pk__in=DispositionBatch.objects.filter(condition).values("pk")), False


def item_rows(request: HttpRequest, run: DispositionRun, items: Iterable[ListedItem]) -> tuple[tuple[Any, ...], ...]:
    """Items for a panel: what, item, case, rule, date, why."""
    names = rule_names(run)
    return tuple(
        (TRACKS[item.track], str(item.item_id), case_link(request, item.case_id), names.get(str(item.rule_id), "–"),
         moment(item.due_at), verdict(item)) for item in items
    )  # fmt: skip


def items_url(run: DispositionRun, which: str) -> str:
    """Where all items of a run with this verdict are listed."""
    return f"{list_url('retention', 'listeditem')}?{urlencode({'q': run.pk, 'verdict': which})}"


def rules_panel(rules: Iterable[Mapping[str, Any]], explanation: str) -> Panel:
    """Rules as runs and certificates name them, with who let each govern."""
    return Panel(
        "Rules", explanation, ("Rule", "Version", "What", "Approved by"),
        tuple((rule["name"], rule["version"] or "shipped", TRACKS[rule["track"]],
               person(rule["approved_by"]) if rule["version"] else "–") for rule in rules),
        "No rule.",
    )  # fmt: skip


def rule_names(run: DispositionRun) -> dict[str, str]:
    """The rules of a run by their ids."""
    return {rule["id"]: name_certified(rule) for rule in run.rules}


def verdict(item: ListedItem) -> str:
    """Whether it is due, or why it is kept."""
    return f"kept because {explain(item.kept_because)}" if item.kept_because else "due"


def case_link(request: HttpRequest, case_id: Any) -> str:
    """The case, as a link for those who may open it; an item of no case has a dash."""
    if case_id == NO_CASE:
        return "–"
    may_open = decide_page(request, OFFICERS).allowed
    return link_to("catalog", "case", case_id, str(case_id)) if may_open else str(case_id)


def person(key: str) -> str:
    """The name of the person with this key; a key that names no colleague stays as it is."""
    found = User.objects.filter(pk=key.removeprefix(PREFIX)).first() if key.startswith(PREFIX) else None
    return found.display_name if found else key
