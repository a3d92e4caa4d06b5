"""Shipped taxonomies are everybody's and nobody's to change; a tenant adds its own."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from hub.catalog import queries, services
from hub.catalog.drafts import DraftError
from hub.catalog.models import Taxonomy, TaxonomyTerm
from hub.catalog.services.taxonomies import SHIPPED
from tenants.scoping import acting_as
from tests.cast import Cast

OWN: dict[str, Any] = {
    "namespace": "acme-desk",
    "version": 1,
    "description": "Our queues",
    "predicates": [{"value": "queue", "expanded": "Queue"}, {"value": "urgent"}],
    "values": [{"predicate": "queue", "entry": [{"value": "sales", "expanded": "Sales", "broader": "all"}]}],
}


@pytest.mark.parametrize("who", ["alice", "carol", "trudy"])
def test_shipped_ones_are_there_for_everybody(cast: Cast, who: str) -> None:
    files = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(SHIPPED.glob("*.json"))]
    with acting_as(cast[who]):
        shipped = queries.find_taxonomies().filter(tenant__isnull=True)
        assert {row.namespace for row in shipped} == {file["namespace"] for file in files}
        assert len(files) == 7
        assert [term.value for term in queries.terms_of("tlp") if not term.value] == [""] * 5
        assert {term.predicate for term in queries.terms_of("tlp")} == {
            "clear", "green", "amber", "amber+strict", "red",
        }  # fmt: skip
        academic = queries.terms_of("dpv").get(value="AcademicResearch")
        assert (academic.predicate, academic.label, academic.broader) == (
            "purpose", "Academic Research", "ResearchAndDevelopment",
        )  # fmt: skip


def test_the_application_cannot_change_shipped_ones(cast: Cast) -> None:
    with acting_as(cast["olga"]):
        assert Taxonomy.objects.filter(namespace="tlp").update(description="mine") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Taxonomy.objects.bulk_create([Taxonomy(tenant=None, namespace="x", version="1", source="s", licence="l")])


def test_a_tenants_own(cast: Cast) -> None:
    acme = cast.tenant("acme").pk
    with acting_as(cast["olga"]):
        services.import_taxonomy(acme, OWN)
        services.import_taxonomy(acme, OWN | {"version": 2, "predicates": OWN["predicates"][:1]})
        (taxonomy,) = Taxonomy.objects.filter(namespace="acme-desk")
        assert (taxonomy.version, taxonomy.source, taxonomy.licence) == ("2", "imported", "not stated")
        assert [(term.predicate, term.value, term.label, term.broader) for term in queries.terms_of("acme-desk")] == [
            ("queue", "", "Queue", ""),
            ("queue", "sales", "Sales", "all"),
        ]
    with acting_as(cast["carol"]):
        assert Taxonomy.objects.filter(namespace="acme-desk").count() == 0
        assert TaxonomyTerm.objects.filter(label="Sales").count() == 0


@pytest.mark.parametrize(
    ("_case", "change", "message"),
    [
        ("shipped namespace", {"namespace": "tlp"}, "namespace: comes with the hub; choose another one"),
        ("no namespace", {"namespace": None}, "namespace: is missing"),
        ("no terms", {"predicates": [], "values": []}, "predicates: is missing: a taxonomy needs at least one"),
        ("undeclared", {"predicates": [{"value": "other"}]},
         "values[0].predicate: names a predicate that is not declared"),
        ("twice", {"predicates": [{"value": "queue"}, {"value": "queue"}]}, "predicates[1].value: stands there twice"),
    ],
)  # fmt: skip
def test_refuses(cast: Cast, _case: str, change: dict[str, Any], message: str) -> None:
    with acting_as(cast["olga"]):
        with pytest.raises(DraftError) as error:
            services.import_taxonomy(cast.tenant("acme").pk, OWN | change)
        assert str(error.value) == message
        assert Taxonomy.objects.exclude(tenant=None).count() == 0
