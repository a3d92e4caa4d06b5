"""Canonical JSON and commitments: the same bytes everywhere, and nothing that two programs write differently."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from hub.audit.canonical import canonical_json, commit_to, commitment_of


def test_keys_are_sorted_and_values_have_one_form():
    moment = datetime(2026, 3, 1, 14, 5, 9, 7, tzinfo=timezone(timedelta(hours=2)))
    value = {"b": UUID(int=1), "a": moment, "c": ["é", 3, True, None], "d": {"z": 1, "y": ()}}
    assert (
        canonical_json(value)
        == (
            '{"a":"2026-03-01T12:05:09.000007Z","b":"00000000-0000-0000-0000-000000000001",'
            '"c":["é",3,true,null],"d":{"y":[],"z":1}}'
        ).encode()
    )
    assert canonical_json({"a": moment.astimezone(UTC)}) == b'{"a":"2026-03-01T12:05:09.000007Z"}'


@pytest.mark.parametrize("value", [1.5, object(), b"bytes", {1, 2}])
def test_what_has_no_single_form_is_refused(value):
    with pytest.raises(TypeError, match="access event"):
        canonical_json({"value": value})


def test_a_commitment_hides_the_value_and_holds_for_it_alone():
    salt, commitment = commit_to("10.1.2.3")
    assert commitment_of("10.1.2.3", salt) == commitment
    assert commitment_of("10.1.2.4", salt) != commitment
    assert commit_to("10.1.2.3")[1] != commitment
