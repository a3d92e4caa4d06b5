"""The second look refuses an output in which a found value stands, however it is written."""

import base64
from html import escape
from urllib.parse import quote

import pytest

from redaction import Finding, analyse, load_pack, redact, second_look

VALUE = "Katharina Vollmer"
ORIGINAL = {"t": f"by {VALUE} today"}
FINDINGS = [Finding("t", 3, 3 + len(VALUE), "PERSON", 0.9, "test")]
ACCOUNT = "CU-4821-77310"


@pytest.mark.parametrize(
    "leak",
    [
        VALUE, VALUE.lower(), VALUE.upper(), VALUE[::1].replace(" ", ""), "Vollmer", "k_vollmer", quote(VALUE),
        VALUE.replace(" ", "&#32;"),
        base64.b64encode(VALUE.encode()).decode(), base64.b64encode(b"x" + VALUE.encode()).decode(),
        VALUE.encode().hex(),
        "Kathar\u200bina V\u200bollmer", "".join(f"\\u{ord(c):04x}" for c in VALUE),
        "K a t h a r i n a V o l l m e r", escape(VALUE), "Katharina\nVollmer",
    ],
)  # fmt: skip
def test_a_found_value_in_the_output_is_a_leak(leak):
    verdict = second_look(ORIGINAL, {"t": "by PERSON_0a1b2c today", "u": f"file {leak} end"}, FINDINGS, deep=False)
    assert not verdict.is_clean
    assert set(verdict.reasons) <= {"value_remains", "value_encoded"}


@pytest.mark.parametrize("written", ["Fumiko Chiang-Lu", "Fumiko Chiang-Lu's", "Fumiko Chiang-Lu’s"])
@pytest.mark.parametrize("leak", ["F. Chiang-Lu", "CHIANG-LU", "chiang-lu.txt", "Fumiko"])
def test_a_double_name_that_stays_is_a_leak_however_it_was_found(written, leak):
    original = {"t": f"by {written} today"}
    findings = [Finding("t", 3, 3 + len(written), "PERSON", 0.9, "test")]
    verdict = second_look(original, {"t": "by PERSON_0a1b2c today", "u": f"file {leak} end"}, findings, deep=False)
    assert verdict.reasons == ("value_remains",)


def test_it_looks_into_keys_and_numbers():
    findings = [Finding("n", 0, 10, "ACCOUNT_ID", 0.9, "t")]
    original = {"n": 4821773105}
    assert not second_look(original, {"n": "x", "4821773105": 1}, findings, deep=False).is_clean
    assert not second_look(original, {"n": "x", "m": 4821773105}, findings, deep=False).is_clean
    assert second_look(original, {"n": "x", "m": 48217731}, findings, deep=False).is_clean


def test_tokens_and_ordinary_words_are_no_leak():
    verdict = second_look(ORIGINAL, {"t": "by PERSON_0a1b2c today, the vollmerization of data"}, FINDINGS, deep=False)
    assert verdict.is_clean
    assert verdict.reasons == ()


def test_what_the_policy_keeps_may_stand():
    kept = load_pack("internal")
    redacted = redact(ORIGINAL, FINDINGS, kept, key=b"k" * 32, subject="c")
    assert redacted.document == ORIGINAL
    assert second_look(ORIGINAL, redacted, FINDINGS).is_clean
    assert not second_look(ORIGINAL, ORIGINAL, FINDINGS, deep=False).is_clean


def test_a_deep_look_finds_what_the_first_missed():
    document = {"a": f"customer {ACCOUNT}", "b": "card 4111 1111 1111 1111"}
    findings = [f for f in analyse(document).findings if f.path == "a"] + [Finding("b", 0, 4, "CREDIT_CARD", 0.9, "t")]
    redacted = redact(document, findings, load_pack("partner"), key=b"k" * 32, subject="c")
    assert second_look(document, redacted, findings, deep=False).is_clean
    verdict = second_look(document, redacted, findings, policy=load_pack("partner"))
    assert not verdict.is_clean
    assert "found_again:CREDIT_CARD" in verdict.reasons
