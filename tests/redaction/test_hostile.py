"""Texts made to be slow: 20 KB against every recogniser take less than two seconds."""

import time

import pytest

from redaction import analyse

SIZE = 20_000
UNITS = [
    "a", "1", " ", "1 ", "1-", "1.", ".", "@", "a@", "a.", "a@a.", "=", "a=", "a='", '"', '\\"', "\\", "\\\\u0041",
    "%41", "%", "&#65;", "&", "<", "{", "[", '{"a":',
    ":", "0:", "::", "/", "/home/", "://", "http://a:b@", "a b ", "A ", "Aa ", "Aa Bb, ", "1 Aa St ", "Dr. A ",
    "-----BEGIN PRIVATE KEY-----", "eyJ", "password ",
    "password:", "INSERT INTO t (", "INSERT INTO t (a) VALUES (", "('", "a,", "a|", "a\t", "\n", "a\n", "1\n", "QUJD",
    "41", "41 ", "\u200b", "a\u0301", "а", "é", "🙂",
    "Anna Schmidt ", "anna at x dot ", "+1 ", "(1) ", "DE89 ", "0x", "2026-01-01 ", "user ", "user=", "_", "a_", "'",
    "--", "# ", "a b c d e ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_repeated_text_is_no_trap(unit):
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    # Word lists and models are read at their first use, which is not what is measured.
    analyse(f"{unit * 3} Anna called 030 23125 678 about bob@example.org")
    started = time.process_time()
    analyse(text)
    assert time.process_time() - started < 2.0
