"""Makes the rows of a version; inserting them is one statement a table, for one case or for a hundred."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tenants.identifiers import new_id

from ..documents import FACT_COLUMNS, evidence_digest, evidence_key, version_digest
from ..drafts import CaseDraft, EvidenceDraft
from ..models import Case, CaseTag, CaseText, CaseVersion, EvidenceBody, EvidenceItem


@dataclass(slots=True)
class NewRows:
    """Rows that are to be inserted together, in an order that PostgreSQL need not care about: keys are deferred."""

    cases: list[Case] = field(default_factory=list)
    versions: list[CaseVersion] = field(default_factory=list)
    texts: list[CaseText] = field(default_factory=list)
    items: list[EvidenceItem] = field(default_factory=list)
    bodies: list[EvidenceBody] = field(default_factory=list)
    tags: list[CaseTag] = field(default_factory=list)

    def insert(self) -> None:
        """Write everything. Ids were made before, so no INSERT has to read its row back."""
        Case.objects.bulk_create(self.cases)
        CaseVersion.objects.bulk_create(self.versions)
        CaseText.objects.bulk_create(self.texts)
        EvidenceItem.objects.bulk_create(self.items)
        EvidenceBody.objects.bulk_create(self.bodies)
        CaseTag.objects.bulk_create(self.tags)


def add_version(
    rows: NewRows,
    case: Case,
    draft: CaseDraft,
    *,
    number: int,
    author: str,
    known: Iterable[EvidenceItem] = (),
    kept: Sequence[EvidenceItem] = (),
) -> CaseVersion:
    """Add a version of `case` to `rows` and make it the current one.

    Evidence equal to a `known` item is that item again; `kept` items stay whatever the draft says.
    """
    reusable = {evidence_key(item): item for item in known}
    items = [_item(rows, case, evidence, author, reusable) for evidence in draft.evidence]
    items += [item for item in kept if item not in items]
    version = CaseVersion(
        id=new_id(),
        tenant_id=case.tenant_id,
        team_id=case.team_id,
        case_id=case.pk,
        number=number,
        digest=version_digest(draft, map(evidence_key, items)),
        evidence_ids=[item.pk for item in items],
        author=author,
        **{name: _column(getattr(draft.facts, name)) for name in FACT_COLUMNS},
    )
    rows.versions.append(version)
    rows.texts.append(
        CaseText(
            id=new_id(),
            tenant_id=case.tenant_id,
            team_id=case.team_id,
            case_id=case.pk,
            version_id=version.pk,
            title=draft.title,
            summary=draft.summary,
            write_up=draft.write_up,
            unmapped=draft.unmapped,
        )
    )
    case.current_version_id = version.pk
    return version


def add_item(
    rows: NewRows, case: Case, evidence: EvidenceDraft, *, author: str, digest: str, size: int, is_added: bool = False
) -> EvidenceItem:
    """Add an evidence item and its body."""
    owner = {"tenant_id": case.tenant_id, "team_id": case.team_id, "case_id": case.pk}
    item = EvidenceItem(
        id=new_id(),
        name=evidence.name,
        kind=evidence.kind,
        media_type=evidence.media_type,
        size_bytes=size,
        digest=digest,
        is_added=is_added,
        created_by=author,
        **owner,
    )
    rows.items.append(item)
    rows.bodies.append(
        EvidenceBody(id=new_id(), item_id=item.pk, payload=evidence.payload, content=evidence.content, **owner)
    )
    return item


def add_tags(rows: NewRows, case: Case, tags: Iterable[str], *, set_by: str, reason: str = "") -> None:
    """Add machine tags, each with who set it."""
    rows.tags.extend(
        CaseTag(
            id=new_id(),
            tenant_id=case.tenant_id,
            team_id=case.team_id,
            case_id=case.pk,
            tag=tag,
            set_by=set_by,
            reason=reason,
        )
        for tag in tags
    )


def items_of(version: CaseVersion) -> list[EvidenceItem]:
    """The evidence items of a version, in its order."""
    found = EvidenceItem.objects.in_bulk(list(version.evidence_ids))
    return [found[item_id] for item_id in version.evidence_ids if item_id in found]


def current_of(case: Case) -> CaseVersion:
    """What a locked case says now."""
    if case.current_version_id is None:
        raise CaseVersion.DoesNotExist("The case has no version.")
    return case.versions.get(pk=case.current_version_id)


def lock_case(case_id: UUID) -> Case:
    """The case's row, locked: whoever changes a case waits for whoever is changing it."""
    return Case.objects.select_for_update().get(pk=case_id)


def _item(
    rows: NewRows,
    case: Case,
    evidence: EvidenceDraft,
    author: str,
    reusable: dict[tuple[str, str, str, str], EvidenceItem],
) -> EvidenceItem:
    digest, size = evidence_digest(evidence)
    again = reusable.get((evidence.name, evidence.kind, evidence.media_type, digest))
    return again or add_item(rows, case, evidence, author=author, digest=digest, size=size)


def _column(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
