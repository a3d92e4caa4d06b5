"""Everything that a verdict of the release gate depends on, as JSON: pauses, tickets, cases, facts and waivers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from hub.catalog.models import Case

from .facts import facts_of, with_forerunners
from .models import ReleasePause
from .rules import RuleError, parse_rule


def gate_inputs(tenant_id: UUID, model: str, version: str, channel: str, now: datetime) -> dict[str, Any]:
    """The pauses that fit, each with what it hangs on."""
    pauses = (
        ReleasePause.objects.filter(
            Q(model_version="") | Q(model_version=version), Q(channel="") | Q(channel=channel),
            tenant_id=tenant_id, model_name=model,
        )
        .select_related("ticket", "rule_version")
        .order_by("pk")
    )  # fmt: skip
    rows = [pause_input(pause, now) for pause in pauses]
    return {"tenant": str(tenant_id), "model": model, "version": version, "channel": channel, "pauses": rows}


def pause_input(pause: ReleasePause, now: datetime) -> dict[str, Any]:
    """One pause with what it hangs on."""
    waiver = pause.waivers.filter(is_approved=True, expires_at__gt=now).order_by("pk").first()
    return {
        "id": str(pause.pk),
        "ticket": str(pause.ticket_id),
        "ticket_state": str(pause.ticket.state),
        "rule_version": str(pause.rule_version_id),
        "rule_digest": pause.rule_version.digest,
        "condition": str(pause.rule_version.document["condition"]).strip(),
        "waiver": str(waiver.pk) if waiver else "",
        "cases": _case_inputs(pause, now),
    }


def _case_inputs(pause: ReleasePause, now: datetime) -> list[dict[str, Any]]:
    cases = list(Case.objects.filter(pk__in=pause.ticket.links.values("case_id")).order_by("pk"))
    facts = facts_of(cases, now)
    try:
        rule = parse_rule(pause.rule_version.document)
    except RuleError:
        return [{"id": str(case.pk), "facts": facts[case.pk]} for case in cases]
    return [
        {
            "id": str(case.pk),
            "facts": with_forerunners(
                rule, facts[case.pk], case_id=case.pk, team_id=case.team_id, at=now, kind="case_changed", position=None
            ),
        }
        for case in cases
    ]
