"""Rows of a table (CSV), mapped by the names of their columns."""

from typing import Any

from ..drafts import CaseDraft
from ..limits import DraftError
from ..strict_json import JsonError, parse_json
from . import own

# Columns and what they mean; any other column is kept as an unmapped field.
COLUMNS = {
    "source": "where the row comes from",
    "source_id": "its identity there; without one the row's content is its identity",
    "kind": "incident, hazard, exercise, vulnerability, evaluation, prediction, label_error, agent_trace, …",
    "title": "required",
    "summary": "free text",
    "model_name": "name of the model",
    "model_version": "its version",
    "developers": "names, separated by ;",
    "deployers": "names, separated by ;",
    "data_source": "where the input came from",
    "occurred_from": "2024, 2024-03 or 2024-03-09",
    "occurred_to": "the same",
    "severity_scheme": "e.g. CVSS:3.1",
    "severity_label": "informational, low, medium, high or critical",
    "severity_score": "a number",
    "severity_vector": "e.g. a CVSS vector",
    "tags": "machine tags, separated by ;",
    "links": "addresses, separated by blanks",
    "hypotheses": "free text",
    "experiments": "free text",
    "results": "free text",
    "rationale": "free text",
    "remediation": "free text",
    "inputs": "evidence: JSON, or text as it is",
    "outputs": "evidence",
    "expected": "evidence",
    "features": "evidence",
    "logs": "evidence",
    "metrics": "evidence",
    "licence": "licence of the row",
}
_EVIDENCE = ("inputs", "outputs", "expected", "features", "logs", "metrics")
_TEXTS = ("hypotheses", "experiments", "results", "rationale", "remediation")


def read(row: dict[str, str]) -> CaseDraft:
    """A draft from one row; empty cells count as absent."""
    cells = {name.strip(): text for name, text in row.items() if text.strip()}
    model = {
        "name": cells.pop("model_name", None),
        "version": cells.pop("model_version", None),
        "developer": _split(cells.pop("developers", "")),
        "deployer": _split(cells.pop("deployers", "")),
    }
    score = cells.pop("severity_score", None)
    severity: dict[str, Any] = {name: cells.pop(f"severity_{name}", None) for name in ("scheme", "label", "vector")} | {
        "score": _number(score)
    }
    licence = cells.pop("licence", "")
    facts = {
        "kind": cells.pop("kind", None),
        "model": model,
        "data_source": cells.pop("data_source", None),
        "occurred": {"from": cells.pop("occurred_from", None), "to": cells.pop("occurred_to", None)},
        "severity": severity,
        "links": cells.pop("links", "").split(),
        "provenance": {"licence": licence} if licence else {},
    }
    evidence = [{"name": name, "kind": name, "payload": _value(cells.pop(name))} for name in _EVIDENCE if name in cells]
    return own.read(
        {
            "title": cells.pop("title", None),
            "summary": cells.pop("summary", None),
            "source": cells.pop("source", None),
            "source_id": cells.pop("source_id", None),
            "write_up": {name: cells.pop(name) for name in _TEXTS if name in cells},
            "facts": facts,
            "tags": _split(cells.pop("tags", "")),
            "evidence": evidence,
            "unmapped": dict(cells),
        }
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise DraftError("severity_score", "must be a number") from None


def _value(text: str) -> Any:
    """JSON where the cell looks like it and is it; the text otherwise."""
    if text.lstrip()[:1] not in {"{", "["}:
        return text
    try:
        return parse_json(text)
    except JsonError:
        return text
