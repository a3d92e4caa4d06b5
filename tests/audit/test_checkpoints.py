"""Checkpoints as C2SP writes them, and what makes them fall."""

import base64

import pytest

from hub.audit.checkpoints import Checkpoint, CheckpointError, SigningKey, verify_note

KEY = SigningKey.from_seed("example.org/audit", bytes(range(32)))
NOTE = KEY.sign(Checkpoint("example.org/audit", 7, b"\x07" * 32))


def test_a_checkpoint_is_three_lines_and_a_signature():
    body, signature = NOTE.split("\n\n")
    assert body == f"example.org/audit\n7\n{base64.b64encode(bytes([7] * 32)).decode()}"
    assert signature.startswith("— example.org/audit ")
    assert len(base64.b64decode(signature.split()[-1])) == 4 + 64


def test_it_verifies_with_its_own_verifier_key():
    assert verify_note(NOTE, KEY.verifier) == Checkpoint("example.org/audit", 7, b"\x07" * 32)


@pytest.mark.parametrize(
    ("_case", "note", "verifier"),
    [
        ("another size", NOTE.replace("\n7\n", "\n8\n"), KEY.verifier),
        ("another key of the same name", NOTE, SigningKey.from_seed("example.org/audit", b"\x01" * 32).verifier),
        ("no signature", NOTE.split("\n\n")[0] + "\n\n", KEY.verifier),
        ("not a note", "hello", KEY.verifier),
        ("not a key", NOTE, "hello"),
        ("a verifier key whose fingerprint was changed", NOTE, KEY.verifier.replace("+", "+0", 1)),
    ],
)
def test_anything_else_is_an_error(_case, note, verifier):
    with pytest.raises(CheckpointError):
        verify_note(note, verifier)
