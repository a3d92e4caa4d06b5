"""A reviewer's verdict on the current version of a case."""

from django.db import transaction

from tenants.identifiers import new_id

from ..independence import is_independent
from ..models import Case, CaseStatus, Review
from ..models.reviews import Verdict
from .writing import lock_case


class NotIndependent(Exception):
    """The reviewer wrote a version of the case."""


class NotReviewable(Exception):
    """The case is withdrawn, or another version is the current one by now."""


def review_case(case: Case, *, number: int, verdict: Verdict, note: str, reviewer: str) -> Review:
    """Record what a reviewer says of version `number`, which must still be the current one."""
    with transaction.atomic():
        locked = lock_case(case.pk)
        versions = {version.number: version for version in locked.versions.filter(number__lte=number)}
        version = versions.get(number)
        if locked.withdrawn_at is not None or version is None or version.pk != locked.current_version_id:
            raise NotReviewable
        if not is_independent(reviewer, [earlier.author for earlier in versions.values()]):
            raise NotIndependent
        review = Review(
            id=new_id(),
            tenant_id=locked.tenant_id,
            team_id=locked.team_id,
            case_id=locked.pk,
            version_id=version.pk,
            reviewer=reviewer,
            verdict=verdict,
            note=note,
        )
        Review.objects.bulk_create([review])
        locked.status = CaseStatus.ACCEPTED if verdict == Verdict.ACCEPT else CaseStatus.RETURNED
        locked.save(update_fields=["status"])
        case.status = locked.status
    return review
