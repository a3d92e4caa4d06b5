"""The demo cases have the shape that submission expects and say what failed, in which model, at which step."""

from __future__ import annotations

import json
import re
from collections import Counter

import jsonschema
import pytest

from hub.demo.cases import build_demo_cases, read_stories
from hub.demo.planting import plant
from tests.demo.test_taxonomies import shipped_tags

SOME_WORDS = {"type": "array", "minItems": 1, "items": {"type": "string"}}
TEXT = {"type": "string", "minLength": 20}
CASE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["source", "source_id", "team", "title", "summary", "write_up", "facts", "tags", "evidence"],
    "properties": {
        "source": {"const": "demo"},
        "source_id": {"type": "string", "pattern": "^[a-z0-9-]{8,60}$"},
        "team": {"enum": ["acme/atlas", "acme/zephyr", "borealis/lumen", "borealis/drift", "cobalt/quarry"]},
        "title": {"type": "string", "minLength": 20, "maxLength": 160},
        "summary": {"type": "string", "minLength": 100},
        "write_up": {
            "type": "object",
            "additionalProperties": False,
            "required": ["hypotheses", "experiments", "results", "rationale", "remediation"],
            "properties": {
                "hypotheses": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["statement", "confidence", "basis"],
                        "properties": {
                            "statement": {"type": "string", "minLength": 10},
                            "confidence": {"enum": ["low", "medium", "high"]},
                            "basis": {"type": "string", "minLength": 4},
                        },
                    },
                },
                **dict.fromkeys(("experiments", "rationale", "remediation"), TEXT),
                "results": {"type": "string", "minLength": 12},
            },
        },
        "facts": {
            "type": "object",
            "additionalProperties": False,
            "required": ["kind", "model", "data_source", "environment", "occurred", "severity", "impact", "links"],
            "properties": {
                "kind": {
                    "enum": ["incident", "hazard", "exercise", "vulnerability", "evaluation", "prediction",
                             "label_error", "agent_trace", "disengagement", "bug"]
                },
                "model": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "version", "developer", "deployer", "artifact_types"],
                    "properties": {
                        "name": {"type": "string", "minLength": 4},
                        "version": {"type": "string", "minLength": 1},
                        **dict.fromkeys(("developer", "deployer"), SOME_WORDS),
                        "artifact_types": SOME_WORDS | {"items": {"enum": ["Dataset", "Model", "System"]}},
                    },
                },
                "data_source": {"type": "string", "minLength": 5},
                "environment": {"type": "object", "required": ["stage"]},
                "occurred": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["from", "to", "granularity"],
                    "properties": {
                        **{end: {"type": "string", "format": "date"} for end in ("from", "to")},
                        "granularity": {"enum": ["day", "month"]},
                    },
                },
                "severity": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["scheme", "label", "score"],
                    "properties": {
                        "scheme": {"const": "caseward"},
                        "label": {"enum": ["informational", "low", "medium", "high", "critical"]},
                        "score": {"type": "number", "minimum": 0, "maximum": 10},
                    },
                },
                "impact": {"type": "object"},
                "links": {
                    "type": "array",
                    "items": {"type": "object", "additionalProperties": False, "required": ["label", "url"],
                              "properties": {"label": {"type": "string"}, "url": {"type": "string", "pattern": "^https://"}}},
                },
            },
        },
        "tags": {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "string"}},
        "evidence": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "kind", "media_type", "payload"],
                "properties": {
                    "name": {"type": "string", "minLength": 3},
                    "kind": {"enum": ["inputs", "outputs", "features", "logs", "metrics", "trace", "annotations"]},
                    "media_type": {"type": "string", "pattern": "^(text|application)/[a-z-]+$"},
                    "payload": {"type": ["string", "object", "array"]},
                },
            },
        },
    },
}  # fmt: skip
# The seam between a score and its word, as the stories use it.
BANDS = {"informational": (0, 1), "low": (1, 4), "medium": (4, 7), "high": (7, 9), "critical": (9, 10.1)}


@pytest.fixture(scope="module")
def run():
    planter = plant()
    return planter, build_demo_cases(planter)


def test_every_case_has_the_agreed_shape(run):
    validator = jsonschema.Draft202012Validator(CASE, format_checker=jsonschema.FormatChecker())
    for case in run[1]:
        assert [
            f"{case['source_id']}: {error.json_path} {error.message}" for error in validator.iter_errors(case)
        ] == []
        assert json.loads(json.dumps(case)) == case


def test_there_are_about_sixty_and_each_team_has_some(run):
    cases = run[1]
    assert len({case["source_id"] for case in cases}) == len(cases) == 64
    assert Counter(case["team"] for case in cases) == {
        "acme/atlas": 27, "acme/zephyr": 18, "borealis/lumen": 11, "borealis/drift": 3, "cobalt/quarry": 5,
    }  # fmt: skip
    assert {case["facts"]["kind"] for case in cases} == set(CASE["properties"]["facts"]["properties"]["kind"]["enum"])


def test_every_summary_names_the_model_and_the_step(run):
    for case in run[1]:
        model = case["facts"]["model"]
        assert model["name"] in case["summary"], case["source_id"]
        assert "step" in case["summary"], case["source_id"]
        assert any(tag.startswith('caseward-surface:step="') for tag in case["tags"]), case["source_id"]


def test_every_tag_is_in_a_shipped_taxonomy(run):
    known = shipped_tags()
    for case in run[1]:
        assert [tag for tag in case["tags"] if tag not in known] == [], case["source_id"]
        assert sum(tag.startswith("tlp:") for tag in case["tags"]) == 1


def test_severity_words_fit_their_scores(run):
    for case in run[1]:
        low, high = BANDS[case["facts"]["severity"]["label"]]
        assert low <= case["facts"]["severity"]["score"] < high, case["source_id"]


def test_dates_run_forward(run):
    for case in run[1]:
        assert case["facts"]["occurred"]["from"] <= case["facts"]["occurred"]["to"]


def test_nothing_is_left_unfilled_or_wrapped(run):
    for case in run[1]:
        text = json.dumps(case, ensure_ascii=False)
        assert re.search(r"\{[a-z]+(\.[a-z]+)?:[a-z_]+(\|[a-z_]+)?\}|\[\[|[\ue000-\uf8ff]", text) is None, case[
            "source_id"
        ]


def test_values_stand_in_texts_and_evidence_and_never_in_facts(run):
    """Typed facts and tags outlive a purge of the texts, so nothing sensitive belongs there."""
    tops = Counter(re.match(r"\w+", p.path)[0] for p in run[0].planted)
    assert tops.keys() == {"title", "summary", "write_up", "evidence"}
    assert all(count >= 3 for count in tops.values())
    assert all(any(p.case_slug == case["source_id"] for p in run[0].planted) for case in run[1])


def test_building_does_not_change_the_stories():
    before = json.dumps(read_stories())
    build_demo_cases(plant())
    assert json.dumps(read_stories()) == before
