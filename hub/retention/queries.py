"""Reads rules, runs and certificates."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hub.lifecycle import queries as lifecycle
from hub.lifecycle.models import PolicyKind

from .models import (
    DispositionBatch,
    DispositionControl,
    DispositionEntry,
    DispositionRun,
    ErasurePlace,
    ErasureRequest,
    RunState,
    StorageReport,
)
from .rules import RuleInForce, Track, parse_rule
from .shipped import shipped_rule


def rules_in_force(tenant_id: UUID) -> list[RuleInForce]:
    """The active rules, and for each track without one the shipped default; each says whether it was seen."""
    rules = [
        RuleInForce(
            id=version.pk,
            name=version.policy.slug,
            number=version.number,
            digest=version.digest,
            approved_by=version.decided_by,
            spec=parse_rule(version.document),
        )
        for version in lifecycle.active_versions(tenant_id, PolicyKind.RETENTION_RULE)
    ]
    rules += [shipped_rule(track) for track in tracks_without_rules(rules)]
    seen = seen_rules(tenant_id)
    return [replace(rule, is_seen=rule.id in seen) for rule in rules]


def tracks_without_rules(rules: Iterable[RuleInForce]) -> list[Track]:
    """Tracks for which a tenant has decided nothing itself."""
    own = {rule.spec.track for rule in rules if rule.number}
    return [track for track in Track if track not in own]


def seen_rules(tenant_id: UUID) -> set[UUID]:
    """The rules that a confirmed dry run has shown to somebody."""
    confirmed = DispositionRun.objects.filter(tenant_id=tenant_id, seen_at__isnull=False)
    return {rule_id for rule_ids in confirmed.values_list("rule_ids", flat=True) for rule_id in rule_ids}


def find_run(tenant_id: UUID, run_id: UUID) -> DispositionRun | None:
    """A run of the tenant, or None."""
    return DispositionRun.objects.filter(tenant_id=tenant_id, pk=run_id).first()


def newest_runs(tenant_id: UUID) -> QuerySet[DispositionRun]:
    """The runs of a tenant, the newest first."""
    return DispositionRun.objects.filter(tenant_id=tenant_id).order_by("-pk")


def newest_run(tenant_id: UUID, run_id: UUID | None = None) -> DispositionRun | None:
    """The run of this id, or the newest of the tenant."""
    runs = newest_runs(tenant_id)
    return (runs.filter(pk=run_id) if run_id else runs).first()


def running_runs(tenant_id: UUID) -> QuerySet[DispositionRun]:
    """Confirmed runs that are not through, oldest first."""
    return DispositionRun.objects.filter(tenant_id=tenant_id, state=RunState.RUNNING).order_by("pk")


def control_of(tenant_id: UUID) -> DispositionControl:
    """The pause switch and pace; a tenant that never touched them has the defaults."""
    return DispositionControl.objects.filter(tenant_id=tenant_id).first() or DispositionControl(tenant_id=tenant_id)


def newest_report(tenant_id: UUID) -> StorageReport | None:
    """What the tenant keeps, as it was last counted."""
    return StorageReport.objects.filter(tenant_id=tenant_id).order_by("-counted_at").first()


def disposition_of(item_id: UUID) -> tuple[DispositionEntry, DispositionBatch] | None:
    """What became of an item, and the certificate that says so; None while it has not been disposed of."""
    entry = DispositionEntry.objects.select_related("batch").filter(pk=item_id).first()
    return (entry, entry.batch) if entry is not None else None


def certify(rule: RuleInForce) -> dict[str, Any]:
    """A rule as runs and certificates name it."""
    return {
        "id": str(rule.id),
        "name": rule.name,
        "version": rule.number,
        "digest": rule.digest,
        "approved_by": rule.approved_by,
        "track": rule.spec.track.value,
    }


def name_certified(rule: Mapping[str, Any]) -> str:
    """Such a rule in words; a shipped default has no version."""
    return f"{rule['name']} v{rule['version']}" if rule["version"] else str(rule["name"])


def erasures_of(tenant_id: UUID) -> QuerySet[ErasureRequest]:
    """The erasures of a tenant, the newest first; the sealed values stay where they are."""
    return ErasureRequest.objects.filter(tenant_id=tenant_id).defer("sealed_values").order_by("-pk")


def find_erasure(tenant_id: UUID, erasure_id: UUID) -> ErasureRequest | None:
    """An erasure of the tenant, or None."""
    return ErasureRequest.objects.filter(tenant_id=tenant_id, pk=erasure_id).defer("sealed_values").first()


def places_of(row: ErasureRequest) -> QuerySet[ErasurePlace]:
    """The places of an erasure: what is to be decided first, then case by case."""
    return row.places.order_by("decision", "case_id", "kind", "item_id")
