"""Every place of a document has a path, and what cannot be vouched for is refused."""

import pytest

from redaction import Budget, Withheld, analyse
from redaction.documents import leaves, rewrite


def paths(document):
    return [(leaf.path, leaf.text) for leaf in leaves(document, Budget()) if not leaf.is_key]


def test_paths_name_every_leaf():
    document = {
        "evidence": [{"payload": {"user": {"email": "a"}, "odd.key": 3, "": "x"}}],
        "n": 0.5,
        "flag": True,
        "none": None,
    }
    assert paths(document) == [
        ("evidence[0].payload.user.email", "a"),
        ('evidence[0].payload["odd.key"]', "3"),
        ('evidence[0].payload[""]', "x"),
        ("n", "0.5"),
    ]
    assert paths("root") == [("", "root")]
    assert paths(["a", ["b"]]) == [("[0]", "a"), ("[1][0]", "b")]


def test_keys_have_paths_of_their_own():
    keys = [leaf.path for leaf in leaves({"a": {"b c": 1}}, Budget()) if leaf.is_key]
    assert keys == ["a#key", 'a["b c"]#key']


def nested(depth):
    document = "x"
    for _ in range(depth):
        document = [document]
    return document


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("x\x00y", "undecodable"),
        ("\ud800", "undecodable"),
        ({"a": {"\x00": 1}}, "undecodable"),
        ({1: "x"}, "undecodable"),
        (float("nan"), "undecodable"),
        (float("inf"), "undecodable"),
        (b"bytes", "undecodable"),
        ({"a": object()}, "undecodable"),
        (nested(61), "too_deep"),
        (nested(100_000), "too_deep"),
        ("x" * 2_000_001, "oversized"),
        ({"k" * 2_000_001: 1}, "oversized"),
        ([0] * 200_001, "oversized"),
        (10**2_000, "oversized"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "document",
)
def test_what_cannot_be_vouched_for_is_withheld(document, reason):
    with pytest.raises(Withheld) as refusal:
        analyse(document)
    assert refusal.value.reason_code == reason
    assert refusal.value.args[0].startswith(f"{reason}: ")


def test_rewriting_keeps_shape_and_types():
    document = {"a": [1, 2.5, True, None, "x"], "b": {}}
    assert rewrite(document, lambda path, value: value, lambda path, key: key, lambda path: False) == document
    assert rewrite(document, lambda path, value: value, lambda path, key: key, lambda path: path == "a") == {
        "a": None,
        "b": {},
    }


def test_keys_that_become_equal_keep_their_entries():
    assert rewrite({"x": 1, "y": 2}, lambda path, value: value, lambda path, key: "k", lambda path: False) == {
        "k": 1,
        "k'": 2,
    }
