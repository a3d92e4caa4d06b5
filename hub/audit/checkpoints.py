"""Signed checkpoints in the C2SP formats: what the log was at one moment, verifiable by anybody with the public key."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = b"\x01"  # the algorithm byte of C2SP signed-note


class CheckpointError(ValueError):
    """The note is not a checkpoint of this log, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root hash of the log."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The signed text: origin, size, root in base64, each on a line."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The keeper's Ed25519 key under its name."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "SigningKey":
        """From 32 secret bytes."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def verifier(self) -> str:
        """The C2SP verifier key `name+hash+base64`, which auditors keep."""
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        encoded = base64.b64encode(ED25519 + public).decode()
        return f"{self.name}+{_key_hash(self.name, public).hex()}+{encoded}"

    def sign(self, checkpoint: Checkpoint) -> str:
        """The whole signed note."""
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signature = _key_hash(self.name, public) + self.private.sign(checkpoint.body.encode())
        return f"{checkpoint.body}\n— {self.name} {base64.b64encode(signature).decode()}\n"


def verify_note(note: str, verifier: str) -> Checkpoint:
    """The checkpoint in a note whose signature by this verifier key holds; anything else is an error."""
    try:
        # The base64 part may hold a plus sign; a key name may not.
        name, key_hash, encoded = verifier.split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        body, signatures = note.split("\n\n", 1)
        origin, size, root = body.split("\n")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
    except ValueError as error:
        raise CheckpointError("This is not a signed checkpoint and a verifier key.") from error
    if public[:1] != ED25519 or _key_hash(name, public[1:]).hex() != key_hash:
        raise CheckpointError("The verifier key does not fit its own fingerprint.")
    for line in signatures.splitlines():
        if not line.startswith(f"— {name} "):
            continue
        try:
            raw = base64.b64decode(line.rsplit(" ", 1)[1], validate=True)
            if raw[:4] == _key_hash(name, public[1:]):
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], checkpoint.body.encode())
                return checkpoint
        except (ValueError, InvalidSignature):
            continue
    raise CheckpointError("No signature of this verifier key holds on the checkpoint.")


def split_notes(text: str) -> list[str]:
    """The single notes of a witness file: a body, a blank line, signatures. Raises ValueError for other text."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    if not blocks or len(blocks) % 2:
        raise ValueError("no checkpoints: three lines, a blank one, a signature each")
    return [f"{body}\n\n{signatures}\n" for body, signatures in zip(blocks[::2], blocks[1::2], strict=True)]


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]
