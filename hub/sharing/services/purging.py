"""Where projections and their summaries end, and analyses with the raw text that they describe."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid5

import orjson

from ..facets import facets_of
from ..models import Analysis, Projection
from ..reasons import DISPOSED
from .projecting import digest_of, store_withheld

# item_id, case_id, digest, recorded_at, size_bytes, has_summary. A projection's time starts with its case version's:
# building anew adds none. One that is a summary alone is an item of another track, under another id.
_ITEMS = """
    SELECT {id} AS item_id, p.case_id, p.digest, n.created_at AS recorded_at,
           (pg_column_size(p.document) + octet_length(p.search_text))::bigint AS size_bytes, true AS has_summary
      FROM sharing_projection p JOIN catalog_caseversion n ON n.id = p.version_id
     WHERE p.tenant_id = %(tenant)s AND p.document IS NOT NULL AND p.summary_id IS {null}
       AND (%(item_ids)s::uuid[] IS NULL OR {id} = ANY (%(item_ids)s::uuid[]))
"""
PROJECTIONS = _ITEMS.format(id="p.id", null="NULL")
SUMMARIES = _ITEMS.format(id="p.summary_id", null="NOT NULL")
# Whether something redacted, in force for somebody, tells what the case says.
HAS_SUMMARY = "EXISTS (SELECT 1 FROM sharing_projection p WHERE p.case_id = i.case_id AND p.is_in_force)"
_SUMMARY_IDS = UUID("0f0c8c64-5f0e-4f7e-9b53-0f4b8f0f5a77")
_FACTS = ("kind", "severity", "model", "occurred")


def projection_contents(projection_ids: Collection[UUID]) -> Iterator[tuple[UUID, bytes]]:
    """The redacted document of each projection as JSON."""
    for row in Projection.objects.filter(pk__in=projection_ids, document__isnull=False).only("pk", "document"):
        yield row.pk, orjson.dumps(row.document)


def summary_contents(summary_ids: Collection[UUID]) -> Iterator[tuple[UUID, bytes]]:
    """The same of summaries."""
    for row in Projection.objects.filter(summary_id__in=summary_ids).only("summary_id", "document"):
        if row.summary_id is not None and row.document is not None:
            yield row.summary_id, orjson.dumps(row.document)


def summary_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What remains of a redacted document: title, summary, tags, and what kind of failure of which model it was."""
    facts = document.get("facts")
    return {
        "title": document.get("title", ""),
        "summary": document.get("summary", ""),
        "write_up": {},
        "facts": {name: facts[name] for name in _FACTS if name in facts} if isinstance(facts, Mapping) else {},
        "tags": document.get("tags") or [],
        "evidence": [],
        "unmapped": {},
    }


def keep_summaries(projection_ids: Collection[UUID]) -> None:
    """Take everything but the summary out of projections; they stay in force, and are never built again.

    The summary's id comes from the projection's, so that doing it again after a restore makes the same item.
    """
    rows = Projection.objects.filter(pk__in=projection_ids, summary_id__isnull=True, document__isnull=False)
    for row in rows.only("pk", "document", "recorded_on"):
        document = summary_of(row.document or {})
        Projection.objects.filter(pk=row.pk).update(
            summary_id=uuid5(_SUMMARY_IDS, str(row.pk)),
            document=document,
            digest=digest_of(document),
            counts={},
            stale_since=None,
            leased_by="",
            leased_until=None,
            **asdict(facets_of(document, recorded_on=row.recorded_on)),
        )


def purge_projections(projection_ids: Collection[UUID]) -> None:
    """Empty projections and take them out of force. The rows stay, so that nothing asks for them again."""
    for row in Projection.objects.filter(pk__in=projection_ids).only("pk", "fingerprint"):
        store_withheld(row, DISPOSED, row.fingerprint)
    Projection.objects.filter(pk__in=projection_ids).update(stale_since=None)


def purge_summaries(summary_ids: Collection[UUID]) -> None:
    """The same for projections of which the summary was left."""
    purge_projections(list(Projection.objects.filter(summary_id__in=summary_ids).values_list("pk", flat=True)))


def forget_analyses(case_ids: Collection[UUID]) -> None:
    """Delete where sensitive text stood: paths may carry names of fields that people chose."""
    Analysis.objects.filter(case_id__in=case_ids).delete()
