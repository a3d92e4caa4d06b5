"""Policies: the shipped packs, their digests, and a clear error for each mistake."""

import pytest

from redaction import PolicyError, load_pack, parse_policy

HEAD = "name: mine\nversion: 1\noperators:\n"


@pytest.mark.parametrize("name", ["internal", "partner", "public"])
def test_packs_load_and_survive_a_round_trip(name):
    pack = load_pack(name)
    again = parse_policy(pack.to_document())
    assert again == pack
    assert again.digest == pack.digest
    assert len(pack.digest) == 64
    assert pack.operator_for("SECRET") in ("label", "drop")


def test_only_content_changes_the_digest():
    first = parse_policy("version: 1\nname: mine\noperators: {PERSON: mask, URL: keep}")
    second = parse_policy("# a comment\nname: mine\noperators: {URL: keep, PERSON: mask}\nversion: 1")
    third = parse_policy("name: mine\nversion: 1\noperators: {URL: keep, PERSON: label}")
    assert first.digest == second.digest != third.digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("[]", "line 1"),
        ("name: mine", "'version' is missing"),
        (HEAD + "  PERSN: keep", "line 4, operators.PERSN: unknown category 'PERSN'"),
        (HEAD + "  PERSON: hash", "line 4, operators.PERSON: 'hash' is not one of: keep, drop"),
        (HEAD + "  PERSON: generalise", "line 4, operators.PERSON: PERSON cannot be generalised"),
        (HEAD + "  SECRET: shift", "line 4, operators.SECRET: only DATE_TIME"),
        (HEAD + "  SECRET: drop\nextra: 1", "line 5, extra: unknown entry 'extra'"),
        (HEAD + "  SECRET: drop\nunknown_fields: pass", "line 5, unknown_fields: 'pass' is not one of"),
        (HEAD + "  SECRET: drop\nfields:\n  - {path: a.b, operator: shift}", "line 6, fields.0.operator"),
        (HEAD + "  SECRET: drop\nfields:\n  - {operator: drop}", "'path' is missing"),
        ("name: Mine!\nversion: 1\noperators: {}", "line 1, name"),
        ("name: mine\nversion: 0\noperators: {}", "line 2, version"),
        ("name: mine\nname: yours", "line 2: 'name' stands twice"),
        ("a: [", "not readable as YAML"),
        ("a: !!python/object:os.system {}", "not readable as YAML"),
    ],
)
def test_mistakes_are_named(text, message):
    with pytest.raises(PolicyError) as error:
        parse_policy(text)
    assert message in str(error.value)


def test_an_unknown_pack_names_the_known_ones():
    with pytest.raises(PolicyError, match="internal, partner, public"):
        load_pack("friends")
