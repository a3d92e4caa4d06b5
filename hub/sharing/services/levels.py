"""Keeps what projections repeat of their case equal to it, in the transaction that changes the case."""

from typing import Any

from hub.catalog.models import Case
from tenants.scoping import acting_as

from ..access import CLASS_RANKS, TLP_RANKS
from ..background import bookkeeper
from ..models import Projection


def follow_case(case: Case) -> int:
    """Copy class, TLP, restriction and withdrawal of a case to all its projections; how many there are.

    A withdrawn case is recalled: no reader gets it from this transaction's commit on.
    """
    with acting_as(bookkeeper(case.tenant_id)):
        return Projection.objects.filter(case_id=case.pk).update(**levels_of(case))


def levels_of(case: Case) -> dict[str, Any]:
    """The columns of a projection that repeat its case."""
    return {
        "data_class": case.data_class,
        "class_rank": CLASS_RANKS[case.data_class],
        "tlp": case.tlp,
        "tlp_rank": TLP_RANKS[case.tlp],
        "is_restricted": case.is_restricted,
        "recalled_at": case.withdrawn_at,
    }
