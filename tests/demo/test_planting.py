"""What a run draws: enough of it, of every kind and form, valid, and different each time."""

from __future__ import annotations

import random
import re
from collections import Counter

import phonenumbers
import pytest

from hub.demo.cases import build_demo_cases, read_stories
from hub.demo.drawing import Draw, luhn_digit, name_lists
from hub.demo.planting import CATEGORIES, FORMS, KINDS, plant
from hub.demo.rendering import PLACEHOLDER, StoryError, render, strings
from tests.demo.places import text_at


def prose(_path: str) -> str:
    return "prose"


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_every_run_plants_enough_of_everything(seed):
    planter = plant(seed)
    build_demo_cases(planter)
    assert len(planter.distinct_values()) >= 400
    assert Counter(p.category for p in planter.planted).keys() == set(CATEGORIES)
    assert Counter(p.form for p in planter.planted).keys() == set(FORMS)
    assert min(Counter(p.form for p in planter.planted).values()) >= 5
    assert all(len(needle) >= 6 for p in planter.planted for needle in p.needles)
    assert all(p.value in p.needles for p in planter.planted)


def test_two_runs_share_no_contacts_or_secrets():
    runs = [plant(), plant()]
    for planter in runs:
        build_demo_cases(planter)
    first, second = ({p.value for p in planter.planted if p.category not in ("person",)} for planter in runs)
    assert len(first & second) <= 3  # a short phone number or user name may come up twice


def test_a_seed_repeats_a_run():
    runs = [plant(7), plant(7)]
    assert build_demo_cases(runs[0]) == build_demo_cases(runs[1])
    assert runs[0].planted == runs[1].planted


def test_a_family_name_belongs_to_one_person():
    planter = plant()
    build_demo_cases(planter)
    full = {p.value for p in planter.planted if p.category == "person" and " " in p.value}
    draw = Draw(random.Random(3))
    drawn = [draw.person().family for _ in range(300)]
    assert len(full) >= 100
    assert len(set(drawn)) == 300


def test_every_placeholder_is_planted_where_it_says():
    planter = plant()
    cases = {case["source_id"]: case for case in build_demo_cases(planter)}
    asked = Counter(
        (story["slug"], KINDS[match[1]])
        for story in read_stories()
        for text in strings(story)
        for match in PLACEHOLDER.finditer(text)
    )
    assert Counter((p.case_slug, p.category) for p in planter.planted) == asked
    for p in planter.planted:
        if p.form in ("prose", "json", "log", "traceback", "possessive"):
            assert text_at(cases[p.case_slug], p.path)[p.start : p.end] == p.value


def test_forms_are_written_as_named():
    planter = plant(5)
    document = {
        "a": "{person:x|upper} {person:x|lower} {person:x|initials} {person:x|possessive}",
        "b": "{email:x|spaces}|{email:x|html}|{email:x|url}|{card.compact:x|spaces}",
        "c": {"$json": {"inner": {"$json": {"mail": "{email:x}"}}}},
        "d": "[[hex:{email:x}]]",
    }
    rendered = render(document, planter, "slug", prose)
    person, mail = planter.value("slug", "person", "x").text, planter.value("slug", "email", "x").text
    card = planter.value("slug", "card", "x").text
    given, _, family = person.partition(" ")
    local, host = mail.split("@")
    assert rendered["a"] == f"{person.upper()} {person.lower()} {given[0]}. {family} {person}'s"
    spaced, entities, encoded, pairs = rendered["b"].split("|")
    assert spaced == f"{local.replace('.', ' . ')} @ {host.replace('.', ' . ')}"
    assert entities == f"{local}@{host}".replace("@", "&#64;").replace(".", "&#46;").replace("-", "&#45;")
    assert encoded == f"{local}%40{host}"
    assert pairs == " ".join(re.findall("..", card))
    assert rendered["c"] == '{"inner": "{\\"mail\\": \\"' + mail + '\\"}"}'
    assert bytes.fromhex(rendered["d"]).decode() == mail
    assert [p.form for p in planter.planted] == [
        "upper", "lower", "initials", "possessive", "spaces", "html_entities", "url_encoded", "spaces", "json_in_json",
        "hex",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{persona:x}", "some-case: {persona:x} asks for an unknown kind of value"),
        ("{person:x|rot}", "some-case: {person:x|rot} asks for an unknown form"),
    ],
)
def test_a_mistake_in_a_story_is_named(text, complaint):
    with pytest.raises(StoryError, match=re.escape(complaint)):
        render(text, plant(), "some-case", prose)


def test_numbers_have_valid_check_digits():
    draw = Draw(random.Random(11))
    for _ in range(300):
        card = re.sub(r"\D", "", draw.card(None))
        assert len(card) == 16
        assert luhn_digit(card[:-1]) == card[-1]
        iban = draw.iban(None).replace(" ", "")
        assert len(iban) == {"DE": 22, "GB": 22, "FR": 27, "NL": 18, "ES": 24, "IT": 27}[iban[:2]]
        assert int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1
    assert luhn_digit("411111111111111") == "1"


@pytest.mark.parametrize("country", ["us", "gb", "de", "fr", "nl", "es", "it"])
def test_telephone_numbers_belong_to_their_country(country):
    draw = Draw(random.Random(13))
    for _ in range(100):
        number = phonenumbers.parse(draw.phone(country), country.upper())
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.region_code_for_number(number) == country.upper()


def test_our_own_name_lists_are_large_and_distinct():
    given = [name for lists in name_lists().values() for name in lists[0]]
    family = [name for lists in name_lists().values() for name in lists[1]]
    assert len(set(given)) == len(given) >= 400
    assert len(set(family)) == len(family) >= 600
    assert not set(given) & set(family)


def test_no_name_is_a_word_of_the_stories():
    """Else a family name in an answer might be an ordinary word and not a leak."""
    told = " ".join(PLACEHOLDER.sub("", text) for story in read_stories() for text in strings(story)).casefold()
    words = set(re.findall(r"[^\W\d_]+", told))
    names = {name.casefold() for lists in name_lists().values() for part in lists for name in part}
    assert names & words == set()
