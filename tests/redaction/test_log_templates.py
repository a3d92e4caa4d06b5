"""Log lines go to the models as templates, and only runs of digits that may be a telephone's to the numbering plans."""

import pytest

from redaction import analyse
from redaction.detectors import pii
from redaction.documents import leaves
from redaction.findings import Budget
from redaction.segments import segments_of
from redaction.sightings import for_models

LINE = "2026-03-{day} 08:{minute}:11 INFO Katharina Vollmer restarted job {number} after {number} ms on worker-{day}"


def templates(text):
    (leaf,) = leaves(text, Budget())
    return [piece.text for segment in segments_of(0, leaf) for piece in for_models(segment)]


def test_lines_that_differ_in_numbers_are_one_template():
    text = "\n".join(LINE.format(day=10 + i, minute=20 + i, number=7 ** (i + 1)) for i in range(6))
    assert set(templates(text)) == {"0 0 INFO Katharina Vollmer restarted job 0 after 0 ms on 0"}


def test_what_is_seen_in_a_template_stands_at_its_place_in_the_line():
    text = "\n".join(LINE.format(day=10 + i, minute=20 + i, number=7 ** (i + 1)) for i in range(6))
    people = [text[f.start : f.end] for f in analyse(text).findings if f.category == "PERSON"]
    assert people == ["Katharina Vollmer"] * 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ring +49 171 3920017 today", ["+49 171 3920017"]),
        ("2026-03-11 08:12:11 call 0171 3920017", ["0171 3920017"]),
        ("from 192.168.10.44 at 2026-03-11 08:12:11.448", []),
        ("two: +44 7911 123456 and (212) 555-0143", ["+44 7911 123456", "(212) 555-0143"]),
    ],
)
def test_telephones_among_dates_and_addresses(text, expected):
    found = [s for s in pii.validated_recognisers().find(text) if s.category == "PHONE_NUMBER"]
    assert [text[s.start : s.end] for s in found] == expected
