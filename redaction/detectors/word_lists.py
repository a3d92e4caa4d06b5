"""Reads the word lists: plain text under `data`, words parted by blanks, lines with a number sign are notes."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import yaml

_DATA = Path(__file__).with_name("data")


@lru_cache(maxsize=64)
def word_list(*names: str) -> frozenset[str]:
    """The words of one list, or of several together."""
    return frozenset(
        word
        for name in names
        for line in (_DATA / name).read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for word in line.split()
    )


def words_by_topic(name: str) -> dict[str, list[str]]:
    """A list in which each word stands under a topic, as `topic: words`."""
    topics = yaml.safe_load((_DATA / name).read_text(encoding="utf-8"))
    return {topic: text.split() for topic, text in topics.items()}


@lru_cache(maxsize=1)
def digest() -> str:
    """What all lists together say: a changed list finds other things, so it is another engine."""
    total = hashlib.sha256()
    for path in sorted(_DATA.iterdir()):
        if path.suffix in (".txt", ".yaml"):
            total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
