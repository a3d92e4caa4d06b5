"""Which cases a hold by query means: lists of tags, models, kinds, classes, teams, each by one of its members."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from hub.catalog.models import Case

SELECTION_KEYS = ("cases", "tags", "models", "kinds", "data_classes", "teams")


def selected_cases(tenant_id: UUID, selection: Mapping[str, list[Any]]) -> QuerySet[Case]:
    """The cases of a tenant that a selection means now, withdrawn ones too."""
    condition = Q(tenant_id=tenant_id)
    for key, column in (
        ("cases", "pk"),
        ("teams", "team_id"),
        ("data_classes", "data_class"),
        ("kinds", "current_version__kind"),
        ("models", "current_version__model_name"),
    ):
        if selection.get(key):
            condition &= Q(**{f"{column}__in": selection[key]})
    cases = Case.objects.filter(condition)
    if selection.get("tags"):
        # A subquery, not a join: a case with two of the tags is still one case.
        cases = cases.filter(pk__in=Case.objects.filter(tags__tag__in=selection["tags"]).values("pk"))
    return cases
