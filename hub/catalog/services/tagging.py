"""Tags of a case, each with who or what set it and why."""

from collections.abc import Iterable

from django.db import transaction

from ..levels import is_level_tag, levels_of
from ..models import Case, CaseTag
from .levels import raise_sensitivity
from .writing import NewRows, add_tags, lock_case


def set_tags(case: Case, tags: Iterable[str], *, set_by: str, reason: str = "") -> bool:
    """Make these the tags of the case; one that stays keeps who set it. Answers whether anything changed.

    Tags of the two sensitivity axes can be given to raise a level; leaving them out lowers nothing.
    """
    wanted = list(tags)
    with transaction.atomic():
        locked = lock_case(case.pk)
        changed = replace_tags(locked, [tag for tag in wanted if not is_level_tag(tag)], set_by=set_by, reason=reason)
        data_class, tlp = levels_of(wanted)
        raised = raise_sensitivity(locked, data_class=data_class, tlp=tlp, set_by=set_by, reason=reason)
        case.data_class, case.tlp = locked.data_class, locked.tlp
    return changed or raised


def replace_tags(case: Case, tags: Iterable[str], *, set_by: str, reason: str = "") -> bool:
    """The same for a locked case and ordinary tags only."""
    wanted = dict.fromkeys(tags)
    present = {row.tag: row for row in CaseTag.objects.filter(case_id=case.pk) if not is_level_tag(row.tag)}
    gone = [row.pk for tag, row in present.items() if tag not in wanted]
    new = [tag for tag in wanted if tag not in present]
    if gone:
        CaseTag.objects.filter(pk__in=gone).delete()
    if new:
        rows = NewRows()
        add_tags(rows, case, new, set_by=set_by, reason=reason[:300])
        CaseTag.objects.bulk_create(rows.tags)
    return bool(gone or new)
