"""What is found, exactly: the stretch of the original text and its category."""

import pytest

from redaction import CATEGORIES, analyse


def found(text, category=None):
    return {text[f.start : f.end] for f in analyse(text).findings if category in (None, f.category)}


@pytest.mark.parametrize(
    ("text", "category", "stretch"),
    [
        ("Write to anna.schmidt@example.org today", "EMAIL_ADDRESS", "anna.schmidt@example.org"),
        ("Write to ann at example dot com today", "EMAIL_ADDRESS", "ann at example dot com"),
        ("Write to ann [at] example [dot] com today", "EMAIL_ADDRESS", "ann [at] example [dot] com"),
        ("to copper688@l\netterbox.example.org today", "EMAIL_ADDRESS", "copper688@l\netterbox.example.org"),
        ("01:00:08 GET /x\n01:00:09 saved by lanternned45 rows=4410 columns=14", "USERNAME", "lanternned45"),
        ("it failed on 10.23.4.17 again", "IP_ADDRESS", "10.23.4.17"),
        ("it failed on 2001:db8:1a2b::1f again", "IP_ADDRESS", "2001:db8:1a2b::1f"),
        ("mac 00:1b:44:11:3a:b7 seen", "DEVICE_ID", "00:1b:44:11:3a:b7"),
        ("card 4111 1111 1111 1111 was charged", "CREDIT_CARD", "4111 1111 1111 1111"),
        ("to DE89 3704 0044 0532 0130 00 please", "BANK_ACCOUNT", "DE89 3704 0044 0532 0130 00"),
        ("to DE 89 37 04 00 44 05 32 01 30 00 please", "BANK_ACCOUNT", "DE 89 37 04 00 44 05 32 01 30 00"),
        ("her number 078-05-1120 leaked", "GOVERNMENT_ID", "078-05-1120"),
        ("call +49 171 3920017 now", "PHONE_NUMBER", "+49 171 3920017"),
        ("call (206) 555-0143 now", "PHONE_NUMBER", "(206) 555-0143"),
        ("call 030 23125 678 now", "PHONE_NUMBER", "030 23125 678"),
        ("call 06.12.34.56.78 now", "PHONE_NUMBER", "06.12.34.56.78"),
        ("customer CU-4821-77310 complained", "ACCOUNT_ID", "CU-4821-77310"),
        ("policy PL482177310 lapsed", "ACCOUNT_ID", "PL482177310"),
        ("account 4821773105 was closed", "ACCOUNT_ID", "4821773105"),
        ("key ghp_abcdefghijklmnopqrstuvwxyz0123456789 leaked", "SECRET", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("key AKIAIOSFODNN7EXAMPLE leaked", "SECRET", "AKIAIOSFODNN7EXAMPLE"),
        ("Authorization: Bearer q7Zp2LkX9vBn4TsWc8RyHd3F", "SECRET", "q7Zp2LkX9vBn4TsWc8RyHd3F"),
        ("password = hunter2!Blue", "SECRET", "hunter2!Blue"),
        ("postgres://svc_api:Tr0ub4dor@db/prod", "SECRET", "svc_api:Tr0ub4dor"),
        ("File /home/jdoe42/train.py, line 3", "USERNAME", "jdoe42"),
        (r"C:\Users\jdoe42\train.py", "USERNAME", "jdoe42"),
        (
            "sits at 742 Evergreen Terrace, Springfield, IL 62704",
            "ADDRESS",
            "742 Evergreen Terrace, Springfield, IL 62704",
        ),
        ("wohnt Lerchenfeld 12, 34112 Kassel", "ADDRESS", "Lerchenfeld 12, 34112 Kassel"),
        ("habite 12 rue des Glycines, 21000 Dijon", "ADDRESS", "12 rue des Glycines, 21000 Dijon"),
        ("vive en Calle de los Almendros 14, 30001 Murcia", "ADDRESS", "Calle de los Almendros 14, 30001 Murcia"),
        ("Reported by Dr. Katharina Vollmer on Monday", "PERSON", "Katharina Vollmer"),
        ("He is 47 years old", "AGE", "47"),
        ("born 12.03.1980 in town", "DATE_OF_BIRTH", "12.03.1980"),
        ("failed on 2026-03-11T10:00:00Z again", "DATE_TIME", "2026-03-11T10:00:00Z"),
    ],
)
def test_values_in_running_text(text, category, stretch):
    assert stretch in found(text, category)


@pytest.mark.parametrize(
    "text",
    [
        "accuracy fell from 0.9312 to 0.8127 after epoch 12",
        "PSI of feature age_bucket is 0.31, threshold 0.2",
        "torch 2.4.1.post3 on CUDA 12.4 with 8 workers and batch size 256",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b broke it",
        "trace 550e8400-e29b-41d4-a716-446655440000 has 1500 spans",
        "CVE-2024-12345 affects the tokenizer",
        "the loss is nan after 4000 steps, learning rate 3e-4",
        "1700000000 1700000060 1700000120",
        "p50=12ms p99=140ms throughput=1284 rows/s",
        "ValueError: shapes (128, 64) and (32, 64) not aligned",
    ],
)
def test_measurements_survive(text):
    assert found(text) == set()


def test_fields_are_judged_by_their_keys():
    document = {
        "user": {"id": 48213, "name": "Q. Zxcv", "email": "n/a", "phone": "ext 12"},
        "customer_number": 77120,
        "max_tokens": 4096,
        "token_count": 512,
        "score": 0.93,
        "latency_ms": 120,
        "password": "swordfish",
        "account_status": "closed",
        "config": {"api_key": "abcd1234"},
    }
    assert {(f.path, f.category) for f in analyse(document).findings} == {
        ("user.id", "ACCOUNT_ID"),
        ("user.name", "PERSON"),
        ("user.phone", "PHONE_NUMBER"),
        ("customer_number", "ACCOUNT_ID"),
        ("password", "SECRET"),
        ("config.api_key", "SECRET"),
    }


def test_facts_keep_the_names_of_models_but_not_of_people_found_elsewhere():
    document = {
        "title": "Refund promised to Katharina Vollmer",
        "facts": {
            "model": {
                "name": "Vega Chat",
                "developer": ["Acme"],
                "note": "asked by vollmer",
                "owner": "k.vollmer@example.org",
            }
        },
        "tags": ['avid:sep="E0402"', 'team:lead="Katharina Vollmer"'],
    }
    facts = {(f.path, f.category) for f in analyse(document).findings if f.path.startswith(("facts", "tags"))}
    assert facts == {
        ("facts.model.note", "PERSON"),
        ("facts.model.owner", "EMAIL_ADDRESS"),
        ("facts.model.owner", "PERSON"),
        ("tags[1]", "PERSON"),
    }


def test_json_inside_a_string_is_read_as_fields():
    text = '{"user": {"passport": "X1234567"}, "note": "{\\"ssn\\": \\"912000000\\"}"}'
    assert {(text[f.start : f.end], f.category) for f in analyse(text).findings if f.category == "GOVERNMENT_ID"} == {
        ("X1234567", "GOVERNMENT_ID"),
        ("912000000", "GOVERNMENT_ID"),
    }


def test_sql_values_are_judged_by_their_columns():
    text = (
        "INSERT INTO users (id, last_name, city) VALUES (1, 'Qvist', 'Aarhus'); SELECT 1 FROM t WHERE email = 'qvist'"
    )
    assert {"'Qvist'", "'Aarhus'", "qvist"} & {text[f.start : f.end] for f in analyse(text).findings} >= {"qvist"}
    assert any("Qvist" in text[f.start : f.end] for f in analyse(text).findings if f.category == "PERSON")


def test_every_category_is_of_the_closed_set_and_offsets_are_inside():
    text = "Anna Schmidt, 742 Evergreen Terrace, anna@example.org, +49 171 3920017, 10.2.3.4, password=hunter2!Blue"
    analysis = analyse(text)
    assert {f.category for f in analysis.findings} <= set(CATEGORIES)
    assert all(0 <= f.start < f.end <= len(text) and f.path == "" for f in analysis.findings)
    assert analysis.layers == (
        "fields", "identifiers", "addresses", "secrets", "presidio", "names_by_list", "names_by_model", "languages",
        "propagation",
    )  # fmt: skip


def test_the_same_document_gives_the_same_analysis():
    document = {"a": "Anna Schmidt met Bob Miller in Kassel", "b": ["Miller, B.", "a.schmidt@example.org"]}
    assert analyse(document) == analyse(document)
