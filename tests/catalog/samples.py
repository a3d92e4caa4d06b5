"""Drafts and records that the tests of the catalog start from."""

from dataclasses import replace
from typing import Any

from hub.catalog.drafts import CaseDraft, EvidenceDraft, FactsDraft
from hub.catalog.models import Case
from hub.catalog.services import submit_case
from tenants.scoping import acting_as
from tests.cast import Cast

OWN: dict[str, Any] = {
    "source": "pager",
    "source_id": "P-17",
    "team": "acme/atlas",
    "title": "Router sends refunds to sales",
    "summary": "Since 4.2 every third refund of Ida Falk went to the wrong queue.",
    "write_up": {"hypotheses": [{"statement": "Stale vocabulary", "confidence": "high"}], "results": "Confirmed."},
    "facts": {
        "kind": "prediction",
        "model": {"name": "ticket-router", "version": "4.2", "developer": ["Acme"], "artifact_types": ["Model"]},
        "data_source": "help desk",
        "environment": {"stage": "production"},
        "occurred": {"from": "2026-03", "granularity": "month"},
        "severity": {"scheme": "caseward", "label": "high", "score": 7.25},
        "impact": {"tickets": 312},
        "links": [{"label": "run", "url": "https://ml.acme.example/runs/9"}],
        "provenance": {"licence": "internal"},
    },
    "tags": ['avid:sep="P0204"', "tlp:green"],
    "evidence": [
        {"name": "ticket", "kind": "inputs", "media_type": "application/json", "payload": {"user": "ida@example.org"}},
        {"name": "worker.log", "kind": "logs", "media_type": "text/plain", "payload": "ERROR queue=sales\n"},
    ],
}


def draft(**changes: Any) -> CaseDraft:
    """A small case with one piece of evidence."""
    plain = CaseDraft(
        title="Router sends refunds to sales",
        summary="Ida Falk waited for a week.",
        facts=FactsDraft(kind="prediction", model_name="ticket-router", model_version="4.2"),
        tags=('avid:sep="P0204"',),
        evidence=(EvidenceDraft("ticket", "inputs", payload={"user": "ida@example.org"}),),
    )
    return replace(plain, **changes)


def submitted(cast: Cast, **changes: Any) -> Case:
    """That case, submitted by alice for her team."""
    alice = cast["alice"]
    with acting_as(alice):
        return submit_case(
            tenant_id=cast.tenant("acme").pk,
            team_id=cast.team("acme/atlas").pk,
            draft=draft(**changes),
            author=alice.person_key,
        )
