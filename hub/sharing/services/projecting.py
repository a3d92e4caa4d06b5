"""Stores what a builder has made: the analysis, the projection or why there is none, and what is in force."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import F
from django.utils import timezone

from redaction import Analysis as Found
from redaction import Finding
from tenants.identifiers import new_id

from ..facets import Facets
from ..models import Analysis, Projection, RedactionProfile, WorkState

# An officer needs to know where to begin.
MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class Built:
    """A finished projection before it is stored."""

    document: Mapping[str, Any]
    facets: Facets
    counts: Mapping[str, int]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """Why there is no projection, as a code, and in which parts of the case the reason stands, by their names."""

    reason: str
    places: tuple[str, ...] = ()


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document with sorted keys."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def find_analysis(version_id: UUID, fingerprint: str, document_digest: str) -> Analysis | None:
    """The analysis of a document by this engine, if it was made: a change of policy or audience needs no other."""
    return Analysis.objects.filter(
        version_id=version_id, fingerprint=fingerprint, document_digest=document_digest
    ).first()


def findings_of(analysis: Analysis) -> tuple[Finding, ...]:
    """The stored findings as values."""
    return tuple(Finding(*row) for row in analysis.findings)


def store_analysis(projection: Projection, document_digest: str, found: Found) -> bool:
    """Keep an analysis, once; whether it is new."""
    return _store_analysis(
        projection,
        found.fingerprint,
        document_digest=document_digest,
        is_complete=True,
        reason="",
        layers=list(found.layers),
        findings=[[f.path, f.start, f.end, f.category, f.score, f.detector] for f in found.findings],
        counts=_count(found.findings),
    )


def store_failed_analysis(projection: Projection, document_digest: str, fingerprint: str, reason: str) -> bool:
    """Keep that an engine could not vouch for a document, and why, as a code."""
    return _store_analysis(
        projection,
        fingerprint,
        document_digest=document_digest,
        is_complete=False,
        reason=reason,
        layers=[],
        findings=[],
        counts={},
    )


def store_ready(projection: Projection, built: Built) -> None:
    """The redacted document and its facets; the lease ends."""
    Projection.objects.filter(pk=projection.pk).update(
        state=WorkState.READY,
        reason="",
        places=[],
        document=built.document,
        digest=digest_of(built.document),
        counts=dict(built.counts),
        fingerprint=built.fingerprint,
        **asdict(built.facets),
        **_finished(),
    )


def store_withheld(projection: Projection, reason: str, fingerprint: str = "", places: tuple[str, ...] = ()) -> None:
    """No projection, and why and where, as codes; what the row held before is gone and out of force. The lease ends."""
    Projection.objects.filter(pk=projection.pk).update(
        state=WorkState.WITHHELD,
        reason=reason[:60],
        places=[place[:60] for place in places[:MOST_PLACES]],
        is_in_force=False,
        document=None,
        digest="",
        counts={},
        fingerprint=fingerprint,
        title="",
        kind="",
        severity_label="",
        severity_rank=0,
        model_name="",
        model_version="",
        data_source="",
        tags=[],
        occurred_from=None,
        occurred_to=None,
        recorded_on=None,
        search_text="",
        **_finished(),
    )


def end_staleness(projection: Projection, stale_since: datetime | None) -> None:
    """A row that was built again is fresh, unless it became stale once more while it was being built."""
    if stale_since is not None:
        Projection.objects.filter(pk=projection.pk, stale_since=stale_since).update(stale_since=None)


def put_in_force(case_id: UUID, profile_id: UUID, audience_id: UUID) -> UUID | None:
    """Let readers get the projection of the current version under the serving policy; its id when it is in force now.

    While that one is being built, an older version stays. When it is withheld, nothing stays: withheld beats stale.
    The caller holds `locks.share_serving` and the case's row.
    """
    serving = RedactionProfile.objects.filter(pk=profile_id).values_list("serving_version_id", flat=True).first()
    of_reader = Projection.objects.filter(case_id=case_id, profile_id=profile_id, audience_id=audience_id)
    target = (
        of_reader.filter(version_id=F("case__current_version_id"), policy_version_id=serving)
        .only("pk", "state", "is_in_force", "recalled_at")
        .first()
    )
    if target is None or target.state == WorkState.PENDING:
        return None
    of_reader.filter(is_in_force=True).exclude(pk=target.pk).update(is_in_force=False)
    if target.state == WorkState.WITHHELD:
        return None
    if not target.is_in_force:
        Projection.objects.filter(pk=target.pk).update(is_in_force=True)
    return target.pk


def _store_analysis(projection: Projection, fingerprint: str, *, document_digest: str, **values: Any) -> bool:
    row = Analysis(
        id=new_id(),
        tenant_id=projection.tenant_id,
        team_id=projection.team_id,
        case_id=projection.case_id,
        version_id=projection.version_id,
        fingerprint=fingerprint,
        document_digest=document_digest,
        **values,
    )
    Analysis.objects.bulk_create([row], ignore_conflicts=True)
    if Analysis.objects.filter(pk=row.pk).exists():
        return True
    # Another builder was first, or the tags have changed since: then the newer document's findings replace the older.
    others = Analysis.objects.filter(version_id=projection.version_id, fingerprint=fingerprint)
    return others.exclude(document_digest=document_digest).update(document_digest=document_digest, **values) > 0


def _finished() -> dict[str, Any]:
    return {
        "leased_by": "",
        "leased_until": None,
        "attempts": 0,
        "built_at": timezone.now(),
    }


def _count(findings: tuple[Finding, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.category] = counts.get(finding.category, 0) + 1
    return counts
