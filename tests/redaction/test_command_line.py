"""`redact` on the command line: every line is answered in its place; the exit code tells whether all came through."""

import io
import json
import re
import sys

import pytest

from redaction.command_line import BATCH, main


@pytest.fixture
def run(monkeypatch, capsys):
    def run_command(text, *arguments):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = main(arguments)
        printed = capsys.readouterr()
        return code, [json.loads(line) for line in printed.out.splitlines()], printed.err

    return run_command


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"k" * 32)
    return str(path)


def lines(*rows):
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def test_a_text_comes_back_redacted_with_its_findings(run, key_file):
    text = "Write to anna.keller@kontor-nord.de today."
    code, [answer], errors = run(lines({"id": "a", "text": text}), "--key-file", key_file)
    assert (code, errors) == (0, "")
    assert answer["id"] == "a"
    assert re.fullmatch(r"Write to \S+ today\.", answer["document"])
    assert "keller" not in json.dumps(answer)
    first, *others = answer["findings"]
    assert (first["path"], first["start"], first["end"], first["category"]) == ("", 9, 35, "EMAIL_ADDRESS")
    assert all(first["start"] <= other["start"] < other["end"] <= first["end"] for other in others)


def test_a_document_keeps_its_shape(run):
    document = {"user": {"email": "anna.keller@kontor-nord.de"}, "rows": 3, "ok": True}
    code, [answer], _ = run(lines({"document": document}))
    assert code == 0
    assert answer["id"] == 1
    assert list(answer["document"]) == ["user", "rows", "ok"]
    assert (answer["document"]["rows"], answer["document"]["ok"]) == (3, True)
    assert answer["findings"][0]["path"] == "user.email"


def test_order_holds_over_several_batches(run):
    rows = [{"id": number, "text": f"step {number} done"} for number in range(2 * BATCH + 3)]
    code, answers, _ = run(lines(*rows))
    assert code == 0
    assert [answer["id"] for answer in answers] == list(range(2 * BATCH + 3))
    assert [answer["document"] for answer in answers] == [row["text"] for row in rows]


def test_what_is_no_row_is_withheld_in_its_place(run):
    code, answers, _ = run(
        lines({"id": "x", "text": "fine"}, "not json", "[1]", {"id": "y"}, "", "[" * 100_000, {"id": "z", "text": "ok"})
    )
    assert code == 1
    assert [(answer["id"], answer["document"], answer.get("withheld")) for answer in answers] == [
        ("x", "fine", None),
        (2, None, "undecodable"),
        (3, None, "undecodable"),
        (4, None, "undecodable"),
        (6, None, "too_deep"),
        ("z", "ok", None),
    ]


def test_a_document_past_its_budget_is_withheld_and_the_rest_comes_through(run):
    code, answers, _ = run(lines({"id": 1, "text": "x" * 2_000_001}, {"id": 2, "text": "fine"}))
    assert code == 1
    assert [(answer["document"], answer.get("withheld")) for answer in answers] == [(None, "oversized"), ("fine", None)]


def test_one_key_gives_one_person_one_pseudonym(run, key_file, tmp_path):
    rows = lines({"id": 1, "text": "Anna Keller called."})
    _, [first], _ = run(rows, "--key-file", key_file)
    _, [second], _ = run(rows, "--key-file", key_file)
    other = tmp_path / "other"
    other.write_bytes(b"o" * 32)
    _, [third], _ = run(rows, "--key-file", str(other))
    assert first["document"] == second["document"] != third["document"]
    assert "Keller" not in third["document"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--policy", "nobody"], "unknown policy 'nobody'; give one of internal, partner, public or the path"),
        (["--key-file", "/nowhere/key"], "/nowhere/key"),
        (["--key-file", "EMPTY"], "is empty; put at least 32 random bytes into it"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_to_do(run, tmp_path, arguments, says):
    empty = tmp_path / "empty"
    empty.write_bytes(b" \n")
    code, answers, errors = run("", *[str(empty) if part == "EMPTY" else part for part in arguments])
    assert (code, answers) == (2, [])
    assert errors.startswith("redact: ")
    assert says in errors


def test_score_prints_the_figures_of_a_labelled_file(capsys, tmp_path):
    text = "Write to anna.keller@kontor-nord.de today."
    path = tmp_path / "set" / "labelled.jsonl"
    path.parent.mkdir()
    rows = [
        {"text": text, "spans": [{"start": 9, "end": 35, "label": "EMAIL"}]},
        {"text": "The blue lamp is on.", "spans": [{"start": 4, "end": 8, "label": "COLOUR"}]},
    ]
    path.write_text(lines(*rows))
    assert main(["--score", str(path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"set/labelled\.jsonl, policy partner \d+, [\d.]+ texts/s", printed[0])
    assert printed[1].startswith("direct identifiers: 2 spans in 2 texts, leak 50.00 % [")
    assert "over-redaction 0.00 % [0.00, 0.00]" in printed[1]
    assert [line.split() for line in printed[3:]] == [
        ["EMAIL", "spans", "1", "recall", "100.00", "%", "[100.00,", "100.00]"],
        ["COLOUR", "spans", "1", "recall", "0.00", "%", "[", "0.00,", "0.00]"],
    ]


def test_score_refuses_a_file_without_labels(capsys, tmp_path):
    path = tmp_path / "plain.jsonl"
    path.write_text('{"text": "a", "spans": []}\n{"text": "b"}\n')
    assert main(["--score", str(path)]) == 2
    assert capsys.readouterr().err == "redact: plain.jsonl: line 2: expected an object with 'text' and 'spans'\n"
