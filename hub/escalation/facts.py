"""The typed facts that conditions look at: those of a case at a moment, and those that its forerunners add."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hub.catalog.models import Case, CaseStatus, CaseTag, CaseVersion
from tenants.models import Team

from .conditions import CLASSES, SEVERITIES
from .models import RemediationTicket, TicketCase, Trigger
from .rules import Rule

FAILURE_MODES = "avid:sep="
KNOWN_FROM = 0.8
# Forerunners that are compared: the newest of the team, within half a year.
MOST_COMPARED, COMPARED_FOR = 200, timedelta(days=182)
# Entries about a case's content; others say again what these have said.
CONTENT = ("case_submitted", "case_changed")


def facts_of(cases: Iterable[Case], at: datetime) -> dict[UUID, dict[str, Any]]:
    """The facts of each case as it is now; what its forerunners add is not among them."""
    cases = list(cases)
    versions = CaseVersion.objects.in_bulk([case.current_version_id for case in cases if case.current_version_id])
    teams = {
        team.pk: team for team in Team.objects.select_related("tenant").filter(pk__in={case.team_id for case in cases})
    }
    tags: dict[UUID, list[str]] = {}
    for case_id, tag in CaseTag.objects.filter(case__in=cases).order_by("tag").values_list("case_id", "tag"):
        tags.setdefault(case_id, []).append(tag)
    newest: dict[UUID, RemediationTicket] = {}
    owned: set[UUID] = set()
    for link in TicketCase.objects.filter(case__in=cases).select_related("ticket").order_by("linked_at", "pk"):
        newest[link.case_id] = link.ticket
        if link.ticket.owner:
            owned.add(link.case_id)
    found = {}
    for case in cases:
        version = versions.get(case.current_version_id) if case.current_version_id else None
        team = teams.get(case.team_id)
        of_case = tags.get(case.pk, [])
        modes = sorted(tag.removeprefix(FAILURE_MODES).strip('"') for tag in of_case if tag.startswith(FAILURE_MODES))
        ticket = newest.get(case.pk)
        found[case.pk] = {
            "kind": version.kind if version else "",
            "status": str(case.status),
            "severity": SEVERITIES.index(version.severity_label) if version else 0,
            "data_class": CLASSES.index(case.data_class),
            "tlp": case.tlp,
            "tags": of_case,
            "failure_mode": ",".join(modes),
            "model": version.model_name if version else "",
            "model_version": version.model_version if version else "",
            "team": team.slug if team else "",
            "tenant": team.tenant.slug if team else "",
            "age_days": max(0, (at - case.created_at).days),
            "is_reviewed": case.status in {CaseStatus.ACCEPTED, CaseStatus.RETURNED},
            "has_owner": case.pk in owned,
            "ticket_state": str(ticket.state) if ticket else "",
            "error_rate": _number(version, "slice_error_rate"),
            "drift_score": _number(version, "drift_score"),
            "is_restricted": case.is_restricted,
        }
    return found


def with_forerunners(
    rule: Rule, facts: dict[str, Any], *, case_id: UUID, team_id: UUID, at: datetime, kind: str, position: int | None
) -> dict[str, Any]:
    """The facts together with recurrence and similarity, from entries before `position` (None: all there are).

    What the condition does not ask for is not looked up; it cannot change the answer.
    """
    asked = rule.condition.names
    before = Trigger.objects.filter(team_id=team_id, kind__in=CONTENT, occurred_at__lte=at, position__isnull=False)
    if position is not None:
        before = before.filter(position__lt=position)
    similarity = _similarity(before, facts, case_id, at) if asked & {"similarity", "is_known"} else 0.0
    return {
        **facts,
        "trigger": kind,
        "recurrence": _recurrence(before, rule, facts, case_id, at) if "recurrence" in asked else 1,
        "similarity": similarity,
        "is_known": similarity >= KNOWN_FROM,
    }


def _recurrence(before: QuerySet[Trigger], rule: Rule, facts: dict[str, Any], case_id: UUID, at: datetime) -> int:
    """Cases of the same cluster in the rule's window; a restricted case counts with no other."""
    if facts["is_restricted"]:
        return 1
    same = before.filter(occurred_at__gt=at - rule.window, facts__is_restricted=False)
    for name in rule.cluster:
        same = same.filter(**{f"facts__{name}": facts[name]})
    return len(set(same.values_list("case_id", flat=True).distinct()) | {case_id})


def _similarity(before: QuerySet[Trigger], facts: dict[str, Any], case_id: UUID, at: datetime) -> float:
    """How much the most similar of the newest forerunners has in common with the case."""
    own = _features(facts)
    compared = (
        before.filter(occurred_at__gt=at - COMPARED_FOR)
        .exclude(case_id=case_id)
        .order_by("-position")
        .values_list("facts", flat=True)[:MOST_COMPARED]
    )
    return max((_jaccard(own, _features(other)) for other in compared), default=0.0)


def _features(facts: dict[str, Any]) -> frozenset[str]:
    named = {f"{name}={facts[name]}" for name in ("kind", "model", "failure_mode") if facts[name]}
    return frozenset(named | set(facts["tags"]))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def _number(version: CaseVersion | None, name: str) -> float:
    value = version.impact.get(name) if version and isinstance(version.impact, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
