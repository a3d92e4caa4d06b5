"""Dates as people and machines write them: moved by a number of days in the same notation, or coarsened."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(.*)", re.DOTALL)
_EUROPEAN = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(.*)", re.DOTALL)
_WORDS_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([A-Za-z]{3,9})\.?,? (\d{4})(.*)", re.DOTALL)
_WORDS_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(.*)", re.DOTALL)


def _month(word: str) -> int:
    folded = word.casefold()[:3]
    return next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(folded)), 0)


def parsed(text: str) -> tuple[date, str] | None:
    """The day a text names, and the kind of notation."""
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[3]), int(match[4])), "iso"
        if match := _EUROPEAN.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            year += (1900 if year > 50 else 2000) if year < 100 else 0
            month_first = (match[2] == "/" and first <= 12) or second > 12
            return (
                (date(year, first, second), "month_first") if month_first else (date(year, second, first), "day_first")
            )
        if match := _WORDS_DAY_FIRST.fullmatch(text):
            return date(int(match[3]), _month(match[2]), int(match[1])), "words_day_first"
        if match := _WORDS_MONTH_FIRST.fullmatch(text):
            return date(int(match[3]), _month(match[1]), int(match[2])), "words_month_first"
    except ValueError:
        return None
    return None


def shifted(text: str, days: int) -> str | None:
    """The same notation with the day moved; None when the text is no full date."""
    reading = parsed(text)
    if reading is None:
        return None
    day, notation = reading
    try:
        moved = day + timedelta(days=days)
    except OverflowError:
        return None
    name = _MONTHS[moved.month - 1].capitalize()
    if notation == "iso" and (match := _ISO.fullmatch(text)):
        return f"{moved.year:04}{match[2]}{moved.month:02}{match[2]}{moved.day:02}{match[5]}"
    if notation in ("day_first", "month_first") and (match := _EUROPEAN.fullmatch(text)):
        first, second = (moved.day, moved.month) if notation == "day_first" else (moved.month, moved.day)
        year = f"{moved.year % 100:02}" if len(match[4]) == 2 else f"{moved.year:04}"
        return f"{first:02}{match[2]}{second:02}{match[2]}{year}{match[5]}"
    if notation == "words_day_first" and (match := _WORDS_DAY_FIRST.fullmatch(text)):
        return f"{moved.day} {name} {moved.year}{match[4]}"
    if notation == "words_month_first" and (match := _WORDS_MONTH_FIRST.fullmatch(text)):
        return f"{name} {moved.day}, {moved.year}{match[4]}"
    return None


def to_month(text: str) -> str | None:
    """2026-03 for any full date; what already names only a month stays."""
    if reading := parsed(text):
        return f"{reading[0].year:04}-{reading[0].month:02}"
    if match := re.fullmatch(r"([A-Za-z]{3,9})\.? (\d{4})", text):
        return f"{match[2]}-{_month(match[1]):02}" if _month(match[1]) else None
    return None


def to_year(text: str) -> str | None:
    if reading := parsed(text):
        return f"{reading[0].year:04}"
    match = re.search(r"\b(1[89]\d\d|20\d\d)\b", text)
    return match[1] if match else None
