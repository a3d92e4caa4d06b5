"""Names for keys such as `user:<uuid>`, looked up in the statement that reads the row."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Case, CharField, F, Model, OuterRef, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Coalesce, Substr

from tenants.models import User

PREFIX = "user:"


def name_of(field: str) -> Case:
    """The display name of the person whose key stands in `field`; a key that names no colleague stays as it is."""
    person = User.objects.filter(pk=Cast(Substr(OuterRef(field), len(PREFIX) + 1), UUIDField()))
    return Case(
        When(**{field: ""}, then=Value("")),
        When(
            **{f"{field}__startswith": PREFIX},
            then=Coalesce(Subquery(person.values("display_name")[:1]), F(field), output_field=CharField()),
        ),
        default=F(field),
        output_field=CharField(),
    )


def person_column(field: str, description: str) -> Callable[[Any, Any], str]:
    """A column that shows the name annotated as `<field>_name`."""

    @admin.display(description=description, empty_value="–")
    def column(page: Any, row: Model) -> str:
        return str(getattr(row, f"{field}_name", "") or getattr(row, field) or "–")

    column.__name__ = f"{field}_person"
    return column
