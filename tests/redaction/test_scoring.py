"""The figures that judge detection, on texts small enough to count by hand."""

import pytest

from redaction.scoring import Tally, read_labelled, report, score


def span(start, end, label="NAME", **more):
    return {"start": start, "end": end, "label": label, **more}


@pytest.mark.parametrize(
    ("_case", "removed", "leaked"),
    [
        ("whole", [(0, 11)], 0),
        ("in two pieces, the blank between them stays", [(0, 4), (5, 11)], 0),
        ("one letter stays", [(0, 10)], 1),
        ("nothing removed", [], 1),
        ("past the end of the text", [(0, 99)], 0),
    ],
)
def test_a_span_leaks_when_any_sign_of_it_stays(_case, removed, leaked):
    result = score([{"text": "Anna Keller", "spans": [span(0, 11)]}], [removed])
    assert (result.direct.spans, result.direct.leaked) == (1, leaked)


def test_closed_class_words_inside_a_span_may_stay():
    row = {"text": "the bank of Elm", "spans": [span(0, 15)]}
    assert score([row], [[(4, 8), (12, 15)]]).direct.leaked == 0
    assert score([row], [[(4, 8)]]).direct.leaked == 1


def test_over_redaction_counts_signs_outside_every_label():
    row = {"text": "Anna saw it", "spans": [span(0, 4)]}
    result = score([row], [[(0, 8)]])
    assert (result.direct.other, result.direct.other_removed) == (5, 3)
    assert result.direct.over == 0.6


def test_quasi_identifiers_count_only_among_all_labels():
    row = {"text": "Anna, baker", "spans": [span(0, 4), span(6, 11, "JOB", identifier_type="QUASI")], "kind": "prose"}
    result = score([row], [[(0, 4)]])
    assert (result.direct.spans, result.direct.leaked) == (1, 0)
    assert (result.everything.spans, result.everything.leaked) == (2, 1)
    assert result.by_label["JOB"].leak == 1.0
    assert result.by_kind["prose"].spans == 1


def test_nothing_labelled_is_no_leak():
    assert (Tally().leak, Tally().over) == (0.0, 0.0)


def test_the_interval_is_repeatable_and_holds_the_figure():
    rows = [{"text": "Anna", "spans": [span(0, 4)]} for _ in range(20)]
    result = score(rows, [[(0, 4)]] * 15 + [[]] * 5)
    low, high = result.interval("leak")
    assert low < result.direct.leak == 0.25 < high
    assert result.interval("leak") == (low, high)


def test_the_report_names_leak_and_over_redaction():
    rows = [{"text": "Anna x", "spans": [span(0, 4)]}, {"text": "y", "spans": []}]
    assert list(report(score(rows, [[(0, 4)], []])))[1:] == [
        "all labels: 1 spans, leak 0.00 %",
        "    NAME                     spans     1  recall 100.00 % [100.00, 100.00]",
    ]


def test_a_line_without_spans_is_named_by_its_number(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"text": "a", "spans": []}\n\n{"text": "b"}\n')
    with pytest.raises(ValueError, match=r"^line 3: expected an object with 'text' and 'spans'$"):
        list(read_labelled(path))
