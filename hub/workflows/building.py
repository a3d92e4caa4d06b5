"""The middle step of projection building: analyse and redact, outside any transaction and without the database."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog

from hub.sharing import reasons
from hub.sharing.facets import coarsen_date, facets_of
from hub.sharing.services.projecting import Built, Unbuilt
from redaction import Analysis, Finding, PolicyError, Withheld, parse_policy, redact, second_look

from .detecting import analyse_each
from .places import largest_place, remaining_places

log = structlog.get_logger(__name__)

# Faults of the machine rather than of the document: tried again, until the attempts are used up.
TRANSIENT = frozenset({"process_failed"})
# Reasons that a smaller document would not give.
_BY_SIZE = frozenset({"oversized", "too_deep", "timeout", "memory"})


@dataclass(frozen=True, slots=True)
class Target:
    """One projection to make of a document: for whom, and under which policy. No key: it cannot be opened."""

    projection_id: UUID
    policy: dict[str, Any]
    key: bytes | None
    stale_since: datetime | None
    is_own: bool


@dataclass(slots=True)
class Job:
    """One case version, the projections wanted of it, and what is known of it so far."""

    case_id: UUID
    version_id: UUID
    document: dict[str, Any] | None
    document_digest: str
    recorded_on: date
    targets: list[Target]
    findings: tuple[Finding, ...] | None = None
    withheld: str = ""
    is_faulty: bool = False
    new_analysis: Analysis | None = None
    results: dict[UUID, Built | Unbuilt | None] = field(default_factory=dict)

    @property
    def needs_analysis(self) -> bool:
        """Whether no stored analysis answers for this document."""
        return self.findings is None and not self.withheld


def build(jobs: list[Job], fingerprint: str) -> None:
    """Fill in what was found and, for each target, a projection, a reason why there is none, or None for a fault."""
    _analyse([job for job in jobs if job.needs_analysis])
    for job in jobs:
        for target in job.targets:
            result = None if job.is_faulty else _unbuilt(job) or _build_safely(job, target, fingerprint)
            job.results[target.projection_id] = result


def _analyse(jobs: list[Job]) -> None:
    found = analyse_each([job.document for job in jobs]) if jobs else []
    for job, answer in zip(jobs, found, strict=True):
        if isinstance(answer, Withheld):
            job.is_faulty = answer.reason_code in TRANSIENT
            job.withheld = "" if job.is_faulty else answer.reason_code
        else:
            job.findings, job.new_analysis = answer.findings, answer


def _unbuilt(job: Job) -> Unbuilt | None:
    """Why nothing can be built of this document for anybody."""
    if not job.withheld:
        return None
    return Unbuilt(job.withheld, largest_place(job.document or {}) if job.withheld in _BY_SIZE else ())


def _build_safely(job: Job, target: Target, fingerprint: str) -> Built | Unbuilt | None:
    try:
        return _build(job, target, fingerprint)
    except Withheld as withheld:
        return None if withheld.reason_code in TRANSIENT else Unbuilt(withheld.reason_code)
    except Exception as error:
        log.error("projection_fault", projection=str(target.projection_id), error=type(error).__name__)
        return None


def _build(job: Job, target: Target, fingerprint: str) -> Built | Unbuilt:
    if target.key is None:
        return Unbuilt(reasons.KEY_UNAVAILABLE)
    try:
        policy = parse_policy(target.policy)
    except PolicyError:
        return Unbuilt(reasons.POLICY_UNUSABLE)
    subject, findings = str(job.case_id), job.findings or ()
    redacted = redact(job.document, findings, policy, key=target.key, subject=subject)
    verdict = second_look(job.document, redacted, findings, deep=False)
    if not verdict.is_clean:
        return Unbuilt(reasons.SECOND_LOOK, remaining_places(job.document or {}, redacted, findings))
    if not isinstance(redacted.document, dict):
        return Unbuilt(reasons.POLICY_UNUSABLE)
    recorded_on = coarsen_date(job.recorded_on, policy, key=target.key, subject=subject)
    if recorded_on is not None and not target.is_own:
        # The hub adds this day itself; to others it would tell more than the case does.
        recorded_on = recorded_on.replace(day=1)
    return Built(
        document=redacted.document,
        facets=facets_of(redacted.document, recorded_on=recorded_on),
        counts=redacted.counts,
        fingerprint=fingerprint,
    )
