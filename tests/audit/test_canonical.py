"""Canonical JSON and commitments: the same bytes everywhere, and nothing that two programs write differently."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.canonical import canonical_json, commit_to, commitment_of, stored_json

MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 1),
    max_value=datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))]),
)


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


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.uuids() | MOMENTS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=5,
    )
)
def test_the_quick_form_for_stored_rows_is_the_same_bytes(value):
    assert stored_json(value) == canonical_json(value)
