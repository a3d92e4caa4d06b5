"""Postal addresses: what belongs to one, and that a text made of thousands of them costs no more than its length."""

import time

import pytest

from redaction.detectors import addresses


def texts_found(text):
    return [text[span.start : span.end] for span in addresses.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Send it to 12 Harbour Lane, Apt 4 please.", "12 Harbour Lane, Apt 4"),
        ("Er wohnt Eschengasse 12, 34112 Kassel", "Eschengasse 12, 34112 Kassel"),
        ("au 12 rue des Glycines", "12 rue des Glycines"),
        ("PO Box 77 is closed", "PO Box 77"),
    ],
)
def test_an_address_is_found_with_what_belongs_to_it(text, found):
    assert found in texts_found(text)


def test_a_flat_counts_only_beside_a_street():
    assert texts_found("The model ran in Unit 4 and Room 12.") == []
    assert any("Apt 4" in found for found in texts_found("12 Harbour Lane Apt 4"))


@pytest.mark.parametrize("unit", ["1 Aa St ", "1 Aa St Apt 1 ", "PO Box 1 ", "Apt 1 "])
def test_four_times_the_text_takes_about_four_times_as_long(unit):
    def seconds(size):
        text = (unit * (size // len(unit) + 1))[:size]
        times = []
        for _ in range(3):
            started = time.process_time()
            for _ in addresses.completed(text, list(addresses.find(text))):
                pass
            times.append(time.process_time() - started)
        return min(times)

    seconds(2_000)
    # Were it quadratic, it would be sixteen times.
    assert seconds(80_000) < 9 * seconds(20_000) + 0.02
