"""IBANs in any grouping, told from other text by their check digits."""

import pytest

from redaction.detectors.iban_groups import find, has_valid_check_digits

# The examples that the standard's registry prints; nobody's accounts.
GERMAN, NORWEGIAN, MALTESE = "DE89370400440532013000", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"


@pytest.mark.parametrize("number", [GERMAN, NORWEGIAN, MALTESE])
def test_check_digits(number):
    assert has_valid_check_digits(number)
    assert not has_valid_check_digits(number[:-1] + ("1" if number[-1] != "1" else "2"))


@pytest.mark.parametrize(
    ("_case", "written"),
    [
        ("in one piece", GERMAN),
        ("in fours", "DE89 3704 0044 0532 0130 00"),
        ("in pairs with hyphens", "-".join(GERMAN[i : i + 2] for i in range(0, len(GERMAN), 2))),
        ("over a line end", "DE89 3704 0044\n0532 0130 00"),
        ("over a line end of another system", "DE89 3704 0044\r\n0532 0130 00"),
        ("with hard blanks", "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"),
        ("the shortest there is", NORWEGIAN),
        ("nearly the longest", MALTESE),
    ],
)
def test_found_however_it_is_grouped(_case, written):
    text = f"to {written}, thanks"
    assert [(span.start, span.end, span.category) for span in find(text)] == [(3, 3 + len(written), "BANK_ACCOUNT")]


@pytest.mark.parametrize(
    ("_case", "text"),
    [
        ("a wrong digit", "DE89 3704 0044 0532 0130 01"),
        ("three blanks in between", "DE89   3704 0044 0532 0130 00"),
        ("lower case", GERMAN.lower()),
        ("glued to a word", GERMAN + "X9"),
        ("the beginning only", "DE89 3704 0044"),
    ],
)
def test_other_text_is_left_alone(_case, text):
    assert list(find(text)) == []
