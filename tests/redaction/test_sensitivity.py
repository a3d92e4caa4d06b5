"""Which data class findings imply, and that both axes are ordered from open to closed."""

import pytest

from redaction import DataClass, Finding, Tlp, class_for


def finding(category, score=0.9):
    return Finding("text", 0, 4, category, score, "test")


@pytest.mark.parametrize(
    ("_case", "found", "expected"),
    [
        ("nothing found", [], DataClass.INTERNAL),
        ("a company", [finding("ORGANIZATION")], DataClass.INTERNAL),
        ("a person", [finding("PERSON")], DataClass.CONFIDENTIAL),
        ("a person nobody is sure of", [finding("PERSON", 0.49)], DataClass.INTERNAL),
        ("a person just sure enough", [finding("PERSON", 0.5)], DataClass.CONFIDENTIAL),
        ("a secret after a person", [finding("PERSON"), finding("SECRET")], DataClass.RESTRICTED),
        ("a secret before a person", [finding("SECRET"), finding("PERSON")], DataClass.RESTRICTED),
        ("a secret nobody is sure of", [finding("SECRET", 0.3)], DataClass.INTERNAL),
        ("a text in a script no model reads", [finding("UNSUPPORTED_LANGUAGE")], DataClass.CONFIDENTIAL),
        ("an illness", [finding("HEALTH")], DataClass.RESTRICTED),
    ],
)
def test_findings_imply_a_class(_case, found, expected):
    assert class_for(found) == expected


@pytest.mark.parametrize("axis", [DataClass, Tlp])
def test_an_axis_is_ordered_as_it_is_written(axis):
    members = list(axis)
    assert sorted(set(members)) == members
    assert members[0] < members[1] <= members[1] < members[-1] >= members[1] > members[0]


def test_the_axes_have_these_steps():
    assert [step.value for step in Tlp] == ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
    assert [step.name for step in DataClass] == ["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]
