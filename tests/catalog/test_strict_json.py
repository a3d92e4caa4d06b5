"""JSON that two readers could understand differently is refused, with a reason that quotes nothing."""

import pytest

from hub.catalog.strict_json import JsonError, parse_json


@pytest.mark.parametrize(
    ("_case", "text", "message"),
    [
        ("not UTF-8", b'{"a": "\xff"}', "is not UTF-8 (byte 8)"),
        ("cut off", '{"a": ', "is not JSON (character 7: Expecting value)"),
        ("a key twice", '{"a": 1, "b": {"k": 1, "k": 2}}', "has a map that names a key twice"),
        ("infinite", '{"a": 1e999}', "has a number too large for any reader"),
        ("negative infinite", "[-1e999]", "has a number too large for any reader"),
        ("constant", "[NaN]", "has a number that is not finite (NaN or Infinity)"),
        ("huge integer", "[" + "9" * 5000 + "]", "has a whole number beyond 64 bits; write it as a string"),
        ("deep", "[" * 100_000, "is nested too deeply"),
        ("deep map", '{"a":' * 100_000, "is nested too deeply"),
        ("two values", "{} {}", "is not JSON (character 4: Extra data)"),
    ],
)
def test_refuses(_case: str, text: str | bytes, message: str) -> None:
    with pytest.raises(JsonError) as error:
        parse_json(text)
    assert str(error.value) == message


def test_reads_what_is_plain() -> None:
    assert parse_json(b'{"a": [1, 2.5, -3e2, null, true, "\xc3\xa9"]}') == {"a": [1, 2.5, -300.0, None, True, "é"]}
