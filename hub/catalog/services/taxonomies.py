"""Taxonomies are data: shipped ones come with the hub, a tenant's own from MISP machinetag JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from tenants.identifiers import new_id

from ..fields import Fields
from ..limits import DraftError, check_tree
from ..models import Taxonomy, TaxonomyTerm

SHIPPED = Path(__file__).parents[1] / "taxonomies"
MAX_TERMS = 20_000
Term = tuple[str, str, str, str, str]  # predicate, value, label, description, broader


def load_shipped_taxonomies(using: str = "default") -> int:
    """Bring the shipped taxonomies to what the files say; only the owner of the database may. Answers how many."""
    files = sorted(SHIPPED.glob("*.json"))
    for file in files:
        _store(None, json.loads(file.read_text(encoding="utf-8")), using)
    return len(files)


def import_taxonomy(tenant_id: UUID, document: Mapping[str, Any]) -> Taxonomy:
    """A tenant's own taxonomy, or a newer version of it. Shipped namespaces are not a tenant's to redefine."""
    check_tree(dict(document))
    namespace = Fields(document).text("namespace", 80, required=True)
    if Taxonomy.objects.filter(tenant__isnull=True, namespace=namespace).exists():
        raise DraftError("namespace", "comes with the hub; choose another one")
    return _store(tenant_id, document, "default")


def _store(tenant_id: UUID | None, document: Mapping[str, Any], using: str) -> Taxonomy:
    fields = Fields(document)
    taxonomy_fields = {
        "version": fields.text("version", 20) or "1",
        "description": fields.text("description", 500),
        "source": fields.text("source", 300) or "imported",
        "licence": fields.text("licence", 300) or "not stated",
    }
    namespace = fields.text("namespace", 80, required=True)
    terms = _terms(fields)
    with transaction.atomic(using=using):
        rows = Taxonomy.objects.using(using)
        owned = rows.filter(tenant__isnull=True) if tenant_id is None else rows.filter(tenant_id=tenant_id)
        taxonomy = owned.filter(namespace=namespace).first()
        if taxonomy is None:
            taxonomy = Taxonomy(id=new_id(), tenant_id=tenant_id, namespace=namespace, **taxonomy_fields)
            rows.bulk_create([taxonomy])
        else:
            rows.filter(pk=taxonomy.pk).update(**taxonomy_fields)
        present = TaxonomyTerm.objects.using(using).filter(taxonomy_id=taxonomy.pk)
        if set(present.values_list("predicate", "value", "label", "description", "broader")) != set(terms):
            present.delete()
            TaxonomyTerm.objects.using(using).bulk_create(
                TaxonomyTerm(
                    id=new_id(),
                    tenant_id=tenant_id,
                    taxonomy_id=taxonomy.pk,
                    predicate=predicate,
                    value=value,
                    label=label,
                    description=description,
                    broader=broader,
                )
                for predicate, value, label, description, broader in terms
            )
    return taxonomy


def _terms(fields: Fields) -> list[Term]:
    """One term for each predicate, and one for each value of a predicate."""
    terms: dict[tuple[str, str], Term] = {}
    for index, item in enumerate(fields.items("predicates")):
        _add(terms, Fields(item, f"predicates[{index}]"), None)
    for index, item in enumerate(fields.items("values")):
        group = Fields(item, f"values[{index}]")
        predicate = group.text("predicate", 80, required=True)
        if (predicate, "") not in terms:
            raise DraftError(group.at("predicate"), "names a predicate that is not declared")
        for place, entry in enumerate(group.items("entry")):
            _add(terms, Fields(entry, f"{group.at('entry')}[{place}]"), predicate)
    if not terms:
        raise DraftError("predicates", "is missing: a taxonomy needs at least one")
    if len(terms) > MAX_TERMS:
        raise DraftError("values", f"has more than {MAX_TERMS} terms")
    return list(terms.values())


def _add(terms: dict[tuple[str, str], Term], entry: Fields, predicate: str | None) -> None:
    value = entry.text("value", 80 if predicate is None else 200, required=True)
    key = (value, "") if predicate is None else (predicate, value)
    if key in terms:
        raise DraftError(entry.at("value"), "stands there twice")
    label = entry.text("expanded", 300) or value
    terms[key] = (*key, label, entry.text("description", 1000), entry.text("broader", 200))
