"""Flat records: one JSON object with its facts at the top and its evidence as a map of named values."""

from typing import Any

from ..drafts import WRITE_UP, CaseDraft, EvidenceDraft, FactsDraft
from ..fields import Fields
from ..limits import MAX_SUMMARY, MAX_TITLE, DraftError
from . import parts


def read(mapping: dict[str, Any]) -> CaseDraft:
    """A draft from a flat record. Fields that nothing here knows are kept as unmapped, and analysed like the rest."""
    fields = Fields(mapping)
    unmapped: dict[str, Any] = {}
    title = fields.prose("title", MAX_TITLE, required=True)
    summary = fields.prose("description", MAX_SUMMARY) or fields.prose("summary", MAX_SUMMARY)
    write_up = {name: text for name in WRITE_UP if (text := parts.texts_of(fields, name))}
    facts = _facts(fields, unmapped)
    tags = parts.read_tags((*fields.texts("taxonomy", 300), *fields.texts("tags", 300)), fields.at("taxonomy"))
    evidence = evidence_of(fields.mapping("evidence"), fields.at("evidence"))
    source, source_id = fields.text("source", 60), fields.text("source_id", 200)
    unmapped.update(fields.left())
    return CaseDraft(title, summary, write_up, facts, tags, evidence, unmapped, source, source_id)


def _facts(fields: Fields, unmapped: dict[str, Any]) -> FactsDraft:
    model = fields.inside("model")
    name = model.text("name", 5000)
    short = parts.short_name(name)
    first, last, granularity = _occurred(fields, unmapped)
    scheme, label, score, vector = severity_of(fields.inside("severity"), unmapped)
    facts = FactsDraft(
        kind=fields.choice("kind", parts.KINDS, default="incident"),
        model_name=short,
        model_version=model.text("version", 100),
        developers=model.texts("developer", 200),
        deployers=model.texts("deployer", 200),
        artifact_types=model.texts("artifact_types", 60),
        data_source=fields.text("data_source", 200),
        environment=fields.mapping("environment"),
        occurred_from=first,
        occurred_to=last,
        occurred_granularity=granularity,
        severity_scheme=scheme,
        severity_label=label,
        severity_score=score,
        severity_vector=vector,
        impact=fields.mapping("impact"),
        links=parts.read_links(fields.items("references"), fields.at("references")),
        provenance=_provenance(fields),
    )
    parts.keep(unmapped, "model", model.left() | ({"name": name} if name != short else {}))
    return facts


def _occurred(fields: Fields, unmapped: dict[str, Any]) -> tuple[Any, Any, str]:
    """`occurred_on` with its granularity, or the day of `occurred_at`, whose time of day stays among the unmapped."""
    moment, day_text = fields.text("occurred_at", 40), fields.text("occurred_on", 40)
    granularity = parts.read_granularity(fields.text("date_granularity", 20), fields.at("date_granularity"))
    if moment:
        unmapped["occurred_at"] = moment
    name = "occurred_on" if day_text else "occurred_at"
    if not (day_text or moment):
        return None, None, ""
    first, last, exactness = parts.read_day(day_text or moment, fields.at(name))
    return parts.span_of(first, granularity) if granularity else (first, last, exactness)


def severity_of(severity: Fields, unmapped: dict[str, Any]) -> tuple[str, str, Any, str]:
    """Scheme, label, score and vector; a label outside our five words stays as it is among the unmapped."""
    scheme, label = severity.text("scheme", 40), severity.text("label", 300)
    score, vector = severity.number("score"), severity.text("vector", 200)
    left = severity.left()
    known = label.lower() if label.lower() in parts.SEVERITIES else ""
    if label and not known:
        left["label"] = label
    parts.keep(unmapped, "severity", left)
    return scheme, known, score, vector


def _provenance(fields: Fields) -> dict[str, Any]:
    given = fields.take("provenance")
    if isinstance(given, str):
        given = {"path": given}
    if given is not None and not isinstance(given, dict):
        raise DraftError(fields.at("provenance"), "must be a text or a map")
    licence = fields.text("licence", 200)
    return {**(given or {}), **({"licence": licence} if licence else {})}


def evidence_of(evidence: dict[str, Any], where: str) -> tuple[EvidenceDraft, ...]:
    """Each named value becomes an evidence item of that kind."""
    parts.check_count(list(evidence), where)
    return tuple(
        parts.read_evidence(name, name, "", payload, f"{where}.{name}")
        for name, payload in evidence.items()
        if payload is not None
    )
