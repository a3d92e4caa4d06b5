"""Names for keys such as `user:<uuid>` and `token:<uuid>`: of colleagues and own tokens, and of nobody else."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Case, CharField, F, Model, OuterRef, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Substr

from tenants.actors import Actor
from tenants.models import ServiceToken, User

from .doors import tenant_of

PREFIX, TOKEN = "user:", "token:"


def name_of(field: str) -> Case:
    """The display name of the person whose key stands in `field`; a key that names no colleague stays as it is."""
    person = User.objects.filter(pk=Cast(Substr(OuterRef(field), len(PREFIX) + 1), UUIDField()))
    token = ServiceToken.objects.filter(pk=Cast(Substr(OuterRef(field), len(TOKEN) + 1), UUIDField()))
    named = Concat(Value("Token "), F("name"), Value(" ("), F("prefix"), Value("…)"), output_field=CharField())
    return Case(
        When(**{field: ""}, then=Value("")),
        When(
            **{f"{field}__startswith": PREFIX},
            then=Coalesce(Subquery(person.values("display_name")[:1]), F(field), output_field=CharField()),
        ),
        When(
            **{f"{field}__startswith": TOKEN},
            then=Coalesce(
                Subquery(token.annotate(named=named).values("named")[:1]), F(field), output_field=CharField()
            ),
        ),
        default=F(field),
        output_field=CharField(),
    )


def names_of(actor: Actor, keys: Iterable[str]) -> dict[str, str]:
    """Keys as an auditor may know them: colleagues, also former ones, by name; own tokens by name and owner.

    Processes are said in words; whoever belongs elsewhere stays a key, cut short.
    """
    wanted = set(keys)
    people, tokens = (_ids(wanted, prefix) for prefix in (PREFIX, TOKEN))
    named = {f"{PREFIX}{pk}": name for pk, name in User.objects.filter(pk__in=people).values_list("pk", "display_name")}
    own = ServiceToken.objects.filter(tenant_id=tenant_of(actor), pk__in=tokens).select_related("user")
    named |= {f"{TOKEN}{token.pk}": f"{token.name}, token of {token.user.display_name}" for token in own}
    return {key: named.get(key) or _in_words(key) for key in wanted}


def _ids(keys: Iterable[str], prefix: str) -> list[str]:
    return [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]


def _in_words(key: str) -> str:
    kind, _, name = key.partition(":")
    match kind:
        case "system":
            return f"background work: {name.replace('_', ' ')}"
        case "operator":
            return f"operator: {name.replace('_', ' ')}"
        case "user" | "token":
            return f"a {'person' if kind == 'user' else 'token'} elsewhere ({name[-8:]})"
        case _:
            return key


def person_column(field: str, description: str) -> Callable[[Any, Any], str]:
    """A column that shows the name annotated as `<field>_name`."""

    @admin.display(description=description, empty_value="–")
    def column(page: Any, row: Model) -> str:
        return str(getattr(row, f"{field}_name", "") or getattr(row, field) or "–")

    column.__name__ = f"{field}_person"
    return column
