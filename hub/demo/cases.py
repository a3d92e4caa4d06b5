"""Turns the stories beside it into demo cases, with this run's values in the places the stories leave open."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .planting import Planter
from .rendering import render

STORIES = Path(__file__).with_name("stories")
EVIDENCE_PATH = re.compile(r"evidence\[(\d+)\]\.(.*)")


def build_demo_cases(planter: Planter) -> list[dict[str, Any]]:
    """All demo cases, ready to submit; what is planted in them stands in `planter.planted` afterwards."""
    return [build_case(story, planter) for story in read_stories()]


def build_case(story: dict[str, Any], planter: Planter) -> dict[str, Any]:
    """One case from one story."""
    document = {
        "source": "demo",
        "source_id": story["slug"],
        "team": story["team"],
        "title": story["title"],
        "summary": story["summary"],
        "write_up": story["write_up"],
        "facts": story["facts"],
        "tags": story["tags"],
        "evidence": story["evidence"],
    }

    def surface(path: str) -> str:
        match = EVIDENCE_PATH.match(path)
        return "prose" if match is None else _surface_of(story["evidence"][int(match[1])], match[2])

    rendered: dict[str, Any] = render(document, planter, story["slug"], surface)
    return rendered


def _surface_of(item: dict[str, Any], inside: str) -> str:
    """Which kind of text stands at a path of an evidence item."""
    if inside != "payload":
        return "json"
    if item["media_type"] == "text/x-traceback":
        return "traceback"
    return "log" if item["kind"] == "logs" else "prose"


@cache
def read_stories() -> tuple[dict[str, Any], ...]:
    """Every story of the data files, in the order of their names."""
    stories: list[dict[str, Any]] = []
    for file in sorted(STORIES.glob("*.yaml")):
        stories.extend(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    return tuple(stories)
