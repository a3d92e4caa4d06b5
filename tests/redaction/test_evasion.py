"""Disguised, split, escaped and encoded values are found, and what hides them goes with them."""

import base64

import pytest

from redaction import analyse, load_pack, redact

NAME = "Katharina Vollmer"
MAIL = "katharina.vollmer@example.org"
KEY = b"k" * 32


def redacted(document):
    return redact(document, analyse(document).findings, load_pack("partner"), key=KEY, subject="case").document


@pytest.mark.parametrize(
    "form",
    [
        "Kathar\u200bina Voll\u200dmer",
        "\u202eKatharina Vollmer\u202c",
        "Ｋａｔｈａｒｉｎａ Ｖｏｌｌｍｅｒ",
        "Kаthаrinа Vоllmеr",  # Cyrillic а, о, е
        "Katharina Vollme\u0301r",
        "Katharina\u00a0Vollmer",
        "KATHARINA VOLLMER",
        "katharina vollmer",
        "Katharina Voll-\nmer",
        "Katharina\nVollmer",
        "K a t h a r i n a   V o l l m e r",
        "Vollmer, Katharina",
        "Katharina Vollmer's",
        "K. Vollmer",
        "katharina_vollmer",
        "report_vollmer_final.pdf",
        "uid=kvollmer-katharina.vollmer",
        "Katharina%20Vollmer",
        "Katharina+Vollmer%21",
        "name%3DKatharina%2520Vollmer",
        "&#75;atharina Vollmer",
        "\\u004batharina Vollmer",
        base64.b64encode(NAME.encode()).decode(),
        base64.urlsafe_b64encode(f'{{"customer": "{NAME}"}}'.encode()).decode(),
        NAME.encode().hex(),
        base64.b64encode(base64.b64encode(f"customer={NAME}".encode())).decode(),
        f'{{"note": "{{\\"by\\": \\"{NAME}\\"}}"}}',
    ],
)
def test_a_name_known_from_elsewhere_is_hidden_in_every_form(form):
    document = {"title": f"Complaint of {NAME} about a refund", "evidence": [{"payload": f"value {form} end"}]}
    payload = redacted(document)["evidence"][0]["payload"]
    lowered = payload.lower().replace("\u200b", "").replace(" ", "")
    assert "vollmer" not in lowered
    assert "katharina" not in lowered
    assert form not in payload
    assert payload.startswith("value")


@pytest.mark.parametrize(
    "form",
    [
        "k a t h a r i n a . v o l l m e r @ e x a m p l e . o r g",
        "katharina.vollmer @ example . org",
        "katharina.vollmer(at)example(dot)org",
        "katharina.vollmer%40example.org",
        "katharina.vollmer&#64;example.org",
        "katharina\u200b.vollmer@exam\u200bple.org",
        "ｋａｔｈａｒｉｎａ．ｖｏｌｌｍｅｒ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        base64.b64encode(MAIL.encode()).decode(),
        MAIL.encode().hex(),
    ],
)
def test_an_address_is_found_without_help(form):
    text = f"Please write to {form} soon"
    result = redacted(text)
    assert form not in result
    assert result.startswith("Please write to ")
    assert result.endswith(" soon")


@pytest.mark.parametrize(
    "digits",
    [
        "４１１１ １１１１ １１１１ １１１１",
        "4111\u200b1111\u200b1111\u200b1111",
        "4111-1111-1111-1111",
        "4111 1111\n1111 1111",
    ],
)
def test_numbers_in_other_digits_and_over_lines(digits):
    assert redacted(f"card {digits} was used") == "card <CREDIT_CARD> was used"


def test_offsets_point_into_the_original():
    text = "x \u200bAn\u200bna Schm\u200bidt, m&uuml;ller%40example.org y"
    stretches = {text[f.start : f.end] for f in analyse(text).findings}
    assert "An\u200bna Schm\u200bidt" in stretches
    assert any("%40example.org" in stretch for stretch in stretches)


def test_a_disguised_key_of_a_map_is_rewritten_and_the_shape_stays():
    document = {"counts": {"katharina.vollmer@example.org": 3, "retries": 1}}
    counts = redacted(document)["counts"]
    assert list(counts.values()) == [3, 1]
    assert "retries" in counts
    assert not any("vollmer" in key for key in counts)


@pytest.mark.parametrize(
    "text",
    [
        "Сегодня Анна Петрова позвонила в банк",
        "田中さんが電話しました",
        "أحمد اتصل بالبنك",
        "Η Μαρία Παπαδοπούλου τηλεφώνησε",
    ],
)
def test_text_no_model_reads_is_never_passed_as_clean(text):
    assert analyse(text).findings != ()
    assert not any(character.isalpha() and ord(character) > 0x370 for character in redacted(text))
