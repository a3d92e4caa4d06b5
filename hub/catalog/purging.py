"""Where raw text and evidence end: which items there are, and how they are taken out of every column that held them."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from .models import CaseVersion, EvidenceItem, Review

# item_id, case_id, digest, recorded_at; the id is that of what remains: the evidence item, the case version.
RAW_EVIDENCE = """
    SELECT b.item_id, b.case_id, e.digest, e.created_at AS recorded_at
      FROM catalog_evidencebody b JOIN catalog_evidenceitem e ON e.id = b.item_id
     WHERE b.tenant_id = %(tenant)s
       AND (%(item_ids)s::uuid[] IS NULL OR b.item_id = ANY (%(item_ids)s::uuid[]))
"""
RAW_TEXT = """
    SELECT t.version_id AS item_id, t.case_id, n.digest, n.created_at AS recorded_at
      FROM catalog_casetext t JOIN catalog_caseversion n ON n.id = t.version_id
     WHERE t.tenant_id = %(tenant)s
       AND (%(item_ids)s::uuid[] IS NULL OR t.version_id = ANY (%(item_ids)s::uuid[]))
"""


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
    versions.update(data_source="", environment={}, impact={}, links=[], provenance={}, developers=[], deployers=[])
    EvidenceItem.objects.filter(pk__in=item_ids).update(name="")
    Review.objects.filter(version_id__in=version_ids).update(note="")
