"""What the policy makes of findings: exact outputs, the same for the same key, never linkable across keys."""

import re

import pytest

from redaction import Finding, Withheld, analyse, load_pack, parse_policy, redact
from redaction.dates import shifted, to_month
from redaction.operators import generalised
from redaction.pseudonyms import NameLinks

KEY, OTHER = b"a" * 32, b"b" * 32


def policy(**operators):
    return parse_policy({"name": "test", "version": 1, "operators": operators})


def run(document, findings, rules, key=KEY, subject="case-1"):
    return redact(document, findings, rules, key=key, subject=subject)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("keep", "to Bo Li now"), ("drop", "to  now"), ("mask", "to *** now"), ("label", "to <PERSON> now")],
)
def test_operators_on_a_stretch(operator, expected):
    finding = Finding("t", 3, 8, "PERSON", 0.9, "test")
    assert run({"t": "to Bo Li now"}, [finding], policy(PERSON=operator)).document == {"t": expected}


def test_pseudonyms_are_stable_inside_an_audience_and_unlinkable_across():
    document = {"t": "Anna Schmidt"}
    findings = [Finding("t", 0, 12, "PERSON", 0.9, "test")]
    first = run(document, findings, policy(PERSON="pseudonymise")).document["t"]
    assert re.fullmatch(r"PERSON_[0-9a-f]{6}", first)
    assert run(document, findings, policy(PERSON="pseudonymise"), subject="case-2").document["t"] == first
    assert run(document, findings, policy(PERSON="pseudonymise"), key=OTHER).document["t"] != first


@pytest.mark.parametrize(
    "form", ["Mr. Vollmer", "K. Vollmer", "Vollmer, Katharina", "KATHARINA VOLLMER", "Katharina Vollmer's", "Katharina"]
)
def test_one_person_one_token(form):
    links = NameLinks(["Katharina Vollmer", form])
    assert links.canonical(form) == links.canonical("Katharina Vollmer") == "katharina vollmer"


def test_an_ambiguous_form_is_linked_to_nobody():
    links = NameLinks(["Anna Vollmer", "Karl Vollmer", "Vollmer"])
    assert links.canonical("Vollmer") == "vollmer"


def test_an_empty_key_is_refused():
    with pytest.raises(ValueError, match="key"):
        run("x", [], policy(), key=b"")


def test_findings_of_another_document_withhold():
    with pytest.raises(Withheld):
        run("short", [Finding("", 0, 50, "PERSON", 0.9, "test")], policy(PERSON="label"))
    with pytest.raises(Withheld):
        run("short", [Finding("elsewhere", 0, 2, "PERSON", 0.9, "test")], policy(PERSON="label"))


def test_overlapping_findings_leave_no_half():
    findings = [Finding("", 0, 8, "USERNAME", 0.6, "a"), Finding("", 5, 20, "EMAIL_ADDRESS", 0.9, "b")]
    assert (
        run("anna.schmidt@x.organ rest", findings, policy(USERNAME="label", EMAIL_ADDRESS="label")).document
        == "<EMAIL_ADDRESS> rest"
    )


def test_numbers_under_findings_stay_json():
    document = {"lat": 52.5163, "id": 48213, "n": 7}
    findings = [Finding("lat", 0, 7, "COORDINATE", 0.9, "t"), Finding("id", 0, 5, "ACCOUNT_ID", 0.9, "t")]
    result = run(document, findings, policy(COORDINATE="generalise", ACCOUNT_ID="drop")).document
    assert result == {"lat": 52.0, "id": None, "n": 7}


def test_dates_of_a_case_move_together():
    document = ["2026-03-11T10:00:00Z", "11.03.2026", "March 21, 2026"]
    findings = [Finding(f"[{i}]", 0, len(text), "DATE_TIME", 0.9, "t") for i, text in enumerate(document)]
    first = run(document, findings, policy(DATE_TIME="shift"))
    again = run(document, findings, policy(DATE_TIME="shift"))
    other = run(document, findings, policy(DATE_TIME="shift"), subject="case-2")
    assert first == again
    assert first.document != document
    assert first.document != other.document
    assert first.document[0].endswith("T10:00:00Z")
    year, month, day = first.document[0][:10].split("-")
    assert first.document[1] == f"{day}.{month}.{year}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", "2026-02-27"),
        ("01/03/2026", "12/02/2025"),
        ("1 March 2026", "27 February 2026"),
        ("nonsense", None),
        ("2026-02-31", None),
    ],
)
def test_shifting(text, expected):
    assert shifted(text, -2 if expected != "12/02/2025" else -32) == expected


@pytest.mark.parametrize(
    ("category", "piece", "expected"),
    [
        ("AGE", "47", "40-49"), ("AMOUNT", "52,300", "50000-60000"), ("LOCATION", "Kassel", "Germany"),
        ("LOCATION", "Nowhereville", None),
        ("DATE_OF_BIRTH", "12.03.1980", "1980"), ("COORDINATE", "52.5163, 13.3777", "52.0, 13.0"),
        ("IP_ADDRESS", "10.23.4.17", "10.23.0.0/16"),
        ("URL", "https://u:p@host.example/a?b=c", "https://host.example/"),
    ],
)  # fmt: skip
def test_generalising(category, piece, expected):
    assert generalised(category, piece) == expected


def test_months():
    assert to_month("2026-03-11T10:00Z") == "2026-03"


def test_field_rules_come_before_findings():
    rules = parse_policy(
        {
            "name": "t",
            "version": 1,
            "operators": {},
            "fields": [{"path": "a[*].secret", "operator": "drop"}, {"path": "keep.**", "operator": "keep"}],
        }
    )
    document = {"a": [{"secret": {"x": "y"}}], "keep": {"it": "Anna Schmidt"}}
    findings = [Finding("keep.it", 0, 12, "PERSON", 0.9, "t")]
    assert run(document, findings, rules).document == {"a": [{"secret": None}], "keep": {"it": "Anna Schmidt"}}


def test_unknown_fields_follow_the_policy():
    rules = parse_policy({"name": "t", "version": 1, "operators": {}, "unknown_fields": "mask"})
    document = {
        "title": "stays",
        "evidence": [{"name": "stays", "payload": {"x": "gone", "n": 3}}],
        "unmapped": {"y": "gone"},
    }
    assert run(document, [], rules).document == {
        "title": "stays", "evidence": [{"name": "stays", "payload": {"x": "***", "n": "***"}}],
        "unmapped": {"y": "***"},
    }  # fmt: skip


def test_a_policy_may_withhold_what_nobody_can_read():
    document = {"t": "Сегодня Анна Петрова позвонила в банк"}
    with pytest.raises(Withheld) as refusal:
        run(document, analyse(document).findings, load_pack("public"))
    assert refusal.value.reason_code == "language"


def test_counts_and_share_hold_no_text():
    result = run({"t": "to Bo Li now"}, [Finding("t", 3, 8, "PERSON", 0.9, "t")], policy(PERSON="label"))
    assert result.counts == {"PERSON": 1}
    assert result.removed_share == pytest.approx(4 / 10)
