"""Raises and lowers the levels of a case: findings and owners raise them, only an officer lowers them."""

from django.db import transaction

from ..levels import CLASS_RANKS, TLP_RANKS, higher_class, level_tags, stricter_tlp
from ..models import Case, CaseTag
from .writing import NewRows, add_tags, lock_case


def raise_sensitivity(
    case: Case, *, data_class: str | None = None, tlp: str | None = None, set_by: str, reason: str = ""
) -> bool:
    """Move the levels up to at least these; never down. Answers whether anything changed."""
    with transaction.atomic():
        locked = lock_case(case.pk)
        changed = _set_levels(
            locked, higher_class(locked.data_class, data_class), stricter_tlp(locked.tlp, tlp), set_by, reason
        )
        case.data_class, case.tlp = locked.data_class, locked.tlp
    return changed


def lower_sensitivity(
    case: Case, *, data_class: str | None = None, tlp: str | None = None, set_by: str, reason: str
) -> bool:
    """Move the levels down to these, for a reason that is kept; a level above the present one is a mistake."""
    if not reason.strip():
        raise ValueError("Lowering a level needs a reason.")
    with transaction.atomic():
        locked = lock_case(case.pk)
        wanted_class, wanted_tlp = data_class or locked.data_class, tlp or locked.tlp
        if CLASS_RANKS[wanted_class] > CLASS_RANKS[locked.data_class] or TLP_RANKS[wanted_tlp] > TLP_RANKS[locked.tlp]:
            raise ValueError("Lowering does not raise: the level asked for is above the present one.")
        changed = _set_levels(locked, wanted_class, wanted_tlp, set_by, reason)
        case.data_class, case.tlp = locked.data_class, locked.tlp
    return changed


def _set_levels(case: Case, data_class: str, tlp: str, set_by: str, reason: str) -> bool:
    before = level_tags(case.data_class, case.tlp)
    after = level_tags(data_class, tlp)
    if before == after:
        return False
    case.data_class, case.tlp = data_class, tlp
    case.save(update_fields=["data_class", "tlp"])
    rows = NewRows()
    for old, new in zip(before, after, strict=True):
        if old != new:
            CaseTag.objects.filter(case_id=case.pk, tag__startswith=new.partition(":")[0] + ":").delete()
            add_tags(rows, case, [new], set_by=set_by, reason=reason[:300])
    CaseTag.objects.bulk_create(rows.tags)
    return True
