"""Reads the catalog. The only place, with break-glass and disclosure above it, where raw text comes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from .documents import BINARY, PURGED, facts_document
from .levels import is_level_tag
from .models import (
    BreakGlass,
    Case,
    CaseGroupObjectPermission,
    CaseTag,
    CaseText,
    CaseUserObjectPermission,
    CaseVersion,
    EvidenceBody,
    EvidenceItem,
    Review,
    Taxonomy,
    TaxonomyTerm,
)

# Whose rows PostgreSQL shows to the owner team alone, for whoever looks whether it does.
RAW_TABLES = tuple(model._meta.db_table for model in (CaseText, EvidenceBody, EvidenceItem, Review))


@dataclass(frozen=True, slots=True)
class SelectionFacts:
    """What the selection of a grant looks at."""

    tags: frozenset[str]
    model_name: str
    kind: str


def find_case(case_id: UUID) -> Case | None:
    """The case, if it is there for whoever asks."""
    return Case.objects.filter(pk=case_id).first()


def cases_of_team(team_id: UUID) -> QuerySet[Case]:
    """A team's cases, newest first."""
    return Case.objects.filter(team_id=team_id).order_by("-pk")


def current_version(case: Case) -> CaseVersion | None:
    """What the case says now; None where its raw side is closed to whoever asks."""
    if case.current_version_id is None:
        return None
    return CaseVersion.objects.filter(pk=case.current_version_id).first()


def versions_of(case: Case) -> QuerySet[CaseVersion]:
    """All versions of a case, newest first."""
    return CaseVersion.objects.filter(case_id=case.pk).order_by("-number")


def tags_of(case: Case) -> QuerySet[CaseTag]:
    """The tags of a case with who set them, in the order of their text."""
    return CaseTag.objects.filter(case_id=case.pk).order_by("tag")


def reviews_of(case: Case) -> QuerySet[Review]:
    """What reviewers said of a case, newest first."""
    return Review.objects.filter(case_id=case.pk).order_by("-pk")


def raw_document(version: CaseVersion) -> dict[str, Any] | None:
    """The whole version as its owners wrote it; None where its text is purged or closed to whoever asks."""
    return raw_documents([version]).get(version.pk)


def raw_documents(versions: Sequence[CaseVersion]) -> dict[UUID, dict[str, Any]]:
    """The same for several versions, in one statement a table; versions without readable text are left out."""
    texts = {text.version_id: text for text in CaseText.objects.filter(version__in=versions)}
    item_ids = [item_id for version in versions for item_id in version.evidence_ids]
    items = EvidenceItem.objects.in_bulk(item_ids)
    # Bytes are not even fetched: they are never passed as text, and redaction withholds them.
    bodies = {
        body.item_id: body for body in EvidenceBody.objects.filter(item__in=item_ids).only("id", "item_id", "payload")
    }
    tags: dict[UUID, list[str]] = {}
    for case_id, tag in CaseTag.objects.filter(case__in=[version.case_id for version in versions]).values_list(
        "case_id", "tag"
    ):
        # Levels stand in columns that follow every change at once; a copy in a document would grow stale.
        if not is_level_tag(tag):
            tags.setdefault(case_id, []).append(tag)
    found = {}
    for version in versions:
        text = texts.get(version.pk)
        if text is None:
            continue
        found[version.pk] = {
            "title": text.title,
            "summary": text.summary,
            "write_up": text.write_up,
            "facts": facts_document(version),
            "tags": sorted(tags.get(version.case_id, [])),
            "evidence": [
                _evidence(items[item_id], bodies.get(item_id)) for item_id in version.evidence_ids if item_id in items
            ],
            "unmapped": text.unmapped,
        }
    return found


def selection_facts(case: Case) -> SelectionFacts:
    """What the selection of a grant looks at, for one case."""
    return selection_facts_of([case])[case.pk]


def selection_facts_of(cases: Iterable[Case]) -> dict[UUID, SelectionFacts]:
    """The same for many cases, in two statements."""
    cases = list(cases)
    versions = {
        row["id"]: row
        for row in CaseVersion.objects.filter(pk__in=[case.current_version_id for case in cases]).values(
            "id", "model_name", "kind"
        )
    }
    tags: dict[UUID, set[str]] = {}
    for case_id, tag in CaseTag.objects.filter(case__in=[case.pk for case in cases]).values_list("case_id", "tag"):
        tags.setdefault(case_id, set()).add(tag)
    found = {}
    for case in cases:
        row = versions.get(case.current_version_id) if case.current_version_id else None
        found[case.pk] = SelectionFacts(
            tags=frozenset(tags.get(case.pk, ())),
            model_name=row["model_name"] if row else "",
            kind=row["kind"] if row else "",
        )
    return found


def find_open_break_glass(case_id: UUID, user_id: UUID) -> BreakGlass | None:
    """The break-glass that opens a case to a person now, by the database's clock."""
    return (
        BreakGlass.objects.filter(case_id=case_id, user_id=user_id, closed_at__isnull=True)
        .filter(opened_at__lte=Now(), expires_at__gt=Now())
        .order_by("-opened_at")
        .first()
    )


def is_named(case: Case, user_id: UUID) -> bool:
    """Whether a person is named on a restricted case, himself or by a team of his."""
    return (
        CaseUserObjectPermission.objects.filter(content_object_id=case.pk, user_id=user_id).exists()
        or CaseGroupObjectPermission.objects.filter(content_object_id=case.pk, group__user__pk=user_id).exists()
    )


def known_identities(team_id: UUID, identities: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Case]:
    """The cases of a team that have these external identities (source, source_id), in one statement."""
    by_source: dict[str, list[str]] = {}
    for source, source_id in identities:
        by_source.setdefault(source, []).append(source_id)
    if not by_source:
        return {}
    condition = Q()
    for source, source_ids in by_source.items():
        condition |= Q(source=source, source_id__in=source_ids)
    cases = Case.objects.filter(condition, team_id=team_id).exclude(source_id="")
    return {(case.source, case.source_id): case for case in cases}


def known_digests(cases: Iterable[Case]) -> dict[UUID, set[str]]:
    """The digests of every version of these cases."""
    found: dict[UUID, set[str]] = {}
    for case_id, digest in CaseVersion.objects.filter(case__in=list(cases)).values_list("case_id", "digest"):
        found.setdefault(case_id, set()).add(digest)
    return found


def find_taxonomies() -> QuerySet[Taxonomy]:
    """Shipped taxonomies and the tenant's own."""
    return Taxonomy.objects.order_by("namespace")


def terms_of(namespace: str) -> QuerySet[TaxonomyTerm]:
    """The terms of a taxonomy."""
    return (
        TaxonomyTerm.objects.filter(taxonomy__namespace=namespace)
        .annotate(namespace=F("taxonomy__namespace"))
        .order_by("predicate", "value")
    )


def _evidence(item: EvidenceItem, body: EvidenceBody | None) -> dict[str, Any]:
    if body is None:
        payload: Any = dict(PURGED)
    else:
        payload = dict(BINARY) if body.payload is None else body.payload
    return {"name": item.name, "kind": item.kind, "media_type": item.media_type, "payload": payload}
