"""The two axes of sensitivity as tags and as ranks: what a case is, and who may have it."""

import re
from collections.abc import Iterable

from .models.cases import DATA_CLASSES, TLP_LABELS

CLASS_RANKS = {level: rank for rank, (level, _) in enumerate(DATA_CLASSES)}
TLP_RANKS = {level: rank for rank, (level, _) in enumerate(TLP_LABELS)}
DEFAULT_CLASS, DEFAULT_TLP = "internal", "AMBER"

# tlp:amber, tlp:amber+strict; data-class:confidential or data-class:level="confidential".
_LEVEL_TAG = re.compile(r'(data-class|tlp):(?:[A-Za-z0-9._-]+="([^"]+)"|([A-Za-z+_-]+))')


def levels_of(tags: Iterable[str]) -> tuple[str | None, str | None]:
    """The highest data class and the strictest TLP label that tags name; None where they name none."""
    classes, labels = [], []
    for tag in tags:
        match = _LEVEL_TAG.fullmatch(tag)
        if match is None:
            continue
        value = match[2] or match[3]
        if match[1] == "data-class" and value.lower() in CLASS_RANKS:
            classes.append(value.lower())
        # TLP 1 said WHITE for what TLP 2.0 calls CLEAR.
        label = value.upper().replace("_", "+").replace("WHITE", "CLEAR")
        if match[1] == "tlp" and label in TLP_RANKS:
            labels.append(label)
    return max(classes, key=CLASS_RANKS.__getitem__, default=None), max(labels, key=TLP_RANKS.__getitem__, default=None)


def is_level_tag(tag: str) -> bool:
    """Whether a tag belongs to one of the two axes; those follow the levels and are not set one by one."""
    return tag.startswith(("data-class:", "tlp:"))


def level_tags(data_class: str, tlp: str) -> tuple[str, str]:
    """The tags that show these levels."""
    return f"data-class:{data_class}", f"tlp:{tlp.lower()}"


def higher_class(one: str, other: str | None) -> str:
    """The more sensitive of two data classes."""
    return one if other is None or CLASS_RANKS[one] >= CLASS_RANKS[other] else other


def stricter_tlp(one: str, other: str | None) -> str:
    """The stricter of two TLP labels."""
    return one if other is None or TLP_RANKS[one] >= TLP_RANKS[other] else other
