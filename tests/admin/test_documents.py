"""Policy documents as text: what is read, what is refused and on which line, and what a difference shows."""

import pytest

from hub.admin.documents import UnreadableDocument, differing_lines, read_document, write_document

DOCUMENT = {
    "name": "partner",
    "operators": {"PERSON": "pseudonymise"},
    "fields": [{"path": "a[*].b", "operator": "drop"}],
}


def test_writing_and_reading_gives_the_same() -> None:
    assert read_document(write_document(DOCUMENT)) == DOCUMENT


def test_json_is_read_too() -> None:
    assert read_document('{"name": "partner", "operators": {"PERSON": "drop"}}') == {
        "name": "partner", "operators": {"PERSON": "drop"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [", "Line 1"),
        ("a: 1\nb: 2\na: 3\n", "Line 3: “a” stands there twice."),
        ("a: &x [1, 2]\nb: *x\n", "Line 2: write the value out instead of an alias (*)."),
        ("a: !!python/object/apply:os.system ['id']\n", "Line 1"),
        ("- a\n- b\n", "A policy is a map of entries"),
        ("1: one\n", "Line 1: the key 1 must be a text."),
        ("", "A policy is a map of entries"),
        ("a: " + "[" * 5000, "This is neither YAML nor JSON."),
        ("a" * 200_001, "longer than 200,000 characters"),
    ],
)
def test_a_bad_text_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(UnreadableDocument) as problem:
        read_document(text)
    assert words in str(problem.value)


def test_a_difference_shows_the_lines_that_change() -> None:
    after = {**DOCUMENT, "operators": {"PERSON": "drop"}}
    changed = [line for line in differing_lines(DOCUMENT, after) if line[0] in "+-"]
    assert changed == [("-", "  PERSON: pseudonymise"), ("+", "  PERSON: drop")]
    assert differing_lines(DOCUMENT, dict(DOCUMENT)) == []
