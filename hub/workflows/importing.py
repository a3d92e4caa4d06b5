"""Importing a file of cases: batch by batch, each committed, safe to repeat, one bad record never stops the rest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog import queries as catalog
from hub.catalog import services
from hub.catalog.documents import draft_digest
from hub.catalog.drafts import CaseDraft
from hub.catalog.formats import READERS, SourceRecord, UnreadableSource
from hub.catalog.models import Case
from hub.catalog.shapes.table import COLUMNS
from hub.escalation.models import TriggerKind
from hub.sharing.services.covering import cover_cases
from hub.sharing.services.levels import follow_case
from hub.sharing.services.requesting import request_for_cases
from tenants import permissions
from tenants.actors import Actor
from tenants.roles import Action
from tenants.scoping import acting_as

from .escalation import notice_cases
from .holding import hold_if_matching
from .nudging import nudge_on_commit
from .outcomes import Refusal
from .projection import BUILD_TASK

__all__ = ["COLUMNS", "READERS", "BatchImported", "ImportProblem", "UnreadableSource", "import_file", "import_records"]

BATCH_RECORDS = 100
BATCH_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A record that was not taken: where it stands and why."""

    place: str
    message: str


@dataclass(slots=True)
class BatchImported:
    """What became of one batch, and how far the file has been read."""

    created: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    unchanged: int = 0
    problems: list[ImportProblem] = field(default_factory=list)
    position: int = 0


@dataclass(frozen=True, slots=True)
class _Taken:
    place: str
    draft: CaseDraft

    @property
    def identity(self) -> tuple[str, str]:
        return self.draft.source, self.draft.source_id


def import_file(actor: Actor, *, team_id: UUID, path: Path, format: str) -> Iterator[BatchImported | Refusal]:
    """Import a file for a team. Raises UnreadableSource when nothing can be read from it at all."""
    return import_records(actor, team_id=team_id, records=READERS[format](path), source=format)


def import_records(
    actor: Actor, *, team_id: UUID, records: Iterable[SourceRecord], source: str
) -> Iterator[BatchImported | Refusal]:
    """Import records for a team, a transaction for each batch: it opens its own, so it is called outside of any.

    Whether the actor may is decided again for every batch. A refusal ends it.
    """
    for batch in _batches(records, source):
        with acting_as(actor, durable=True):
            answer = _import_batch(actor, team_id, batch)
        yield answer
        if isinstance(answer, Refusal):
            return


def _batches(records: Iterable[SourceRecord], source: str) -> Iterator[list[SourceRecord]]:
    """Batches in which no identity occurs twice, so that the second occurrence finds the first in the database."""
    batch: list[SourceRecord] = []
    identities: set[tuple[str, str]] = set()
    size = 0
    for item in records:
        if item.draft is not None:
            item = replace(item, draft=_identified(item.draft, source))
        identity = (item.draft.source, item.draft.source_id) if item.draft else None
        if batch and (len(batch) >= BATCH_RECORDS or size + item.size > BATCH_BYTES or identity in identities):
            yield batch
            batch, identities, size = [], set(), 0
        batch.append(item)
        size += item.size
        if identity:
            identities.add(identity)
    if batch:
        yield batch


def _identified(draft: CaseDraft, source: str) -> CaseDraft:
    """A record that names no identity is known by its content, so that importing it twice makes one case."""
    if draft.source_id:
        return draft if draft.source else replace(draft, source=source)
    return replace(draft, source=draft.source or source, source_id=f"sha256:{draft_digest(draft)}")


def _import_batch(actor: Actor, team_id: UUID, batch: list[SourceRecord]) -> BatchImported | Refusal:
    decision = permissions.decide(actor, Action.SUBMIT_CASE, on=team_id)
    if not decision.allowed or actor.tenant_id is None:
        record(actor, AuditAction.CASE_IMPORT, f"team:{team_id}", decision)
        return Refusal(decision.basis)
    done = BatchImported(position=batch[-1].position)
    done.problems += [ImportProblem(item.place, item.problem) for item in batch if item.draft is None]
    taken = [_Taken(item.place, item.draft) for item in batch if item.draft is not None]
    known = catalog.known_identities(team_id, (item.identity for item in taken))
    digests = catalog.known_digests(known.values())
    new = [item for item in taken if item.identity not in known]
    _submit(actor, team_id, new, done)
    for item in taken:
        if (case := known.get(item.identity)) is not None:
            _edit(actor, team_id, case, digests.get(case.pk, set()), item, done)
    touched = [*done.created, *done.changed]
    if touched:
        hold_if_matching(actor.tenant_id, touched)
        cover_cases(actor.tenant_id, touched)
        request_for_cases(actor.tenant_id, touched)
        notice_cases(actor.tenant_id, done.created, TriggerKind.CASE_SUBMITTED)
        notice_cases(actor.tenant_id, done.changed, TriggerKind.CASE_CHANGED)
        nudge_on_commit(BUILD_TASK, actor.tenant_id)
    record(
        actor, AuditAction.CASE_IMPORT, f"team:{team_id}", decision,
        created=done.created, changed=done.changed, unchanged=done.unchanged, problems=len(done.problems),
    )  # fmt: skip
    return done


def _submit(actor: Actor, team_id: UUID, new: list[_Taken], done: BatchImported) -> None:
    """All new cases in one statement a table; if that fails, one by one, so that only the bad one is lost."""
    if not new or actor.tenant_id is None:
        return
    try:
        cases = services.submit_cases(
            tenant_id=actor.tenant_id, team_id=team_id, drafts=[item.draft for item in new], author=actor.person_key
        )
        done.created += [case.pk for case in cases]
        return
    except (IntegrityError, DataError) as error:
        if len(new) == 1:
            _submit_again(actor, team_id, new[0], error, done)
            return
    for item in new:
        _submit(actor, team_id, [item], done)


def _submit_again(actor: Actor, team_id: UUID, item: _Taken, error: DatabaseError, done: BatchImported) -> None:
    """Another import may have taken the same record in meanwhile; then it is there now, and can be compared."""
    known = catalog.known_identities(team_id, [item.identity])
    if case := known.get(item.identity):
        _edit(actor, team_id, case, catalog.known_digests([case]).get(case.pk, set()), item, done)
    else:
        done.problems.append(ImportProblem(item.place, _refused_by_database(error)))


def _edit(actor: Actor, team_id: UUID, case: Case, digests: set[str], item: _Taken, done: BatchImported) -> None:
    problem = _why_not(case, digests)
    if not problem and draft_digest(item.draft) in digests:
        done.unchanged += 1
        return
    if not problem and case.withdrawn_at is not None:
        problem = "the case was withdrawn; it is left as it is"
    if problem:
        done.problems.append(ImportProblem(item.place, problem))
        return
    try:
        with transaction.atomic():
            version = services.edit_case(case, item.draft, author=actor.person_key, skip_known=True)
            if version is None:
                done.unchanged += 1
                return
            follow_case(case)
        done.changed.append(case.pk)
    except (IntegrityError, DataError) as error:
        done.problems.append(ImportProblem(item.place, _refused_by_database(error)))


def _why_not(case: Case, digests: set[str]) -> str:
    if not digests:
        return "the case is restricted, and you are not named on it"
    return ""


def _refused_by_database(error: DatabaseError) -> str:
    """The kind of refusal only: PostgreSQL's own message may quote the value."""
    if isinstance(error, IntegrityError):
        return "its source and source_id belong to another case of this team"
    state = getattr(error.__cause__, "sqlstate", None) or "unknown"
    return f"PostgreSQL refused it (state {state})"
