"""Where raw text and evidence end: which items there are, and how they are taken out of every column that held them."""

from collections.abc import Collection, Iterator
from uuid import UUID

import orjson
from django.db import connection

from .models import CaseText, CaseVersion, EvidenceBody, EvidenceItem, Review

# item_id, case_id, digest, recorded_at, size_bytes; the id is that of what remains: evidence item, case version.
RAW_EVIDENCE = """
    SELECT b.item_id, b.case_id, e.digest, e.created_at AS recorded_at, e.size_bytes
      FROM catalog_evidencebody b JOIN catalog_evidenceitem e ON e.id = b.item_id
     WHERE b.tenant_id = %(tenant)s
       AND (%(item_ids)s::uuid[] IS NULL OR b.item_id = ANY (%(item_ids)s::uuid[]))
"""
RAW_TEXT = """
    SELECT t.version_id AS item_id, t.case_id, n.digest, n.created_at AS recorded_at,
           (octet_length(t.title) + octet_length(t.summary) + pg_column_size(t.write_up) + pg_column_size(t.unmapped))
               ::bigint AS size_bytes
      FROM catalog_casetext t JOIN catalog_caseversion n ON n.id = t.version_id
     WHERE t.tenant_id = %(tenant)s
       AND (%(item_ids)s::uuid[] IS NULL OR t.version_id = ANY (%(item_ids)s::uuid[]))
"""


# What people write freely in the facts of a version.
EMPTIED: dict[str, object] = {
    "data_source": "", "environment": {}, "impact": {}, "links": [], "provenance": {}, "developers": [],
    "deployers": [],
}  # fmt: skip


def evidence_contents(item_ids: Collection[UUID]) -> Iterator[tuple[UUID, bytes]]:
    """What each evidence item holds, one after the other: the bytes of an upload, or the JSON of a payload."""
    for item_id in item_ids:
        body = EvidenceBody.objects.filter(item_id=item_id).first()
        if body is not None:
            yield item_id, bytes(body.content) if body.content is not None else orjson.dumps(body.payload)


def text_contents(version_ids: Collection[UUID]) -> Iterator[tuple[UUID, bytes]]:
    """The words of each case version as JSON, with the facts that a purge empties."""
    for version_id in version_ids:
        text = CaseText.objects.filter(version_id=version_id).select_related("version").first()
        if text is not None:
            names = ("title", "summary", "write_up", "unmapped")
            words = {name: getattr(text, name) for name in names}
            facts = {name: getattr(text.version, name) for name in EMPTIED}
            yield version_id, orjson.dumps({**words, "facts": facts})


def purge_evidence(item_ids: Collection[UUID]) -> None:
    """Delete the bodies of evidence items; name, size and digest remain."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_evidencebody WHERE item_id = ANY (%s)", [list(item_ids)])


def purge_texts(version_ids: Collection[UUID]) -> None:
    """Delete the text of case versions, and empty everything else that people wrote in or about them.

    Ids, digests, kind, model, dates and severity remain; names of evidence and notes of reviewers go.
    """
    versions = CaseVersion.objects.filter(pk__in=version_ids)
    item_ids = {item for found in versions.values_list("evidence_ids", flat=True) for item in found}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_casetext WHERE version_id = ANY (%s)", [list(version_ids)])
    versions.update(**EMPTIED)
    EvidenceItem.objects.filter(pk__in=item_ids).update(name="")
    Review.objects.filter(version_id__in=version_ids).update(note="")
