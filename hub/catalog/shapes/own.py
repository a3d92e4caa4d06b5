"""The hub's own shape: title, summary, write_up, facts, tags, evidence items, unmapped."""

from typing import Any

from ..drafts import WRITE_UP, CaseDraft, EvidenceDraft, FactsDraft
from ..fields import Fields
from ..limits import MAX_SUMMARY, MAX_TITLE, DraftError
from . import parts


def read(mapping: dict[str, Any]) -> CaseDraft:
    """A draft from the hub's own shape. `team` names the owner and is no part of the case."""
    fields = Fields(mapping)
    fields.take("team")
    unmapped = fields.mapping("unmapped")
    title = fields.prose("title", MAX_TITLE, required=True)
    summary = fields.prose("summary", MAX_SUMMARY)
    writing = fields.inside("write_up")
    write_up = {name: text for name in WRITE_UP if (text := parts.texts_of(writing, name))}
    parts.keep(unmapped, "write_up", writing.left())
    facts = fields.inside("facts")
    read_facts = _facts(facts, unmapped)
    tags = parts.read_tags(fields.texts("tags", parts.MAX_TAG), fields.at("tags"))
    evidence = _evidence(fields.items("evidence"), fields.at("evidence"))
    source, source_id = fields.text("source", 60), fields.text("source_id", 200)
    unmapped.update(fields.left())
    return CaseDraft(title, summary, write_up, read_facts, tags, evidence, unmapped, source, source_id)


def _facts(facts: Fields, unmapped: dict[str, Any]) -> FactsDraft:
    model, occurred, severity = (facts.inside(name) for name in ("model", "occurred", "severity"))
    first, last, granularity = _occurred(occurred)
    found = FactsDraft(
        kind=facts.choice("kind", parts.KINDS, default="incident"),
        model_name=model.text("name", 200),
        model_version=model.text("version", 100),
        developers=model.texts("developer", 200),
        deployers=model.texts("deployer", 200),
        artifact_types=model.texts("artifact_types", 60),
        data_source=facts.text("data_source", 200),
        environment=facts.mapping("environment"),
        occurred_from=first,
        occurred_to=last,
        occurred_granularity=granularity,
        severity_scheme=severity.text("scheme", 40),
        severity_label=severity.choice("label", parts.SEVERITIES, default=""),
        severity_score=severity.number("score"),
        severity_vector=severity.text("vector", 200),
        impact=facts.mapping("impact"),
        links=parts.read_links(facts.items("links"), facts.at("links")),
        provenance=facts.mapping("provenance"),
    )
    rest = facts.left()
    for name, part in (("model", model), ("occurred", occurred), ("severity", severity)):
        parts.keep(rest, name, part.left())
    parts.keep(unmapped, "facts", rest)
    return found


def _occurred(occurred: Fields) -> tuple[Any, Any, str]:
    first_text, last_text = occurred.text("from", 40), occurred.text("to", 40)
    granularity = parts.read_granularity(occurred.text("granularity", 20), occurred.at("granularity"))
    if not first_text:
        if last_text:
            raise DraftError(occurred.at("from"), "is missing")
        return None, None, ""
    first, last, exactness = parts.read_day(first_text, occurred.at("from"))
    if last_text:
        _, last, _ = parts.read_day(last_text, occurred.at("to"))
    elif granularity:
        first, last, _ = parts.span_of(first, granularity)
    if last < first:
        raise DraftError(occurred.at("to"), "is before `from`")
    return first, last, granularity or exactness


def _evidence(items: list[Any], where: str) -> tuple[EvidenceDraft, ...]:
    parts.check_count(items, where)
    found = []
    for index, item in enumerate(items):
        path = f"{where}[{index}]"
        fields = Fields(item, path)
        name, kind = fields.text("name", 200, required=True), fields.text("kind", 40)
        media_type, payload = fields.text("media_type", 100), fields.take("payload")
        if left := fields.left():
            raise DraftError(path, f"has {len(left)} unknown field(s); known are name, kind, media_type and payload")
        found.append(parts.read_evidence(name, kind, media_type, payload, path))
    return tuple(found)
