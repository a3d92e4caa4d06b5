"""Records, AVID reports and tables, each mapped to one draft, nothing lost."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.catalog.drafts import DraftError, EvidenceDraft, draft_from_mapping
from hub.catalog.shapes import avid, table
from hub.catalog.shapes.parts import short_name

RECORD: dict[str, Any] = {
    "source": "bench",
    "source_id": "7",
    "kind": "evaluation",
    "title": "Digits are mixed up",
    "description": "Sevens are read as ones.",
    "model": {"name": "digits", "version": "2", "developer": ["Acme"], "framework": "torch 2.1"},
    "data_source": "test set",
    "occurred_on": "2020-05-01",
    "date_granularity": "month",
    "recorded_at": "2026-01-02T03:04:05Z",
    "environment": {"split": "test"},
    "taxonomy": ['avid:sep="P0204"'],
    "severity": {"scheme": "house", "label": "Level 3: Significant Risk", "score": 6.5},
    "impact": {"share": 0.02},
    "evidence": {"inputs": {"item": 9}, "confidence": 0.71, "logs": "seven\none", "expected": None},
    "remediation": [{"text": "Collect more sevens"}],
    "annotations": [{"annotator": "Mo", "values": [7]}],
    "references": [{"label": "run", "url": "https://ml.example/9"}, "https://ml.example/10"],
    "licence": "MIT",
    "provenance": "data/test.jsonl#7",
}

REPORT: dict[str, Any] = {
    "data_type": "AVID",
    "data_version": "0.2",
    "metadata": {"report_id": "AVID-2026-R9001"},
    "affects": {
        "developer": ["Acme"],
        "deployer": [],
        "artifacts": [{"type": "Model", "name": "digits"}, {"type": "System", "name": "scanner"}],
    },
    "problemtype": {
        "classof": "CVE Entry", "type": "Advisory", "description": {"lang": "eng", "value": "Scanner runs any code"},
    },
    "metrics": [{"name": "score", "results": {"rows": [1, 2]}}],
    "references": [{"type": "source", "label": "note", "url": "https://acme.example/n"}],
    "description": {"lang": "deu", "value": "Der Scanner führt Code aus."},
    "impact": {
        "avid": {"risk_domain": ["Security"], "sep_view": ["S0100: Software Vulnerability"],
                 "lifecycle_view": ["L06: Deployment"], "taxonomy_version": "0.2"},
        "cvss": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N", "baseScore": 9.8, "baseSeverity": "CRITICAL"},
        "cwe": [{"cweId": "CWE-502", "description": "Deserialization", "lang": "en"}],
    },
    "credit": [{"lang": "eng", "value": "Mo"}],
    "reported_date": "2026-01-09",
}  # fmt: skip


def test_a_flat_record() -> None:
    draft = draft_from_mapping(RECORD)
    assert (draft.source, draft.source_id, draft.title) == ("bench", "7", "Digits are mixed up")
    assert draft.summary == "Sevens are read as ones."
    assert draft.write_up == {"remediation": [{"text": "Collect more sevens"}]}
    facts = draft.facts
    assert (facts.occurred_from, facts.occurred_to, facts.occurred_granularity) == (
        date(2020, 5, 1), date(2020, 5, 31), "month",
    )  # fmt: skip
    assert (facts.severity_label, facts.severity_score) == ("", Decimal("6.500"))
    assert facts.links == [{"label": "run", "url": "https://ml.example/9"}, {"url": "https://ml.example/10"}]
    assert facts.provenance == {"path": "data/test.jsonl#7", "licence": "MIT"}
    assert draft.evidence == (
        EvidenceDraft("inputs", "inputs", "application/json", {"item": 9}),
        EvidenceDraft("confidence", "confidence", "application/json", 0.71),
        EvidenceDraft("logs", "logs", "text/plain", "seven\none"),
    )
    assert draft.unmapped == {
        "recorded_at": "2026-01-02T03:04:05Z",
        "severity": {"label": "Level 3: Significant Risk"},
        "model": {"framework": "torch 2.1"},
        "annotations": [{"annotator": "Mo", "values": [7]}],
    }


def test_the_time_of_day_of_a_record_is_kept() -> None:
    record = {"title": "Late", "occurred_at": "2013-04-25T09:10:00"}
    draft = draft_from_mapping(record)
    assert draft.facts.occurred_from == draft.facts.occurred_to == date(2013, 4, 25)
    assert draft.unmapped == {"occurred_at": "2013-04-25T09:10:00"}


def test_a_name_longer_than_its_column_is_cut_and_kept() -> None:
    names = "; ".join(f"model-{number:03}" for number in range(40))
    draft = draft_from_mapping({"title": "Many", "model": {"name": names}})
    assert draft.facts.model_name == "; ".join(f"model-{number:03}" for number in range(18))
    assert draft.unmapped == {"model": {"name": names}}
    assert short_name("x" * 300) == "x" * 199 + "…"
    assert short_name("short; names") == "short; names"


def test_an_avid_report() -> None:
    draft = avid.read(deepcopy(REPORT))
    assert (draft.source, draft.source_id) == ("avid", "AVID-2026-R9001")
    assert (draft.title, draft.summary) == ("Scanner runs any code", "Der Scanner führt Code aus.")
    facts = draft.facts
    assert (facts.kind, facts.model_name, facts.artifact_types) == (
        "vulnerability", "digits; scanner", ("Model", "System"),
    )  # fmt: skip
    assert (facts.severity_scheme, facts.severity_label, facts.severity_score, facts.severity_vector) == (
        "CVSS:3.1", "critical", Decimal("9.800"), "CVSS:3.1/AV:N",
    )  # fmt: skip
    assert facts.provenance == {"source": "AVID", "report_id": "AVID-2026-R9001", "data_version": "0.2"}
    assert facts.impact == REPORT["impact"]
    assert draft.tags == (
        'avid:risk-domain="Security"', 'avid:sep="S0100"', 'avid:lifecycle="L06"', 'cwe:id="CWE-502"',
    )  # fmt: skip
    assert draft.evidence == (EvidenceDraft("metrics", "metrics", "application/json", REPORT["metrics"]),)
    assert draft.unmapped == {
        "description": {"lang": "deu"},
        "problem_class": "CVE Entry",
        "problem_type": "Advisory",
        "artifacts": [{"name": "digits", "type": "Model"}, {"name": "scanner", "type": "System"}],
        "credit": [{"lang": "eng", "value": "Mo"}],
        "reported_date": "2026-01-09",
    }


@pytest.mark.parametrize(
    ("_case", "change", "message"),
    [
        ("another format", {"data_type": "CVE"}, 'data_type: must be "AVID"'),
        ("no id", {"metadata": {}}, "metadata.report_id: is missing"),
        ("nothing said", {"problemtype": {}, "description": {}}, "problemtype.description.value: is missing"),
        ("impact no map", {"impact": []}, "impact: must be a map of named fields"),
        ("artifact no map", {"affects": {"artifacts": ["x"]}}, "affects.artifacts[0]: must be a map of named fields"),
    ],
)
def test_refuses_a_report(_case: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DraftError) as error:
        avid.read(deepcopy(REPORT) | change)
    assert str(error.value) == message


def test_a_row_of_a_table() -> None:
    draft = table.read(
        {
            "title": "Late flights",
            "summary": "",
            "source": "ops",
            "source_id": "12",
            "kind": "Prediction",
            "model_name": "delay",
            "model_version": "1.0",
            "developers": "Acme; Beta",
            "occurred_from": "2024-02",
            "severity_label": "Low",
            "severity_score": "3.5",
            "tags": 'tlp:green; avid:sep="P0204"',
            "links": "https://a.example https://b.example",
            "results": "Retrained.",
            "features": '{"hour": 9}',
            "logs": "{not json",
            "desk": "north",
        }
    )
    assert (draft.source, draft.source_id, draft.title, draft.summary) == ("ops", "12", "Late flights", "")
    assert (draft.facts.kind, draft.facts.developers) == ("prediction", ("Acme", "Beta"))
    assert (draft.facts.occurred_from, draft.facts.occurred_to) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (draft.facts.severity_label, draft.facts.severity_score) == ("low", Decimal("3.500"))
    assert draft.tags == ("tlp:green", 'avid:sep="P0204"')
    assert draft.facts.links == [{"url": "https://a.example"}, {"url": "https://b.example"}]
    assert draft.write_up == {"results": "Retrained."}
    assert draft.evidence == (
        EvidenceDraft("features", "features", "application/json", {"hour": 9}),
        EvidenceDraft("logs", "logs", "text/plain", "{not json"),
    )
    assert draft.unmapped == {"desk": "north"}


@pytest.mark.parametrize("score", ["high", "nan", "1e999"])
def test_a_score_that_is_none(score: str) -> None:
    with pytest.raises(DraftError, match="severity"):
        table.read({"title": "x", "severity_score": score})


@pytest.mark.parametrize("number", [5, 1.5, True])
@pytest.mark.parametrize("name", ["title", "summary", "description"])
def test_words_are_no_numbers(name: str, number: object) -> None:
    for rest in ({}, {"facts": {}}):
        if name == "description" and rest:
            continue  # no field of the hub's own shape
        with pytest.raises(DraftError) as error:
            draft_from_mapping({"title": "x", **rest, name: number})
        assert str(error.value) == f"{name}: must be a text"
    report = deepcopy(REPORT)
    report["problemtype"]["description"]["value"] = number
    with pytest.raises(DraftError, match=r"^problemtype\.description\.value: must be a text$"):
        avid.read(report)


def test_names_and_ids_may_be_numbers() -> None:
    draft = draft_from_mapping({"title": "x", "source": "desk", "source_id": 7, "model": {"name": "m", "version": 2.1}})
    assert (draft.source_id, draft.facts.model_version) == ("7", "2.1")
