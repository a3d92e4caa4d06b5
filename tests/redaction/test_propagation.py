"""A name found once is hidden everywhere in its case: with initials, in the possessive, and in its two parts."""

import pytest

from redaction import analyse
from redaction.propagation import FoundValues, parts_of_name


def stretches(name, text):
    values = FoundValues()
    values.add(name, "PERSON", 0.9)
    return {text[span.start : span.end] for span in values.find(text)}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Fumiko Chiang-Lu's", ["Fumiko", "Chiang-Lu"]),
        ("Fumiko Chiang-Lu’s", ["Fumiko", "Chiang-Lu"]),
        ("Kaltenbach's", ["Kaltenbach"]),
        ("Jonas Haas'", ["Jonas", "Haas"]),
        ("Fiona O'Brien's", ["Fiona", "O'Brien"]),
    ],
)
def test_the_telling_parts_of_a_name_carry_no_possessive(name, parts):
    assert list(parts_of_name(name)) == parts


@pytest.mark.parametrize(
    ("written", "hidden"),
    [
        ("checked by F. Chiang-Lu today", "Chiang-Lu"),
        ("in chiang_lu.txt", "chiang_lu"),
        ("said chiang lu once", "chiang lu"),
        ("CHIANG-LU wrote", "CHIANG-LU"),
        ("for chianglu only", "chianglu"),
    ],
)
def test_a_double_name_is_found_however_its_parts_are_joined(written, hidden):
    assert stretches("Fumiko Chiang-Lu's", written) == {hidden}


def test_two_words_that_happen_to_spell_a_plain_name_stay():
    assert stretches("Anna Overland", "went over land and back") == set()


def test_an_account_called_by_a_word_hides_the_word_nowhere_else():
    values = FoundValues()
    values.add("features", "USERNAME", 0.9)
    values.add("harvest-copper688", "USERNAME", 0.9)
    text = "The daily features of harvest-copper688 were late."
    assert {text[span.start : span.end] for span in values.find(text)} == {"harvest-copper688"}


@pytest.mark.parametrize(
    "text",
    [
        "OpenClaw has a SSRF bypass (CVE-2026-26324)",
        "see GHSA-abcd-1234-efgh, CWE-918 and AVID-2026-R1259",
        "join failed key=customer_ref rows=12",
    ],
)
def test_public_numbers_and_names_of_columns_stay(text):
    assert analyse(text).findings == ()


@pytest.mark.parametrize(
    "text",
    ["opened 12 January, first instalment not due yet", "since 3 January nothing came", "It broke. My order is late."],
)
def test_months_and_beginnings_of_sentences_are_no_people(text):
    assert [finding.category for finding in analyse(text).findings if finding.category == "PERSON"] == []
