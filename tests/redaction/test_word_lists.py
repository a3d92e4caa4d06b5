"""The word lists: read as data, without their notes, and part of what an engine is."""

import pytest

from redaction import CATEGORIES
from redaction.detectors import word_lists
from redaction.detectors.key_names import category_of_key
from redaction.detectors.technical_terms import TECHNICAL
from redaction.detectors.word_lists import word_list, words_by_topic


def test_a_list_is_its_words_without_notes():
    assert word_list("name_particles.txt") == frozenset(
        "de van von der den da del di du la le al bin ibn dos das ter ten zu".split()  # noqa: SIM905 - as the file says it
    )


def test_several_lists_are_read_as_one():
    assert word_list("calendar_words.txt") | word_list("technical_terms.txt") < TECHNICAL
    assert {"tuesday", "pytorch", "regards", "the", "refund"} < TECHNICAL


def test_every_topic_of_key_names_is_a_category():
    topics = words_by_topic("key_names.yaml")
    assert set(topics) <= set(CATEGORIES)
    assert sum(map(len, topics.values())) == len({(topic, word) for topic in topics for word in topics[topic]})


@pytest.mark.parametrize(
    ("key", "category"),
    [
        ("clientSecret", "SECRET"),
        ("patient_first_name", "PERSON"),
        ("token_count", None),
        ("country_of_interest", None),
        ("country", "LOCATION"),
        ("customer_id", "ACCOUNT_ID"),
        ("learning_rate", None),
    ],
)
def test_keys_say_what_their_values_are(key, category):
    assert category_of_key(key) == category


def test_another_word_is_another_engine(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("one two\n")
    monkeypatch.setattr(word_lists, "_DATA", tmp_path)
    before = word_lists.digest.__wrapped__()
    (tmp_path / "a.txt").write_text("one two three\n")
    assert word_lists.digest.__wrapped__() != before
