"""Audience keys are sealed to their audience, and ids made with them say nothing."""

import re
from uuid import UUID

import pytest

from hub.sharing.keys import KeyUnavailable, new_key, open_key, public_id, seal_key

ONE, OTHER = UUID(int=1), UUID(int=2)
CASE = UUID("01890000-0000-7000-8000-000000000001")


def test_a_sealed_key_opens_for_its_audience_only() -> None:
    key = new_key()
    sealed = seal_key(key, ONE)
    assert open_key(sealed, ONE) == key
    assert key not in sealed
    assert len(sealed) == 1 + 12 + 32 + 16
    with pytest.raises(KeyUnavailable, match="does not open"):
        open_key(sealed, OTHER)


def test_sealing_twice_gives_different_bytes() -> None:
    key = new_key()
    assert seal_key(key, ONE) != seal_key(key, ONE)


@pytest.mark.parametrize("sealed", [None, b"", b"\x02" + b"x" * 60])
def test_no_key_or_an_unknown_format_is_unavailable(sealed: bytes | None) -> None:
    with pytest.raises(KeyUnavailable, match="has no key"):
        open_key(sealed, ONE)


def test_a_changed_byte_is_noticed() -> None:
    sealed = bytearray(seal_key(new_key(), ONE))
    sealed[-1] ^= 1
    with pytest.raises(KeyUnavailable):
        open_key(bytes(sealed), ONE)


def test_former_keys_still_open_what_they_sealed(settings) -> None:
    key = new_key()
    sealed = seal_key(key, ONE)
    settings.KEY_ENCRYPTION_KEY, settings.KEY_ENCRYPTION_KEY_FALLBACKS = "n3w" * 20, [settings.KEY_ENCRYPTION_KEY]
    assert open_key(sealed, ONE) == key
    settings.KEY_ENCRYPTION_KEY_FALLBACKS = []
    with pytest.raises(KeyUnavailable):
        open_key(sealed, ONE)


def test_public_ids_are_stable_in_an_audience_and_unlinkable_across() -> None:
    key = bytes(range(32))
    assert public_id(key, CASE) == "c_c2avyrkrbkplebx26wa6x76bui"
    assert public_id(key, CASE) != public_id(bytes(32), CASE)
    assert public_id(key, CASE) != public_id(key, ONE)
    assert re.fullmatch(r"c_[a-z2-7]{26}", public_id(key, CASE))
