"""What readers filter, order and search by, taken from the redacted document alone."""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.catalog.models.cases import CaseKind, SeverityLabel
from redaction import Finding, Policy, redact

SEARCH_TEXT_BYTES = 200_000
SEVERITY_RANKS = {label: rank for rank, label in enumerate(SeverityLabel.values, start=1)}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Facets:
    """The columns of a projection beside its document; the names are those of the columns."""

    title: str
    kind: str
    severity_label: str
    severity_rank: int
    model_name: str
    model_version: str
    data_source: str
    tags: list[str]
    occurred_from: date | None
    occurred_to: date | None
    recorded_on: date | None
    search_text: str


def facets_of(document: Mapping[str, Any], *, recorded_on: date | None) -> Facets:
    """Read the facets of a redacted document. What redaction turned into something else is left empty."""
    facts = _map(document.get("facts"))
    model, severity, occurred = _map(facts.get("model")), _map(facts.get("severity")), _map(facts.get("occurred"))
    kind, label = _text(facts.get("kind")), _text(severity.get("label"))
    first, last = _span(occurred)
    return Facets(
        title=_text(document.get("title"))[:600],
        kind=kind if kind in CaseKind.values else "",
        severity_label=label if label in SEVERITY_RANKS else "",
        severity_rank=SEVERITY_RANKS.get(label, 0),
        model_name=_text(model.get("name"))[:300],
        model_version=_text(model.get("version"))[:200],
        data_source=_text(facts.get("data_source"))[:300],
        tags=[tag[:300] for tag in document.get("tags") or [] if isinstance(tag, str)],
        occurred_from=first,
        occurred_to=last,
        recorded_on=recorded_on,
        search_text=_search_text(document),
    )


def coarsen_date(day: date, policy: Policy, *, key: bytes, subject: str) -> date | None:
    """A day that the hub itself adds, treated as the policy treats any date of the case; None where it goes."""
    text = day.isoformat()
    finding = Finding("recorded_on", 0, len(text), "DATE_TIME", 1.0, "hub")
    redacted = redact({"recorded_on": text}, (finding,), policy, key=key, subject=subject).document
    return parse_day(redacted.get("recorded_on") if isinstance(redacted, dict) else None)[0]


def parse_day(value: Any) -> tuple[date | None, date | None]:
    """The first and last day of `2026`, `2026-05` or `2026-05-17`; nothing for anything else."""
    found = _DATE.fullmatch(value.strip()[:10]) if isinstance(value, str) else None
    if not found:
        return None, None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        last_month = month or 12
        return first, first if day else date(first.year, last_month, calendar.monthrange(first.year, last_month)[1])
    except ValueError:
        return None, None


def _span(occurred: Mapping[str, Any]) -> tuple[date | None, date | None]:
    first, end_of_first = parse_day(occurred.get("from"))
    _, last = parse_day(occurred.get("to"))
    last = last or end_of_first
    # A shifted or generalised start may fall behind an end that was kept finer.
    return (first, last) if not (first and last and last < first) else (first, first)


def _search_text(document: Mapping[str, Any]) -> str:
    parts = [text for name in ("title", "summary", "write_up", "evidence") for text in _strings(document.get(name))]
    # PostgreSQL's text search vectors are limited; what comes first in a case is what people search by.
    return "\n".join(parts).encode("utf-8", "replace")[:SEARCH_TEXT_BYTES].decode("utf-8", "ignore")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
