"""Names, streets and numbers as people write them when no model helps: the rules alone, on sentences of their own."""

import pytest

from redaction import analyse
from redaction.detectors import addresses, broken_lines, name_shapes, tables, user_names
from redaction.segments import Surface


def found(detector, text, *rest):
    return [text[span.start : span.end] for span in detector(text, *rest)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("as announced to Şükrü Yıldızoğlu on 2 March", ["Şükrü Yıldızoğlu"]),
        ("0  Zénaïde Montclar  churned", ["Zénaïde Montclar"]),
        ("signed by Tarek El-Khatib yesterday", ["Tarek El-Khatib"]),
        ("Kazuhiro Lin-Wu", ["Kazuhiro Lin-Wu"]),
        ("SERVED BY ÞÓRHILDUR GUNNLAUGSDÓTTIR\nTOTAL 4.20", ["ÞÓRHILDUR GUNNLAUGSDÓTTIR"]),
        ("with the owner zbigniew wojciechowski.", ["zbigniew wojciechowski"]),
        ("the branch in Leeds; T. Ostrowicz disagrees", ["T. Ostrowicz"]),
    ],
)
def test_names_are_known_by_how_they_are_written(text, names):
    assert found(name_shapes.find, text) == names


@pytest.mark.parametrize(
    "text",
    [
        "the jasper model and the amber alert were green",
        "ERROR OUT OF MEMORY IN STAGE THREE",
        "CUDA OOM, NCCL ABORT, HTTP GET",
        "How many miles did the emitter count?",
        "The Apache Airflow scheduler on Azure Databricks",
        "A. Price\nB. Hill\nC. None of them",
        "Stable Diffusion and Random Forest disagree",
    ],
)
def test_what_is_no_name_stays(text):
    assert found(name_shapes.find, text) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("by post to Corso dei Tigli\n18, 10138 Torino. Thanks", "Corso dei Tigli\n18, 10138 Torino"),
        ("I live at 12 rue des petits champs, 35000 rennes now", "12 rue des petits champs, 35000 rennes"),
        ("write to calle de la luna 4, 41010 sevilla", "calle de la luna 4, 41010 sevilla"),
        ("at 214 Larchmont\nHollow Road, Boise, ID 83702", "214 Larchmont\nHollow Road, Boise, ID 83702"),
    ],
)
def test_streets_are_known_over_a_line_end_and_in_small_letters(text, address):
    assert address in found(addresses.find, text)


def test_small_words_with_numbers_are_no_street():
    assert found(addresses.find, "we sent 3 requests via api 22, 5000 rows were lost") == []


@pytest.mark.parametrize("number", ["+34 655\n410 020", "06-71\n204518", "01\n17 496 0222"])
def test_telephone_numbers_are_known_over_a_line_end(number):
    assert found(broken_lines.find, f"reachable at {number}. Nobody else") == [number]


def test_a_row_of_sql_may_hold_brackets_and_commas():
    text = (
        "INSERT INTO t (id, first_name, phone, note) VALUES (1, 'Runa', '(555) 555-0100', 'a, b'), (2, 'Odo', '', '');"
    )
    assert found(tables.find_sql, text) == ["'Runa'", "'(555) 555-0100'", "'Odo'"]


def test_a_login_is_read_out_of_a_sentence():
    assert found(user_names.find, "I am locked out, my login is kbrenner66", Surface.PROSE) == ["kbrenner66"]
    assert found(user_names.find, "my account is locked", Surface.PROSE) == []


def test_an_account_made_of_words_is_read_out_of_a_work_folder():
    text = 'File "/srv/cobblerrish16/train.py", line 3, in run; cached in /data/imagenet2012/shards'
    assert found(user_names.find, text, Surface.LOG) == ["cobblerrish16"]


def test_functions_of_a_traceback_are_nobody():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/app/worker.py", line 140, in forward\n    scores = torch.matmul(q, k)\nRuntimeError: sizes differ'
    )
    assert analyse(text).findings == ()
