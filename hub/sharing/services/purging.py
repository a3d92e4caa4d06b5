"""Where projections end, and analyses with the raw text that they describe."""

from collections.abc import Collection
from uuid import UUID

from ..models import Analysis, Projection
from ..reasons import DISPOSED
from .projecting import store_withheld

# item_id, case_id, digest, recorded_at. A projection's time starts with its case version's: building anew adds none.
PROJECTIONS = """
    SELECT p.id AS item_id, p.case_id, p.digest, n.created_at AS recorded_at
      FROM sharing_projection p JOIN catalog_caseversion n ON n.id = p.version_id
     WHERE p.tenant_id = %(tenant)s AND p.document IS NOT NULL
       AND (%(item_ids)s::uuid[] IS NULL OR p.id = ANY (%(item_ids)s::uuid[]))
"""


def purge_projections(projection_ids: Collection[UUID]) -> None:
    """Empty projections and take them out of force. The rows stay, so that nothing asks for them again."""
    for row in Projection.objects.filter(pk__in=projection_ids).only("pk", "fingerprint"):
        store_withheld(row, DISPOSED, row.fingerprint)
    Projection.objects.filter(pk__in=projection_ids).update(stale_since=None)


def forget_analyses(case_ids: Collection[UUID]) -> None:
    """Delete where sensitive text stood: paths may carry names of fields that people chose."""
    Analysis.objects.filter(case_id__in=case_ids).delete()
