"""A changed case is a new version of it; the old ones stay as they are."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ..documents import draft_digest
from ..drafts import CaseDraft
from ..levels import is_level_tag, levels_of
from ..models import Case, CaseStatus, CaseVersion
from .levels import raise_sensitivity
from .tagging import replace_tags
from .writing import NewRows, add_version, current_of, items_of, lock_case


def edit_case(case: Case, draft: CaseDraft, *, author: str, skip_known: bool = False) -> CaseVersion | None:
    """A new version that says what the draft says; None when nothing would change.

    Evidence that was attached on its own stays. Tags follow the draft, except that levels only rise. With
    `skip_known`, a draft that any earlier version said already changes nothing: an import that runs again must not
    undo what people wrote since.
    """
    with transaction.atomic():
        locked = lock_case(case.pk)
        current = current_of(locked)
        digest = draft_digest(draft)
        if skip_known and locked.versions.filter(digest=digest).exists():
            return None
        items = items_of(current)
        kept = [item for item in items if item.is_added]
        rows = NewRows()
        version = add_version(
            rows,
            locked,
            draft,
            number=next_number(locked),
            author=author,
            known=[item for item in items if not item.is_added],
            kept=kept,
        )
        if version.digest == current.digest:
            return None
        rows.insert()
        take_version(case, locked, version)
        tags = [tag for tag in draft.tags if not is_level_tag(tag)]
        replace_tags(locked, tags, set_by=author)
        data_class, tlp = levels_of(draft.tags)
        raise_sensitivity(locked, data_class=data_class, tlp=tlp, set_by=author, reason="stated by the owner")
        case.data_class, case.tlp = locked.data_class, locked.tlp
    return version


def withdraw_case(case: Case) -> None:
    """Take a case back: nobody reads a projection of it any more. Its versions stay until their retention ends."""
    with transaction.atomic():
        locked = lock_case(case.pk)
        if locked.withdrawn_at is None:
            locked.status, locked.withdrawn_at = CaseStatus.WITHDRAWN, timezone.now()
            locked.save(update_fields=["status", "withdrawn_at"])
            # PostgreSQL stamps it with its own clock: a retention clock may start here.
            locked.refresh_from_db(fields=["withdrawn_at"])
        case.status, case.withdrawn_at = locked.status, locked.withdrawn_at


def next_number(case: Case) -> int:
    """The number of the next version of a locked case."""
    last: int = case.versions.aggregate(last=Max("number"))["last"] or 0
    return last + 1


def take_version(case: Case, locked: Case, version: CaseVersion) -> None:
    """Make a version the current one; a changed case waits for a reviewer again."""
    locked.current_version_id = version.pk
    locked.status = CaseStatus.SUBMITTED
    locked.save(update_fields=["current_version", "status"])
    case.current_version_id, case.status = version.pk, locked.status
