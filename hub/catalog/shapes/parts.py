"""The parts that several shapes have in common: dates, severity, tags, links and evidence items."""

import calendar
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from ..drafts import EvidenceDraft
from ..fields import Fields
from ..limits import MAX_EVIDENCE_ITEMS, MAX_TAG, MAX_TAGS, MEDIA_TYPE, DraftError
from ..models.cases import CaseKind, SeverityLabel

KINDS = tuple(CaseKind.values)
SEVERITIES = tuple(SeverityLabel.values)

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_GRANULARITIES = {"day": "day", "date": "day", "month": "month", "year": "year"}
# MISP machine tags: namespace:predicate or namespace:predicate="value".
_TAG = re.compile(r'[a-z0-9][a-z0-9._-]*:[A-Za-z0-9][A-Za-z0-9._+-]*(?:="[^"\x00-\x1f]+")?')


def read_day(text: str, where: str) -> tuple[date, date, str]:
    """First and last day, and how exact the text is: 2024, 2024-03 and 2024-03-09 are a year, a month and a day."""
    match = _DATE.match(text)
    if match is None or text[match.end() : match.end() + 1] not in {"", "T", " "}:
        raise DraftError(where, "must be a date as 2024, 2024-03 or 2024-03-09")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is not None and month and day:
            return date(year, month, day), date(year, month, day), "day"
        return span_of(date(year or 0, month or 1, 1), "month" if month else "year")
    except ValueError:
        raise DraftError(where, "is no day of the calendar") from None


def span_of(day: date, granularity: str) -> tuple[date, date, str]:
    """The first and last day of the day, month or year that a date stands for."""
    match granularity:
        case "year":
            return date(day.year, 1, 1), date(day.year, 12, 31), "year"
        case "month":
            last = calendar.monthrange(day.year, day.month)[1]
            return date(day.year, day.month, 1), date(day.year, day.month, last), "month"
        case _:
            return day, day, "day"


def read_granularity(text: str, where: str) -> str:
    """The granularity in our three words; empty when nothing is said."""
    if text and text.lower() not in _GRANULARITIES:
        raise DraftError(where, "must be day, month or year")
    return _GRANULARITIES.get(text.lower(), "")


def read_tags(tags: Iterable[str], where: str) -> tuple[str, ...]:
    """Machine tags, each once, in their order."""
    found = tuple(dict.fromkeys(tag.strip() for tag in tags))
    if len(found) > MAX_TAGS:
        raise DraftError(where, f"has more than {MAX_TAGS} tags")
    for index, tag in enumerate(found):
        if len(tag) > MAX_TAG or not _TAG.fullmatch(tag):
            raise DraftError(f"{where}[{index}]", 'must be a machine tag like tlp:amber or avid:sep="P0204"')
    return found


def read_links(items: list[Any], where: str) -> list[dict[str, Any]]:
    """Links as maps; a bare address becomes one."""
    links = [{"url": item} if isinstance(item, str) else item for item in items]
    if not all(isinstance(link, dict) for link in links):
        raise DraftError(where, "must be a list of addresses or of maps with label and url")
    return links


def read_evidence(name: str, kind: str, media_type: str, payload: Any, where: str) -> EvidenceDraft:
    """One evidence item; without a media type a text is plain text and everything else is JSON."""
    if payload is None:
        raise DraftError(where, "has no payload")
    if not name:
        raise DraftError(where, "has no name")
    media_type = media_type.lower() or ("text/plain" if isinstance(payload, str) else "application/json")
    if not MEDIA_TYPE.fullmatch(media_type):
        raise DraftError(where, "has a media type that is not like text/plain")
    return EvidenceDraft(name[:200], (kind or "other")[:40], media_type, payload)


def check_count(items: list[Any], where: str) -> None:
    """Refuse an unreasonable number of evidence items."""
    if len(items) > MAX_EVIDENCE_ITEMS:
        raise DraftError(where, f"has more than {MAX_EVIDENCE_ITEMS} evidence items")


def keep(unmapped: dict[str, Any], name: str, left: dict[str, Any] | str) -> None:
    """Put what a part left over among the unmapped fields, under the part's name."""
    if left:
        unmapped[name] = left


def short_name(name: str, limit: int = 200) -> str:
    """As many of the names "one; two; three" as the column holds; a single long one is cut."""
    if len(name) <= limit:
        return name
    found = ""
    for part in name.split("; "):
        longer = f"{found}; {part}" if found else part
        if len(longer) > limit:
            break
        found = longer
    return found or name[: limit - 1] + "…"


def texts_of(fields: Fields, name: str) -> Any:
    """A text, a list or a map as it is; other values are refused."""
    value = fields.take(name)
    if value is not None and not isinstance(value, str | list | dict):
        raise DraftError(fields.at(name), "must be a text or a list")
    return value
