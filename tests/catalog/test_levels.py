"""The two axes as tags, and who may review: pure rules."""

import pytest

from hub.catalog.independence import is_independent
from hub.catalog.levels import higher_class, is_level_tag, level_tags, levels_of, stricter_tlp


@pytest.mark.parametrize(
    ("_case", "tags", "expected"),
    [
        ("none", ["avid:sep=\"P0204\""], (None, None)),
        ("both", ["data-class:confidential", "tlp:amber+strict"], ("confidential", "AMBER+STRICT")),
        ("the strictest counts", ["tlp:green", "tlp:red", "tlp:clear"], (None, "RED")),
        ("the highest counts", ["data-class:public", "data-class:internal"], ("internal", None)),
        ("as a value", ['data-class:level="restricted"', 'tlp:label="GREEN"'], ("restricted", "GREEN")),
        ("the old word", ["tlp:white"], (None, "CLEAR")),
        ("unknown words", ["tlp:unclear", "data-class:secret"], (None, None)),
        ("another namespace", ["xtlp:red", "tlpx:red"], (None, None)),
    ],
)  # fmt: skip
def test_levels_of_tags(_case: str, tags: list[str], expected: tuple[str | None, str | None]) -> None:
    assert levels_of(tags) == expected


def test_levels_only_rise() -> None:
    assert (higher_class("internal", "public"), higher_class("internal", "restricted")) == ("internal", "restricted")
    assert (stricter_tlp("AMBER", None), stricter_tlp("AMBER", "AMBER+STRICT")) == ("AMBER", "AMBER+STRICT")


def test_tags_of_levels_name_them() -> None:
    tags = level_tags("restricted", "AMBER+STRICT")
    assert tags == ("data-class:restricted", "tlp:amber+strict")
    assert all(map(is_level_tag, tags))
    assert levels_of(tags) == ("restricted", "AMBER+STRICT")
    assert not is_level_tag('avid:sep="P0204"')


def test_an_author_of_any_version_is_no_reviewer() -> None:
    assert is_independent("user:3", ["user:1", "user:2"])
    assert not is_independent("user:1", ["user:1", "user:2"])
    assert is_independent("user:1", [])
