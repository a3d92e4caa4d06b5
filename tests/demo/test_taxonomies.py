"""The shipped taxonomies are well-formed machine tag files, and containment of purposes can be decided from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import hub.demo

FOLDER = Path(hub.demo.__file__).parents[1] / "catalog" / "taxonomies"
WORD = {"type": "string", "minLength": 1}
TERM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["value", "expanded"],
    "properties": {
        "value": {"type": "string", "minLength": 1, "maxLength": 80},
        "expanded": {"type": "string", "minLength": 1, "maxLength": 300},
        "description": {"type": "string", "maxLength": 1000},
        "broader": WORD,
        "numerical_value": {"type": "integer"},
        "colour": {"type": "string", "pattern": "^#[0-9A-F]{6}$"},
    },
}
TAXONOMY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["namespace", "expanded", "description", "version", "source", "licence", "predicates"],
    "properties": {
        "namespace": {"type": "string", "pattern": "^[a-z][a-z-]*$"},
        "expanded": WORD,
        "description": {"type": "string", "minLength": 20, "maxLength": 500},
        "version": {"type": ["integer", "string"]},
        "source": WORD,
        "licence": WORD,
        "exclusive": {"type": "boolean"},
        "predicates": {"type": "array", "minItems": 1, "items": TERM},
        "values": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["predicate", "entry"],
                "properties": {"predicate": WORD, "entry": {"type": "array", "minItems": 1, "items": TERM}},
            },
        },
    },
}


def read_taxonomies() -> dict[str, Any]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}


def shipped_tags() -> set[str]:
    """Every tag that the shipped taxonomies allow."""
    tags = set()
    for taxonomy in read_taxonomies().values():
        if "values" not in taxonomy:
            tags |= {f"{taxonomy['namespace']}:{predicate['value']}" for predicate in taxonomy["predicates"]}
        for group in taxonomy.get("values", []):
            tags |= {f'{taxonomy["namespace"]}:{group["predicate"]}="{entry["value"]}"' for entry in group["entry"]}
    return tags


def test_the_shipped_set():
    assert {stem: taxonomy["namespace"] for stem, taxonomy in read_taxonomies().items()} == {
        "avid": "avid", "caseward-origin": "caseward-origin", "caseward-review": "caseward-review",
        "caseward-surface": "caseward-surface", "data-class": "data-class", "dpv-purpose": "dpv", "tlp": "tlp",
    }  # fmt: skip


@pytest.mark.parametrize("stem", sorted(read_taxonomies()))
def test_each_is_well_formed(stem):
    taxonomy = read_taxonomies()[stem]
    jsonschema.validate(taxonomy, TAXONOMY)
    predicates = [predicate["value"] for predicate in taxonomy["predicates"]]
    assert len(set(predicates)) == len(predicates)
    for group in taxonomy.get("values", []):
        assert group["predicate"] in predicates
        values = [entry["value"] for entry in group["entry"]]
        assert len(set(values)) == len(values)
        assert {entry["broader"] for entry in group["entry"] if "broader" in entry} <= set(values)
    assert "SA" not in taxonomy["licence"]  # nothing that would bind the whole


def test_labels_are_ordered_from_open_to_closed():
    taxonomies = read_taxonomies()
    order = {
        stem: [p["value"] for p in sorted(taxonomies[stem]["predicates"], key=lambda p: p["numerical_value"])]
        for stem in ("tlp", "data-class")
    }
    assert order["tlp"] == ["clear", "green", "amber", "amber+strict", "red"]
    assert order["data-class"] == ["public", "internal", "confidential", "restricted"]


def test_purposes_form_one_tree():
    (group,) = read_taxonomies()["dpv-purpose"]["values"]
    broader = {entry["value"]: entry.get("broader") for entry in group["entry"]}
    assert [value for value, above in broader.items() if above is None] == ["Purpose"]
    for value in broader:
        line = [value]
        while above := broader[line[-1]]:
            assert above not in line
            line.append(above)
        assert line[-1] == "Purpose"
    assert broader["FraudPreventionAndDetection"] == "MisusePreventionAndDetection"
    assert broader["MisusePreventionAndDetection"] == "EnforceSecurity"
    assert broader["ScientificResearch"] == "ResearchAndDevelopment"


def test_avid_codes_stand_below_their_group():
    groups = {group["predicate"]: group["entry"] for group in read_taxonomies()["avid"]["values"]}
    assert {predicate: len(entries) for predicate, entries in groups.items()} == {
        "risk-domain": 3,
        "sep": 48,
        "lifecycle": 6,
    }
    assert {entry["value"]: entry["broader"] for entry in groups["sep"] if "broader" in entry}["P0204"] == "P0200"
