"""Which tests need something that is not here: they are left out, and the summary says so."""

from __future__ import annotations

import os
import shutil

import pytest

# Folders of files that take minutes: begun first, they do not keep one process busy when all others are through.
LONGEST = ("tests/promises/", "tests/journeys/", "tests/workflows/")
# Marker -> what is missing, in the words of the summary.
REASONS = {
    "outside_data": "need outside data: name its folder in CASEWARD_DATA",
    "browser": "need a browser: install chromium and chromedriver",
    "campaign": "are long campaigns: start them with -m campaign",
}


def missing(config: pytest.Config) -> set[str]:
    """The markers whose tests cannot or should not run now."""
    found = set()
    if not os.environ.get("CASEWARD_DATA"):
        found.add("outside_data")
    if not browser_program() or not shutil.which("chromedriver"):
        found.add("browser")
    if "campaign" not in (config.option.markexpr or ""):
        found.add("campaign")
    return found


def browser_program() -> str | None:
    """The browser that browser tests drive."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> dict[str, int]:
    """Deselect what cannot run; returns how many tests each reason took away."""
    absent = missing(config)
    kept, left = [], []
    counts: dict[str, int] = {}
    for item in items:
        marker = next((name for name in REASONS if name in absent and item.get_closest_marker(name)), None)
        if marker is None:
            kept.append(item)
        else:
            left.append(item)
            counts[marker] = counts.get(marker, 0) + 1
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    return counts


def begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Order what several processes share; the tests of a file stay together and in their order."""
    items.sort(key=lambda item: (not item.nodeid.startswith(LONGEST), _file(item)))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
