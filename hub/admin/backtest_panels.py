"""What a version of an escalation rule would have done: shown on its page before anybody activates it."""

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from hub.escalation.models import MatchOutcome
from hub.lifecycle.models import PolicyVersion
from hub.workflows.backtesting import DEFAULT_DAYS, MOST_DAYS, Backtest, backtest_rule
from hub.workflows.outcomes import Invalid

from .doors import actor_of
from .panels import Panel, link_to, moment

# So long a page waits for it; what was not played is said.
SECONDS = 6.0
LISTED = 20
PERIODS = (7, 30, 90, 365)
ACTED = (MatchOutcome.OPENED, MatchOutcome.RECURRED, MatchOutcome.REOPENED)
SUPPRESSED = (MatchOutcome.FOLDED, MatchOutcome.COOLED_DOWN, MatchOutcome.CAPPED, MatchOutcome.ERROR)


def backtest_panels(request: HttpRequest, version: PolicyVersion) -> list[Panel]:
    """The figures over the last days (`?days=`), and the first of what the rule would have done."""
    asked = request.GET.get("days", "")
    days = min(max(int(asked), 1), MOST_DAYS) if asked.isdecimal() and len(asked) < 5 else DEFAULT_DAYS
    played = backtest_rule(actor_of(request), version_id=version.pk, days=days, seconds=SECONDS)
    if isinstance(played, Invalid):
        message = " ".join(problem.message for problem in played.problems)
        return [Panel("What it would have done", message, (), (), "It cannot be played over history.")]
    if not isinstance(played, Backtest):
        return []
    return [_figures(played, days), _first(played)]


def _figures(played: Backtest, days: int) -> Panel:
    until = f" Only what happened until {moment(played.played_until)} was played." if not played.is_complete else ""
    rows = [("What happened in this time", played.triggers)]
    rows += [(outcome.label, played.counts[outcome]) for outcome in ACTED if outcome in played.counts]
    rows += [(outcome.label, played.counts[outcome]) for outcome in SUPPRESSED if outcome in played.counts]
    figures: list[tuple[object, object]] = [
        *rows,
        ("Cases it would have flagged", played.flagged),
        ("Cases that people acted on", played.acted_on),
        ("Both", played.both),
        ("Precision: of the flagged, what people acted on", _share(played.precision)),
        ("Recall: of what people acted on, the flagged", _share(played.recall)),
    ]
    return Panel(
        "What it would have done",
        format_html(
            "Played over the last {} days in the order in which it happened, without any effect; rules at work judge "
            "by the same code. People act on a case when they open a ticket about it or move one on.{} Play over {} "
            "days.", days, until, format_html_join(
                " · ", '<a href="?days={}" class="text-link">{}</a>', ((other, other) for other in PERIODS)
            ),
        ),
        ("What", "How many"), tuple(figures), "",
    )  # fmt: skip


def _first(played: Backtest) -> Panel:
    done = [one for one in played.played if one.outcome in ACTED]
    held = [one for one in played.played if one.outcome in SUPPRESSED]
    shown = [*done[:LISTED], *held[:LISTED]]
    return Panel(
        "Case by case", f"The first {LISTED} that it would have acted on, then the first {LISTED} suppressed ones.",
        ("Case", "Outcome", "Pattern"),
        tuple((link_to("catalog", "case", one.case_id, str(one.case_id)), str(MatchOutcome(one.outcome).label),
               one.cluster[:12] or "–") for one in shown),
        "It would have done nothing.",
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "nothing to compare" if value is None else f"{value:.0%}"
