"""Where the catalog may name a person, and how such a row ends: what a search for that person is told of its tables."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, Left

from .models import BreakGlass, Case, CaseTag, EvidenceItem, Review

ERASED = "(erased)"


@dataclass(frozen=True, slots=True)
class Erasable:
    """One table: the kind of place its rows are, which columns name the item and its case, and how an item ends.

    `erase` does no harm when it is repeated. Without it the kind ends otherwise: as a track of retention does.
    """

    table: str
    kind: str
    erase: Callable[[Collection[UUID]], None] | None = None
    item_column: str = "id"
    case_column: str | None = "case_id"
    # A column of bytes that people uploaded; they are read as text where they are text.
    content_column: str = ""


def _forget_identity(ids: Collection[UUID]) -> None:
    identity = Concat(Value("erased:"), Left(Cast(F("pk"), CharField()), 40))
    Case.objects.filter(pk__in=ids).update(source_id=identity)


def _forget_names_of_evidence(ids: Collection[UUID]) -> None:
    EvidenceItem.objects.filter(pk__in=ids).update(name="")


ERASABLE = (
    Erasable("catalog_casetext", "raw_text", item_column="version_id"),
    Erasable("catalog_caseversion", "raw_text"),
    Erasable("catalog_evidencebody", "raw_evidence", item_column="item_id", content_column="content"),
    Erasable("catalog_evidenceitem", "evidence_name", _forget_names_of_evidence),
    Erasable("catalog_case", "case_identity", _forget_identity, case_column="id"),
    Erasable("catalog_casetag", "tag", lambda ids: _delete(CaseTag._meta.db_table, ids)),
    Erasable("catalog_review", "review", lambda ids: _empty(Review, ids, note="")),
    Erasable("catalog_breakglass", "break_glass", lambda ids: _empty(BreakGlass, ids, purpose=ERASED, finding="")),
)


def _delete(table: str, ids: Collection[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY (%s)", [list(ids)])


def _empty(model: type[Review | BreakGlass], ids: Collection[UUID], **values: str) -> None:
    model._default_manager.filter(pk__in=ids).update(**values)


def digests_of(kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The digests that remain of raw items when they are gone."""
    table = {"raw_text": "catalog_caseversion", "raw_evidence": "catalog_evidenceitem"}.get(kind)
    if table is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, digest FROM {table} WHERE id = ANY (%s)", [list(ids)])
        return dict(cursor.fetchall())
