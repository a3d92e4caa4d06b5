"""The measure of what a projection keeps, on documents small enough to count by hand."""

from __future__ import annotations

import pytest

from hub.demo.cases import build_demo_cases
from hub.demo.planting import Planted, plant
from hub.demo.scanning import kept_share
from tests.demo.places import blanked

# "Anna" (4 characters) is planted, "failed at step 7" has 13 others.
TEXT = "Anna failed at step 7"
SPAN = Planted("Anna", "person", "c", "prose", ("Anna",), "text", 0, 4)


@pytest.mark.parametrize(
    ("_case", "source", "projected", "expected"),
    [
        ("only the planted gone", {"text": TEXT}, {"text": "<PERSON> failed at step 7"}, 1.0),
        ("untouched", {"text": TEXT}, {"text": TEXT}, 1.0),
        ("one word lost", {"text": TEXT}, {"text": "<PERSON> failed at <X> 7"}, 9 / 13),
        ("figure lost", {"text": TEXT}, {"text": "PERSON_1 failed at step"}, 12 / 13),
        ("all lost", {"text": TEXT}, {"text": "<GONE>"}, 0.0),
        ("path dropped", {"text": TEXT}, {}, 0.0),
        ("null instead", {"text": TEXT}, {"text": None}, 0.0),
        ("moved elsewhere", {"text": TEXT}, {"other": TEXT}, 0.0),
        ("order counts", {"text": "alpha gamma"}, {"text": "gamma alpha"}, 0.5),
        ("numbers count", {"n": 1234, "t": "abcdef"}, {"n": "<N>", "t": "abcdef"}, 0.6),
        ("numbers kept", {"n": 0.25}, {"n": 0.25}, 1.0),
        ("keys and truth values do not count", {"long_key": True, "t": "ab"}, {"t": "ab"}, 1.0),
        ("lists by position", {"l": ["ab", "cd"]}, {"l": ["ab", "<X>"]}, 0.5),
        ("nothing to keep", {}, {}, 1.0),
    ],
)
def test_share_by_hand(_case, source, projected, expected):
    spans = [SPAN] if source.get("text") == TEXT else []
    assert kept_share(source, projected, spans) == pytest.approx(expected)


def test_two_values_in_one_encoded_stretch_count_once():
    both = [Planted(v, "person", "c", "base64", (v,), "t", 3, 7) for v in ("one", "two")]
    assert kept_share({"t": "ab QUJD cd"}, {"t": "ab <X> cd"}, both) == 1.0
    assert kept_share({"t": "ab QUJD cd"}, {"t": "ab <X>"}, both) == 0.5


def test_values_of_other_cases_do_not_count():
    other = Planted("failed", "person", "another", "prose", ("failed",), "text", 5, 11)
    document = {"source_id": "c", "text": TEXT}
    assert kept_share(document, document | {"text": "<PERSON> at step 7"}, [SPAN, other]) == pytest.approx(1 - 6 / 14)


def test_cases_without_exactly_the_planted_values_keep_everything():
    planter = plant()
    for case in build_demo_cases(planter):
        assert kept_share(case, blanked(case, planter.planted, " <X> "), planter.planted) == 1.0
