"""The hub's own shape and its limits: what comes in, and the exact words for what does not."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.catalog.documents import draft_digest, facts_document
from hub.catalog.drafts import DraftError, EvidenceDraft, draft_from_mapping
from hub.catalog.models import CaseKind
from tests.catalog.samples import OWN


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sample with one value put at a dotted path."""
    mapping = deepcopy(OWN)
    *parents, last = path.split(".")
    place = mapping
    for name in parents:
        place = place[name]
    place[last] = value
    return mapping


def nested(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


def test_own_shape_is_read_completely() -> None:
    draft = draft_from_mapping(OWN)
    assert (draft.source, draft.source_id, draft.title) == ("pager", "P-17", "Router sends refunds to sales")
    assert draft.write_up == OWN["write_up"]
    assert draft.unmapped == {}
    assert draft.tags == ('avid:sep="P0204"', "tlp:green")
    facts = draft.facts
    assert (facts.kind, facts.model_name, facts.model_version) == ("prediction", "ticket-router", "4.2")
    assert (facts.developers, facts.deployers, facts.artifact_types) == (("Acme",), (), ("Model",))
    assert (facts.occurred_from, facts.occurred_to) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (facts.severity_label, facts.severity_score) == ("high", Decimal("7.250"))
    assert draft.evidence == (
        EvidenceDraft("ticket", "inputs", "application/json", {"user": "ida@example.org"}),
        EvidenceDraft("worker.log", "logs", "text/plain", "ERROR queue=sales\n"),
    )


def test_facts_document_has_the_shape_that_everybody_reads() -> None:
    assert facts_document(draft_from_mapping(OWN).facts) == {
        "kind": "prediction",
        "model": {
            "name": "ticket-router",
            "version": "4.2",
            "developer": ["Acme"],
            "deployer": [],
            "artifact_types": ["Model"],
        },
        "data_source": "help desk",
        "environment": {"stage": "production"},
        "occurred": {"from": "2026-03-01", "to": "2026-03-31", "granularity": "month"},
        "severity": {"scheme": "caseward", "label": "high", "score": 7.25, "vector": ""},
        "impact": {"tickets": 312},
        "links": [{"label": "run", "url": "https://ml.acme.example/runs/9"}],
        "provenance": {"licence": "internal"},
    }


@pytest.mark.parametrize(
    ("_case", "mapping", "path", "problem"),
    [
        ("no title", changed("title", ""), "title", "is missing"),
        ("long title", changed("title", "x" * 501), "title", "is longer than 500 characters"),
        ("title no text", changed("title", ["x"]), "title", "must be a text"),
        ("NUL", changed("summary", "a\x00b"), "summary",
         "contains a NUL character; remove it or attach the material as a binary file"),
        ("half a pair", changed("summary", "\ud800"), "summary",
         "contains half of a surrogate pair, which is no text in UTF-8"),
        ("too deep", changed("facts.impact", {"x": nested(40)}), "facts.impact.x" + "[0]" * 29,
         "nested deeper than 32 levels; flatten it or attach it as a file"),
        ("100,000 deep", changed("facts.impact", {"x": nested(100_000)}), "facts.impact.x" + "[0]" * 29,
         "nested deeper than 32 levels; flatten it or attach it as a file"),
        ("infinite", changed("facts.impact", {"x": float("inf")}), "facts.impact.x",
         "a number that is not finite; leave it out or write it as a string"),
        ("beyond 64 bits", changed("facts.impact", {"x": 2**64}), "facts.impact.x",
         "a whole number beyond 64 bits; write it as a string"),
        ("no JSON", changed("facts.impact", {"x": {1, 2}}), "facts.impact.x", "a set is no JSON value"),
        ("key no text", changed("facts.impact", {1: 2}), "facts.impact", "a map has a key that is no string"),
        ("too large", changed("summary", "x" * 9_000_000), "",
         "larger than 8192 KB; attach large material as a file"),
        ("kind", changed("facts.kind", "accident"), "facts.kind",
         f"must be one of: {', '.join(CaseKind.values)}"),
        ("severity", changed("facts.severity.label", "awful"), "facts.severity.label",
         "must be one of: informational, low, medium, high, critical"),
        ("score", changed("facts.severity.score", 1000), "facts.severity.score", "must be below 1000"),
        ("score rounded up", changed("facts.severity.score", -999.9999), "facts.severity.score", "must be below 1000"),
        ("score no number", changed("facts.severity.score", True), "facts.severity.score", "must be a number"),
        ("day", changed("facts.occurred", {"from": "2026-02-30"}), "facts.occurred.from", "is no day of the calendar"),
        ("date", changed("facts.occurred", {"from": "yesterday"}), "facts.occurred.from",
         "must be a date as 2024, 2024-03 or 2024-03-09"),
        ("backwards", changed("facts.occurred", {"from": "2026-03", "to": "2026-02"}), "facts.occurred.to",
         "is before `from`"),
        ("tag", changed("tags", ["urgent"]), "tags[0]", 'must be a machine tag like tlp:amber or avid:sep="P0204"'),
        ("tags", changed("tags", [f"a:b{n}" for n in range(201)]), "tags", "has more than 200 entries"),
        ("evidence no payload", changed("evidence", [{"name": "a"}]), "evidence[0]", "has no payload"),
        ("evidence no name", changed("evidence", [{"payload": 1}]), "evidence[0].name", "is missing"),
        ("evidence unknown", changed("evidence", [{"name": "a", "payload": 1, "href": ""}]), "evidence[0]",
         "has 1 unknown field(s); known are name, kind, media_type and payload"),
        ("media type", changed("evidence", [{"name": "a", "payload": 1, "media_type": "json"}]), "evidence[0]",
         "has a media type that is not like text/plain"),
        ("environment", changed("facts.environment", "production"), "facts.environment",
         "must be a map of named fields"),
    ],
)  # fmt: skip
def test_refuses_with_the_place(_case: str, mapping: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(DraftError) as error:
        draft_from_mapping(mapping)
    assert (error.value.path, error.value.problem) == (path, problem)


def test_no_map_is_no_case() -> None:
    with pytest.raises(DraftError, match="a case must be a map of named fields"):
        draft_from_mapping([])  # type: ignore[arg-type]


def test_unknown_fields_are_kept_where_they_stood() -> None:
    mapping = changed("facts.model.framework", "sklearn")
    mapping |= {"ticket": "T-1", "unmapped": {"old": 1}}
    mapping["write_up"] = {"mood": "bad", "results": "None."}
    assert draft_from_mapping(mapping).unmapped == {
        "old": 1,
        "ticket": "T-1",
        "facts": {"model": {"framework": "sklearn"}},
        "write_up": {"mood": "bad"},
    }


def test_the_digest_depends_on_content_and_not_on_order() -> None:
    digest = draft_digest(draft_from_mapping(OWN))
    backwards = {key: OWN[key] for key in reversed(OWN)} | {"tags": OWN["tags"][::-1]}
    assert draft_digest(draft_from_mapping(backwards)) == digest
    for path, value in {"title": "Other", "facts.impact": {"tickets": 313}, "tags": [], "evidence": []}.items():
        assert draft_digest(draft_from_mapping(changed(path, value))) != digest
