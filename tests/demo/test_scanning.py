"""The search finds every planted value in the raw cases, in any wrapping, and nothing where nothing is left."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from hub.demo.cases import build_demo_cases
from hub.demo.needles import needles_for
from hub.demo.planting import Planted, plant
from hub.demo.scanning import Scanner
from tests.demo.places import blanked, text_at


@pytest.fixture(scope="module")
def run():
    planter = plant()
    return planter, build_demo_cases(planter)


def planted(value: str, category: str) -> Planted:
    return Planted(value, category, "case", "prose", needles_for(value, category))


def test_every_planted_value_is_found_in_the_raw_cases(run):
    planter, cases = run
    scanner = Scanner(planter.planted)
    for raw in (json.dumps(cases), json.dumps(cases, ensure_ascii=False).encode(), json.dumps(json.dumps(cases))):
        assert {leak.planted.value for leak in scanner.scan(raw, "raw")} == planter.distinct_values()


def test_every_planted_stretch_is_found_on_its_own(run):
    planter, cases = run
    by_slug = {case["source_id"]: case for case in cases}
    scanner = Scanner(planter.planted)
    for p in planter.planted:
        stretch = text_at(by_slug[p.case_slug], p.path)[p.start : p.end]
        assert p.value in {leak.planted.value for leak in scanner.scan(stretch, p.path)}, (p.form, p.category)


def test_nothing_is_found_once_the_planted_values_are_gone(run):
    planter, cases = run
    scanner = Scanner(planter.planted)
    for case in cases:
        assert scanner.scan(json.dumps(blanked(case, planter.planted)), case["source_id"]) == []


def test_one_value_left_is_one_leak_with_its_place(run):
    planter, cases = run
    left = next(p for p in planter.planted if p.category == "iban")
    text = json.dumps([blanked(case, planter.planted) for case in cases] + [left.value])
    (leak,) = Scanner(planter.planted).scan(text, "GET /graphql")
    assert (leak.planted.value, leak.where) == (left.value, "GET /graphql")
    assert left.value not in repr(leak).replace(repr(leak.planted), "")


MAIL = planted("jana.müller-o'neil@post.example.org", "email")
NAME = planted("Begoña Zubizarreta", "person")
CARD = planted("4539 1488 0343 6467", "credit_card")
TOKEN = planted("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "api_key")
PHONE = planted("+44 7700 900412", "phone")
STREET = planted("1482 Alder Kestrel Road, Dayton, OH 45402", "address")


@pytest.mark.parametrize(
    ("_case", "value", "text"),
    [
        ("plain", NAME, "seen by Begoña Zubizarreta today"),
        ("family alone", NAME, "Ms ZUBIZARRETA called"),
        ("given alone", NAME, "Hi begoña,"),
        ("possessive", NAME, "Zubizarreta's order"),
        ("turned round", NAME, "Zubizarreta, Begoña"),
        ("decomposed accents", NAME, "Begon\u0303a"),
        ("wide letters", NAME, "Ｚｕｂｉｚａｒｒｅｔａ"),
        ("zero width", NAME, "Zubi\u200bzarreta"),
        ("soft hyphen", NAME, "Zubi\u00adzarreta"),
        ("JSON escapes", NAME, json.dumps({"a": "Begoña"})),
        ("JSON in JSON in JSON", MAIL, json.dumps(json.dumps(json.dumps({"a": MAIL.value})))),
        ("form encoded", NAME, "name=" + quote_plus("Begoña Zubizarreta")),
        ("URL in URL", MAIL, quote(quote(MAIL.value, safe=""), safe="")),
        ("entities", MAIL, "".join(f"&#{ord(c)};" for c in MAIL.value)),
        ("entities of entities", MAIL, html.escape(html.escape(MAIL.value))),
        ("local part alone", MAIL, "jana.müller-o'neil@<HOST>"),
        ("base64", TOKEN, base64.b64encode(f"key={TOKEN.value}\n".encode()).decode()),
        ("base64 in base64", TOKEN, base64.b64encode(base64.b64encode(TOKEN.value.encode())).decode()),
        ("base64 of another alignment, cut", TOKEN, base64.b64encode(f"xx{TOKEN.value}".encode()).decode()[2:]),
        ("base64 for URLs", MAIL, base64.urlsafe_b64encode(f"??>>{MAIL.value}".encode()).decode().rstrip("=")),
        ("hex", MAIL, MAIL.value.encode().hex()),
        ("hex in capitals", MAIL, MAIL.value.encode().hex().upper()),
        ("lower case", TOKEN, TOKEN.value.lower()),
        ("line break", TOKEN, TOKEN.value[:12] + "\n" + TOKEN.value[12:]),
        ("escaped line break", TOKEN, TOKEN.value[:12] + "\\n" + TOKEN.value[12:]),
        ("other separators", CARD, "4539-1488-0343-6467"),
        ("no separators", CARD, "pan=4539148803436467;"),
        ("pairs", CARD, "45 39 14 88 03 43 64 67"),
        ("national number", PHONE, "07700 900 412"),
        ("brackets and dots", PHONE, "(+44)7700.900.412"),
        ("street alone", STREET, "1482 alder kestrel road"),
        ("street without number", STREET, "lives in Alder\nKestrel Road"),
    ],
)
def test_found_in_any_wrapping(_case, value, text):
    assert [leak.planted for leak in Scanner([value]).scan(text, "here")] == [value]
    assert [leak.planted for leak in Scanner([value]).scan(text.encode(), "here")] == [value]


@pytest.mark.parametrize(
    ("_case", "value", "text"),
    [
        ("another person", NAME, "Begonia Zubiz"),
        ("part of a longer word", planted("Konrad Mandel", "person"), "Mandelbrot and konradins"),
        ("the town alone", STREET, "somewhere in Dayton, OH"),
        ("the host alone", MAIL, "a mail at post.example.org"),
        ("the key's prefix alone", TOKEN, "a token starting with ghp_"),
        ("label", NAME, "<PERSON> PERSON_7f3a9c"),
        ("other figures", CARD, "4539 1488 0343 6468"),
        ("empty", NAME, ""),
        ("undecodable bytes", NAME, b"\xff\xfe\x00Zubi"),
    ],
)
def test_not_found_where_it_is_not(_case, value, text):
    assert Scanner([value]).scan(text, "here") == []


def test_a_value_planted_often_is_one_leak():
    again = Planted(NAME.value, "person", "another-case", "log", NAME.needles)
    leaks = Scanner([NAME, again]).scan("Begoña Zubizarreta and BEGOÑA ZUBIZARRETA", "x")
    assert [leak.planted for leak in leaks] == [NAME]


def test_a_scanner_without_values_finds_nothing():
    assert Scanner([]).scan("anything", "x") == []
